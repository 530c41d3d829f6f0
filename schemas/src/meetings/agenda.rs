//! What a meeting treats, and what comes of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    date::Date,
    id::{AggregateId, LocalId},
    legal_basis::LegalBasis,
    text::{Line, Prose},
};

/// The most items on one agenda.
pub const ITEMS_MAX: usize = 200;

/// The kind of item, in the codes of Noark 5 and Fiks (`moetesakstype`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ItemKind {
    /// Politisk sak: an ordinary case (R22).
    Ps,
    /// Referatsak: something the body is told of.
    Rs,
    /// Delegert sak: decided under delegated power and reported.
    Ds,
    /// Forespørsel: a question to the chair (interpellasjon).
    Fo,
    /// Annet: anything else, such as the mayor's briefing (R22).
    An,
}

/// What an item is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Subject {
    /// Godkjenning av innkalling og dagsorden: the first item (R21).
    NoticeAndAgenda {},
    /// The minutes of an earlier meeting (R29).
    EarlierMinutes { meeting: AggregateId },
    /// A case, and which of its planned treatments this is.
    Case {
        case: AggregateId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        treatment: Option<LocalId>,
    },
    /// Only what its title says.
    PlainText {},
}

impl Subject {
    /// The case, if it is one.
    pub fn case(&self) -> Option<&AggregateId> {
        match self {
            Self::Case { case, .. } => Some(case),
            Self::NoticeAndAgenda {} | Self::EarlierMinutes { .. } | Self::PlainText {} => None,
        }
    }
}

/// Why a text stays out of public papers, and until when (offentleglova; Noark 5 `skjerming`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemRestriction {
    pub legal_basis: LegalBasis,
    /// The last day of the restriction; absent where it has no end yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// One line of an agenda.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgendaItem {
    /// Unique within the meeting: `24-2017`.
    pub item: LocalId,
    pub kind: ItemKind,
    pub title: Line,
    /// The title that the public sees; needed where the item is restricted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_title: Option<Line>,
    pub subject: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restriction: Option<ItemRestriction>,
}

impl AgendaItem {
    /// The case and the treatment that the item is about, if it is about a case.
    pub fn case(&self) -> (Option<AggregateId>, Option<LocalId>) {
        match &self.subject {
            Subject::Case { case, treatment } => (Some(case.clone()), treatment.clone()),
            Subject::NoticeAndAgenda {}
            | Subject::EarlierMinutes { .. }
            | Subject::PlainText {} => (None, None),
        }
    }
}

/// What came of an item, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "ItemOutcome")]
pub enum Outcome {
    Decided,
    /// The body advises whoever decides (R11, R38).
    Recommended,
    /// Nothing that was proposed was carried.
    Rejected,
    TookNote,
    /// Sent on to another body (R39).
    Forwarded,
    Postponed,
    /// Back to whoever prepared it.
    SentBack,
}

/// What comes of an item, with what each outcome needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Conclusion {
    /// `text` is worked out from the proposals carried; one that is given must be the same. In a
    /// meeting that is only reported there are none, so there it is needed.
    Decided {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Prose>,
    },
    /// As `decided`, as advice to the body `to` where one is named (R38).
    Recommended {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Prose>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<AggregateId>,
    },
    Rejected {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Prose>,
    },
    TookNote {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Prose>,
    },
    Forwarded {
        to: AggregateId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Prose>,
    },
    Postponed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Prose>,
    },
    SentBack {
        reason: Prose,
    },
}

impl Conclusion {
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Decided { .. } => Outcome::Decided,
            Self::Recommended { .. } => Outcome::Recommended,
            Self::Rejected { .. } => Outcome::Rejected,
            Self::TookNote { .. } => Outcome::TookNote,
            Self::Forwarded { .. } => Outcome::Forwarded,
            Self::Postponed { .. } => Outcome::Postponed,
            Self::SentBack { .. } => Outcome::SentBack,
        }
    }

    /// The text of the conclusion, or the reason for it.
    pub fn text(&self) -> Option<&Prose> {
        match self {
            Self::Decided { text }
            | Self::Recommended { text, .. }
            | Self::Rejected { text }
            | Self::TookNote { text }
            | Self::Forwarded { text, .. } => text.as_ref(),
            Self::Postponed { reason } => reason.as_ref(),
            Self::SentBack { reason } => Some(reason),
        }
    }

    /// The body that the item goes to.
    pub fn to(&self) -> Option<&AggregateId> {
        match self {
            Self::Recommended { to, .. } => to.as_ref(),
            Self::Forwarded { to, .. } => Some(to),
            Self::Decided { .. }
            | Self::Rejected { .. }
            | Self::TookNote { .. }
            | Self::Postponed { .. }
            | Self::SentBack { .. } => None,
        }
    }
}
