//! What is left out of a meeting: for the public the texts of restricted items, and of those treated behind
//! closed doors (kommuneloven § 11-5); for everyone what is restricted in a case that they take no part in.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use samvirke_schemas::{
    id::AggregateId,
    queries::meeting::{Addendum, AnnulledVote, Item, Meeting},
    text::Line,
};

use super::Sight;

/// What somebody may not see of a case, wherever it is treated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CoveredCase {
    pub(crate) public_title: Line,
    /// Whether the wording is hidden too, and not only the title.
    pub(crate) texts: bool,
}

/// The meeting as those see it who see so much, and these of its cases only in part.
pub(crate) fn veil(
    meeting: &Meeting,
    sight: &Sight,
    cases: &BTreeMap<AggregateId, CoveredCase>,
    today: NaiveDate,
) -> Meeting {
    let is_public = match sight {
        Sight::All => return meeting.clone(),
        // Every member of the cooperation takes part in its meetings.
        Sight::Member(_) => false,
        Sight::Public => true,
    };
    let mut covered = meeting.clone();
    let left_out: BTreeSet<_> =
        meeting.minutes.left_out.iter().map(|withheld| &withheld.item).collect();
    let mut hidden = BTreeSet::new();
    for item in &mut covered.agenda {
        let by_meeting = is_public
            && (item.behind_doors || is_restricted(item, today) || left_out.contains(&item.item));
        let by_case = item.subject.case().and_then(|case| cases.get(case));
        if !by_meeting && by_case.is_none() {
            continue;
        }
        covered.withheld = true;
        cover_title(item, by_case);
        if by_meeting || by_case.is_some_and(|case| case.texts) {
            cover_texts(item);
            hidden.insert(item.item.clone());
        }
    }
    let is_hidden = |addendum: &Addendum| {
        (is_public && !addendum.public)
            || addendum.item.as_ref().is_some_and(|item| hidden.contains(item))
    };
    for addendum in covered.minutes.addenda.iter_mut().filter(|addendum| is_hidden(addendum)) {
        addendum.text = None;
        covered.withheld = true;
    }
    covered
}

fn is_restricted(item: &Item, today: NaiveDate) -> bool {
    item.restriction
        .as_ref()
        .is_some_and(|restriction| restriction.until.is_none_or(|last| today <= last))
}

fn cover_title(item: &mut Item, by_case: Option<&CoveredCase>) {
    item.withheld = true;
    let public_title = item.public_title.clone();
    item.title = public_title.or_else(|| by_case.map(|case| case.public_title.clone()));
}

fn cover_texts(item: &mut Item) {
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
