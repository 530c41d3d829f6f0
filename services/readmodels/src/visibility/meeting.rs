//! What is left out of a meeting for the public: the texts of restricted items, and of those treated
//! behind closed doors (kommuneloven § 11-5).

use std::collections::BTreeSet;

use chrono::NaiveDate;
use samvirke_schemas::queries::meeting::{Addendum, AnnulledVote, Item, Meeting};

/// The meeting as those see it who may not see everything.
pub(crate) fn veil(meeting: &Meeting, today: NaiveDate) -> Meeting {
    let mut covered = meeting.clone();
    let left_out: BTreeSet<_> =
        meeting.minutes.left_out.iter().map(|withheld| &withheld.item).collect();
    let mut hidden = BTreeSet::new();
    for item in &mut covered.agenda {
        if item.behind_doors || is_restricted(item, today) || left_out.contains(&item.item) {
            cover(item);
            hidden.insert(item.item.clone());
        }
    }
    let is_hidden = |addendum: &Addendum| {
        !addendum.public || addendum.item.as_ref().is_some_and(|item| hidden.contains(item))
    };
    for addendum in covered.minutes.addenda.iter_mut().filter(|addendum| is_hidden(addendum)) {
        addendum.text = None;
        covered.withheld = true;
    }
    covered.withheld |= !hidden.is_empty();
    covered
}

fn is_restricted(item: &Item, today: NaiveDate) -> bool {
    item.restriction
        .as_ref()
        .is_some_and(|restriction| restriction.until.is_none_or(|last| today <= last))
}

fn cover(item: &mut Item) {
    item.withheld = true;
    item.title = item.public_title.clone();
    for proposal in &mut item.proposals {
        proposal.text = None;
        for AnnulledVote { reason, .. } in &mut proposal.annulled {
            *reason = None;
        }
    }
    if let Some(conclusion) = &mut item.conclusion {
        conclusion.text = None;
    }
}
