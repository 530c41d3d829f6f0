//! Whether the votes cast carry a proposal, by the body's own rule (kommuneloven § 11-9, R42).
//!
//! Blank votes are votes cast, so they make a majority harder to reach; they make no tie.

use samvirke_schemas::{
    meetings::vote::{Choice, Counts, VoteResult},
    networks::rules::Majority,
};

/// What votes lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    pub result: VoteResult,
    /// Whether the chair's vote settled a tie.
    pub by_casting_vote: bool,
}

/// Why votes lead to nothing yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsettled {
    NobodyVoted,
    /// There is a tie, and nobody said what the chair voted.
    ChairsVoteNeeded,
}

/// Works out what `counts` lead to. `chair` is the chair's own vote, which is among them.
pub fn settle(
    majority: Majority,
    casting_vote: bool,
    counts: Counts,
    chair: Option<Choice>,
) -> Result<Settled, Unsettled> {
    let (yes, cast) = (u32::from(counts.yes), counts.cast());
    if cast == 0 {
        return Err(Unsettled::NobodyVoted);
    }
    let carried = match majority {
        Majority::Simple => 2 * yes > cast,
        Majority::TwoThirds => 3 * yes >= 2 * cast,
        Majority::Unanimity => yes == cast,
    };
    // A tie is a matter of the simple majority only: the other rules ask for more than half anyway.
    let tie = majority == Majority::Simple && yes > 0 && counts.yes == counts.no;
    if !tie || !casting_vote {
        return Ok(Settled { result: result(carried), by_casting_vote: false });
    }
    match chair {
        None => Err(Unsettled::ChairsVoteNeeded),
        Some(Choice::Yes) => Ok(Settled { result: VoteResult::Carried, by_casting_vote: true }),
        Some(Choice::No) => Ok(Settled { result: VoteResult::Lost, by_casting_vote: true }),
        // A chair who voted for nothing settles nothing.
        Some(Choice::Blank) => Ok(Settled { result: VoteResult::Lost, by_casting_vote: false }),
    }
}

fn result(carried: bool) -> VoteResult {
    if carried { VoteResult::Carried } else { VoteResult::Lost }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rule, yes, no and blank votes, and whether they carry without a casting vote.
    const TABLE: &[(Majority, u16, u16, u16, bool)] = &[
        (Majority::Simple, 1, 0, 0, true),
        (Majority::Simple, 0, 1, 0, false),
        (Majority::Simple, 0, 0, 1, false),
        (Majority::Simple, 2, 1, 0, true),
        (Majority::Simple, 2, 2, 0, false),
        (Majority::Simple, 3, 2, 1, false),
        (Majority::Simple, 4, 2, 1, true),
        (Majority::TwoThirds, 1, 0, 0, true),
        (Majority::TwoThirds, 2, 1, 0, true),
        (Majority::TwoThirds, 1, 1, 0, false),
        (Majority::TwoThirds, 3, 2, 0, false),
        (Majority::TwoThirds, 4, 2, 0, true),
        (Majority::TwoThirds, 5, 3, 0, false),
        (Majority::TwoThirds, 6, 3, 0, true),
        (Majority::TwoThirds, 6, 3, 1, false),
        (Majority::TwoThirds, 0, 0, 3, false),
        (Majority::Unanimity, 1, 0, 0, true),
        (Majority::Unanimity, 5, 0, 0, true),
        (Majority::Unanimity, 5, 1, 0, false),
        (Majority::Unanimity, 5, 0, 1, false),
        (Majority::Simple, u16::MAX, u16::MAX, u16::MAX, false),
        (Majority::TwoThirds, u16::MAX, 0, 0, true),
    ];

    #[test]
    fn kommuneloven_11_9_the_votes_cast_are_counted_against_the_bodys_majority() {
        for (majority, yes, no, blank, carried) in TABLE {
            let counts = Counts { yes: *yes, no: *no, blank: *blank };
            assert_eq!(
                settle(*majority, false, counts, None),
                Ok(Settled { result: result(*carried), by_casting_vote: false }),
                "{majority:?} {counts:?}"
            );
        }
    }

    #[test]
    fn a_vote_in_which_nobody_votes_settles_nothing() {
        for majority in [Majority::Simple, Majority::TwoThirds, Majority::Unanimity] {
            assert_eq!(
                settle(majority, true, Counts::default(), Some(Choice::Yes)),
                Err(Unsettled::NobodyVoted)
            );
        }
    }

    #[test]
    fn kommuneloven_11_9_the_chairs_vote_settles_a_tie_where_the_body_has_that_rule() {
        let tie = Counts { yes: 3, no: 3, blank: 1 };
        let by = |chair| settle(Majority::Simple, true, tie, chair);
        let settled =
            |carried, by_casting_vote| Ok(Settled { result: result(carried), by_casting_vote });
        assert_eq!(by(Some(Choice::Yes)), settled(true, true));
        assert_eq!(by(Some(Choice::No)), settled(false, true));
        assert_eq!(by(Some(Choice::Blank)), settled(false, false));
        assert_eq!(by(None), Err(Unsettled::ChairsVoteNeeded));
        assert_eq!(settle(Majority::Simple, false, tie, Some(Choice::Yes)), settled(false, false));
    }

    #[test]
    fn the_chairs_vote_settles_nothing_but_a_tie_under_a_simple_majority() {
        let chair = Some(Choice::Yes);
        for (majority, yes, no, blank) in [
            (Majority::Simple, 2, 3, 0),
            (Majority::Simple, 0, 0, 2),
            (Majority::TwoThirds, 2, 2, 0),
            (Majority::Unanimity, 2, 2, 0),
        ] {
            let counts = Counts { yes, no, blank };
            assert_eq!(
                settle(majority, true, counts, chair),
                Ok(Settled { result: VoteResult::Lost, by_casting_vote: false }),
                "{majority:?} {counts:?}"
            );
        }
    }
}
