//! Proposals and votes.
//!
//! A vote says how each voted or how many did; what follows from it is worked out, never told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::{AggregateId, LocalId},
    networks::rules::Majority,
};

/// The most proposals on one item.
pub const PROPOSALS_MAX: usize = 50;

/// Who puts a proposal forward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Proposer {
    /// A seat that is taken.
    Seat { seat: LocalId },
    /// Somebody present without a seat, whose office may propose (R8).
    Other { attendee: LocalId },
}

/// Where a recommendation (innstilling) comes from (R38).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Recommender {
    /// The body that prepared the case.
    Body {
        body: AggregateId,
    },
    Secretariat {},
}

/// One vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    Yes,
    No,
    /// A vote cast for nothing: it counts as cast, so it makes a majority harder to reach.
    Blank,
}

/// The vote of one seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeatVote {
    pub seat: LocalId,
    pub choice: Choice,
}

/// How many voted what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    pub yes: u16,
    pub no: u16,
    #[serde(default)]
    pub blank: u16,
}

impl Counts {
    /// Every vote cast, blank ones too.
    pub fn cast(self) -> u32 {
        u32::from(self.yes) + u32::from(self.no) + u32::from(self.blank)
    }
}

/// How a vote was held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Method {
    /// By roll call: what each seat voted.
    ByPerson { votes: Vec<SeatVote> },
    /// By show of hands. `chair` is the chair's own vote, needed only where it settles a tie.
    ShowOfHands {
        counts: Counts,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chair: Option<Choice>,
    },
    /// In writing, as `show-of-hands`.
    Ballot {
        counts: Counts,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chair: Option<Choice>,
    },
    /// Everyone entitled to vote voted yes (R40).
    Unanimous {},
}

/// Whether a proposal got through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VoteResult {
    Carried,
    Lost,
}

/// A vote with what followed from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Vote {
    pub method: Method,
    pub counts: Counts,
    /// How many sat there, were not disqualified and could vote.
    pub entitled: u16,
    /// The rule that was used.
    pub majority: Majority,
    pub result: VoteResult,
    /// Whether the chair's vote settled a tie (kommuneloven § 11-9).
    pub by_casting_vote: bool,
    /// Whether every vote cast was a yes (R40).
    pub unanimous: bool,
}
