//! Treatments: the bodies that take a case up, in order, and what came of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    cases::register::{NumberTaken, Wanted},
    date::Date,
    id::{AggregateId, LocalId},
    text::Prose,
};

/// What a body does with the case (R10, R11, R38, R39).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[schemars(rename = "TreatmentAuthority")]
pub enum Authority {
    Prepares,
    Recommends,
    Decides,
    TakesNote,
    Forwards,
}

/// What came of a treatment.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[schemars(rename = "TreatmentOutcome")]
pub enum Outcome {
    Decided,
    Recommended,
    TookNote,
    Forwarded,
    /// Put off: the treatment is still to be held.
    Postponed,
    /// Back to the body before.
    SentBack,
    /// Turned down: nothing follows unless the plan is changed.
    Rejected,
}

/// A treatment to be planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TreatmentToPlan {
    /// Unique within the case: `rg`, `sg-2`.
    pub treatment: LocalId,
    pub body: AggregateId,
    pub authority: Authority,
    /// A number of its own for this body (R32, R34); absent where the case's number serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Wanted>,
}

/// Treatments in the order they are to be held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanToMake {
    /// The register to take numbers from, where a treatment gets one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register: Option<LocalId>,
    pub treatments: Vec<TreatmentToPlan>,
    /// Why the plan is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Prose>,
}

/// A treatment as it is planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedTreatment {
    pub treatment: LocalId,
    pub body: AggregateId,
    pub authority: Authority,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<NumberTaken>,
}

/// Which treatment is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum TreatmentOf {
    Id {
        treatment: LocalId,
    },
    /// The one of this body that is due, or else its first that is not held.
    Body {
        body: AggregateId,
    },
}

/// What a meeting did with the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeToRecord {
    pub of: TreatmentOf,
    pub meeting: AggregateId,
    /// The body whose meeting it was, which is to be that of the treatment; absent where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<AggregateId>,
    /// The item on the meeting's agenda.
    pub item: LocalId,
    pub outcome: Outcome,
    /// The wording, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose>,
    /// Whether it was unanimous (R40); absent where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanimous: Option<bool>,
    /// The day of the meeting.
    pub day: Date,
}

/// What came of a treatment, as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordedOutcome {
    pub treatment: LocalId,
    pub body: AggregateId,
    pub meeting: AggregateId,
    pub item: LocalId,
    pub outcome: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Prose>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanimous: Option<bool>,
    pub day: Date,
    /// Treatments that were planned to come before this one and are not held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ahead_of: Vec<LocalId>,
}
