//! Whether enough take part to decide, by the body's own rule (R20, kommuneloven § 11-9).
//!
//! Worked out for each item when it is treated. A seat counts whether its holder or somebody in the
//! holder's stead sits there, in the room or remotely; one that is disqualified does not.

use std::collections::BTreeSet;

use samvirke_schemas::{
    id::LocalId,
    meetings::attendance::QuorumFound,
    networks::rules::{BodyInForce, Quorum, Seat},
};

/// Works out the quorum of `body` when those in `seats` take part.
pub fn find(body: &BodyInForce, seats: &BTreeSet<&LocalId>) -> QuorumFound {
    let taking_part = || body.seats.iter().filter(|held| seats.contains(&held.seat));
    let (present, needed) = match body.rules.quorum {
        // At least half: of seven members four, of eight members four. Nobody is never enough.
        Quorum::HalfOfMembers {} => (taking_part().count(), body.seats.len().div_ceil(2)),
        Quorum::AllMembersRepresented {} => (members(taking_part()), members(body.seats.iter())),
        Quorum::Count { members } => (taking_part().count(), usize::from(members)),
    };
    let (present, needed) = (small(present), small(needed).max(1));
    if present >= needed {
        QuorumFound::Met { present, needed }
    } else {
        QuorumFound::Missed { present, needed }
    }
}

fn members<'a>(seats: impl Iterator<Item = &'a Seat>) -> usize {
    seats.map(|held| &held.member).collect::<BTreeSet<_>>().len()
}

fn small(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use samvirke_schemas::networks::rules::Quorum;

    use super::*;
    use crate::meeting::tests::world::{body_of, seats};

    /// A body of `members` with one seat each, or two seats each when `twice`.
    fn found(quorum: Quorum, members: usize, twice: bool, present: &[usize]) -> (bool, u16, u16) {
        let mut body = body_of(members);
        if twice {
            let second = body.seats.clone().into_iter().map(|mut held| {
                held.seat = format!("{}-second", held.seat).parse().unwrap();
                held
            });
            body.seats.extend(second.collect::<Vec<_>>());
        }
        body.rules.quorum = quorum;
        let seats = seats(&body, present);
        match find(&body, &seats.iter().collect()) {
            QuorumFound::Met { present, needed } => (true, present, needed),
            QuorumFound::Missed { present, needed } => (false, present, needed),
            QuorumFound::Unknown {} => unreachable!("a quorum that is worked out is known"),
        }
    }

    #[test]
    fn kommuneloven_11_9_half_of_the_members_are_enough() {
        let half =
            |members, present: &[usize]| found(Quorum::HalfOfMembers {}, members, false, present);
        assert_eq!(half(0, &[]), (false, 0, 1));
        assert_eq!(half(1, &[]), (false, 0, 1));
        assert_eq!(half(1, &[0]), (true, 1, 1));
        assert_eq!(half(2, &[0]), (true, 1, 1));
        assert_eq!(half(3, &[0]), (false, 1, 2));
        assert_eq!(half(3, &[0, 2]), (true, 2, 2));
        assert_eq!(half(8, &[0, 1, 2]), (false, 3, 4));
        assert_eq!(half(8, &[0, 1, 2, 3]), (true, 4, 4));
        assert_eq!(half(9, &[0, 1, 2, 3]), (false, 4, 5));
    }

    #[test]
    fn r20_every_member_must_be_represented_by_one_of_its_seats() {
        let all = |present: &[usize]| found(Quorum::AllMembersRepresented {}, 3, true, present);
        assert_eq!(all(&[0, 1, 2]), (true, 3, 3));
        assert_eq!(all(&[0, 4, 5]), (true, 3, 3), "the second seats of the last two members");
        assert_eq!(all(&[0, 3, 1, 4]), (false, 2, 3), "both seats of two members");
        assert_eq!(all(&[]), (false, 0, 3));
    }

    #[test]
    fn a_fixed_number_of_seats_can_be_the_rule() {
        let count =
            |members, present: &[usize]| found(Quorum::Count { members }, 5, false, present);
        assert_eq!(count(3, &[0, 1]), (false, 2, 3));
        assert_eq!(count(3, &[0, 1, 4]), (true, 3, 3));
        assert_eq!(count(0, &[]), (false, 0, 1), "nobody never decides");
    }
}
