//! A body of a cooperation: its rules in versions, its seats, its chair.
//!
//! Everything is dated, because a meeting is judged by the body as it stood on its day. Other
//! contexts read its events with [`BodyHistory`], and record what they rely on as `BodyInForce`.

mod history;

pub use history::{
    AccessGroupList, BodyHistory, DeputyList, Pause, Preparation, RulesVersion, Stay, Term,
};

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    date::Date,
    event,
    id::{AggregateId, LocalId},
    names::Names,
    networks::{
        access_group::AccessGroup,
        cooperation::MemberKind,
        rules::{BodyKind, Office, PersonId, Rules},
    },
    organisation::OrganisationNumber,
    tagged,
    text::Prose,
};

/// The most seats held at one time: a general assembly of all executive committees has some 250.
pub const SEATS_MAX: usize = 1_024;
/// The most deputies that can be named for one seat.
pub const DEPUTIES_MAX: usize = 64;

/// A post that a body fills by election among its seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Post {
    Chair,
    /// Chairs when needed (R17).
    DeputyChair,
}

/// Who may be elected chair and deputy chair, and for how long (R14).
///
/// Kept beside `Rules`: a meeting relies on who was elected, not on who could have been.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ElectionRule {
    /// The offices whose seats may be elected. Grenlandsrådet: the mayors.
    pub eligible: BTreeSet<Office>,
    /// The longest term in years, 1 to 12; absent where none is laid down. Grenlandsrådet: 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term_years_max: Option<u16>,
}

/// A deputy in a list whose order is the order of calling. At least one of the two is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedDeputy {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<Office>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
}

/// What may be asked of a body.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[strum(serialize_all = "kebab-case")]
pub enum Request {
    /// Establishes a body with its first rules, which are in force from the day it exists.
    Establish {
        names: Names,
        kind: BodyKind,
        rules: Rules,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        elections: Option<ElectionRule>,
        in_force_from: Date,
        /// The body it prepares cases for, in the same cooperation (R10).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prepares_for: Option<AggregateId>,
    },
    /// Puts a new version of the rules in force from a day after every earlier version's.
    ///
    /// Replaces the rules as a whole, those on elections included. Every seat held on that day or
    /// later must have its place under the new version (R4–R6).
    AmendRules {
        rules: Rules,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        elections: Option<ElectionRule>,
        in_force_from: Date,
    },
    /// Fills a seat (R1, R4–R6). A seat keeps its member and office from one holder to the next.
    FillSeat {
        /// Unique within the body: `baerum-mayor`.
        seat: LocalId,
        member: OrganisationNumber,
        office: Office,
        /// Who holds it; absent where only the office is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holder: Option<PersonId>,
        from: Date,
        /// The last day, where it is known when the seat is filled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Date>,
    },
    /// Vacates a seat; `to` is the last day it is held.
    VacateSeat { seat: LocalId, to: Date, reason: Prose },
    /// Vacates every seat of a member, whose membership ends on `to` (R1).
    VacateSeatsOf { member: OrganisationNumber, to: Date, reason: Prose },
    /// Names the deputies for a seat in order, in place of those named before; none ends the list.
    NameDeputies {
        seat: LocalId,
        /// At most [`DEPUTIES_MAX`], the first to be called first.
        deputies: Vec<NamedDeputy>,
        from: Date,
    },
    /// Names the access groups of the body, in place of those named before; none ends them. Their people read
    /// what is restricted of what the body treats, from a day on.
    NameAccessGroups {
        /// At most `ACCESS_GROUPS_MAX`.
        groups: Vec<AccessGroup>,
        from: Date,
    },
    /// Elects the holder of a seat chair or deputy chair for a term (R14).
    Elect {
        post: Post,
        seat: LocalId,
        from: Date,
        /// The last day of the term; absent where no end is set.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Date>,
    },
    /// Ends the term of the chair or deputy chair early; `to` is the last day.
    StepDown { post: Post, to: Date, reason: Prose },
    /// Puts the body on ice from the day of the command; another body takes its tasks over (R13).
    Pause { reason: Prose, tasks_go_to: AggregateId },
    /// Takes a paused body up again from the day of the command.
    Resume {},
    /// Says which body it prepares cases for from a day; absent for none any longer (R10).
    PrepareFor {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<AggregateId>,
        from: Date,
    },
    /// Ends the body; `on` is its last day.
    Disband {
        on: Date,
        reason: Prose,
        /// The body that takes its tasks over, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tasks_go_to: Option<AggregateId>,
    },
}

tagged!(Request);

/// What has happened to a body.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Event {
    Established {
        names: Names,
        kind: BodyKind,
        rules: Rules,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        elections: Option<ElectionRule>,
        in_force_from: Date,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prepares_for: Option<AggregateId>,
    },
    RulesAmended {
        /// The version of the rules; 1 was established.
        version: u32,
        rules: Rules,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        elections: Option<ElectionRule>,
        in_force_from: Date,
    },
    SeatFilled {
        seat: LocalId,
        member: OrganisationNumber,
        /// What the cooperation's history said the member was, on which the composition rests.
        member_kind: MemberKind,
        office: Office,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holder: Option<PersonId>,
        from: Date,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Date>,
    },
    SeatVacated {
        seat: LocalId,
        /// When the stay that ends began.
        from: Date,
        to: Date,
        reason: Prose,
    },
    /// Every seat that the member holds after `to` is vacated.
    SeatsVacated {
        member: OrganisationNumber,
        to: Date,
        reason: Prose,
    },
    DeputiesNamed {
        seat: LocalId,
        deputies: Vec<NamedDeputy>,
        from: Date,
    },
    AccessGroupsNamed {
        groups: Vec<AccessGroup>,
        from: Date,
    },
    Elected {
        post: Post,
        seat: LocalId,
        from: Date,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Date>,
    },
    SteppedDown {
        post: Post,
        seat: LocalId,
        /// When the term that ends began.
        from: Date,
        to: Date,
        reason: Prose,
    },
    Paused {
        from: Date,
        reason: Prose,
        tasks_go_to: AggregateId,
    },
    Resumed {
        from: Date,
    },
    PreparationAssigned {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<AggregateId>,
        from: Date,
    },
    Disbanded {
        on: Date,
        reason: Prose,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tasks_go_to: Option<AggregateId>,
    },
}

event!(Event);
