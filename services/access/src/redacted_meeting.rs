//! A meeting as somebody may read it, built field by field.

use samvirke_schemas::{
    id::LocalId,
    queries::meeting::{
        Addendum, AnnulledVote, Attendance, Concluded, Item, Meeting, Minutes, Proposal,
    },
    text::Line,
};

use crate::{ItemAccess, MeetingAccess, Viewer, WithheldFromCase};

/// The meeting as a viewer may read it. `case_of` says what is withheld from the viewer of the case that an
/// item is about, and its public title where it is known; it is asked only for items about a case.
pub fn meeting_for(
    meeting: &Meeting,
    access: &MeetingAccess,
    viewer: &Viewer,
    case_of: impl Fn(&Item) -> (WithheldFromCase, Option<Line>),
) -> Meeting {
    if viewer.sees_all() {
        return meeting.clone();
    }
    let may_read = |item: &Item| {
        let (case, public_title) = match item.subject.case() {
            Some(_) => case_of(item),
            None => (WithheldFromCase::Nothing, None),
        };
        (access.item_for(&item.item, viewer, &case), public_title)
    };
    let seen: Vec<(&Item, ItemAccess, Option<Line>)> = meeting
        .agenda
        .iter()
        .map(|item| {
            let (may, public_title) = may_read(item);
            (item, may, public_title)
        })
        .collect();
    let texts_of = |item: &LocalId| seen.iter().any(|(own, may, _)| own.item == *item && may.texts);
    let agenda: Vec<Item> = seen
        .iter()
        .filter(|(_, may, _)| may.listed)
        .map(|(own, may, public_title)| item(own, *may, public_title.clone()))
        .collect();
    let minutes = minutes(&meeting.minutes, access, viewer, texts_of);
    let agenda_is_read = access.agenda_for(viewer);
    Meeting {
        id: meeting.id.clone(),
        version: meeting.version,
        body: meeting.body.clone(),
        title: meeting.title.clone(),
        state: meeting.state,
        days: meeting.days.clone(),
        venue: meeting.venue.clone(),
        moves: meeting.moves.clone(),
        cancelled: meeting.cancelled.clone(),
        notice: meeting.notice.clone(),
        chair: meeting.chair.clone(),
        opened_at: meeting.opened_at,
        closed_at: meeting.closed_at,
        withheld: agenda.len() < meeting.agenda.len()
            || agenda.iter().any(|item| item.withheld)
            || minutes.withheld
            || (meeting.attendance != Attendance::default() && !access.attendance_for(viewer)),
        agenda,
        attendance: match access.attendance_for(viewer) {
            true => meeting.attendance.clone(),
            false => Attendance::default(),
        },
        closed_doors: meeting.closed_doors.clone(),
        conflicting_dates: match agenda_is_read {
            true => meeting.conflicting_dates.clone(),
            false => Vec::new(),
        },
        minutes: minutes.shown,
    }
}

fn item(it: &Item, may: ItemAccess, public_title: Option<Line>) -> Item {
    let title = match may.title {
        true => it.title.clone(),
        false => it.public_title.clone().or(public_title),
    };
    let concluded = it.conclusion.is_some();
    Item {
        item: it.item.clone(),
        kind: it.kind,
        title,
        public_title: it.public_title.clone(),
        subject: it.subject.clone(),
        restriction: it.restriction.clone(),
        state: it.state,
        behind_doors: it.behind_doors,
        quorum: it.quorum.clone().filter(|_| may.treatment),
        conflicts: if may.treatment { it.conflicts.clone() } else { Vec::new() },
        proposals: match may.treatment {
            true => it.proposals.iter().map(proposal).collect(),
            false => Vec::new(),
        },
        conclusion: it.conclusion.as_ref().map(|it| conclusion(it, may)),
        withheld: !may.title
            || (concluded && !may.texts)
            || (!concluded && !it.proposals.is_empty() && !may.treatment),
    }
}

fn proposal(it: &Proposal) -> Proposal {
    Proposal {
        proposal: it.proposal.clone(),
        by: it.by.clone(),
        text: it.text.clone(),
        vote: it.vote.clone(),
        annulled: it
            .annulled
            .iter()
            .map(|it| AnnulledVote { vote: it.vote.clone(), reason: it.reason.clone() })
            .collect(),
    }
}

fn conclusion(it: &Concluded, may: ItemAccess) -> Concluded {
    Concluded {
        outcome: it.outcome,
        text: it.text.clone().filter(|_| may.texts),
        to: it.to.clone(),
        unanimous: it.unanimous,
        day: it.day,
    }
}

struct ShownMinutes {
    shown: Minutes,
    withheld: bool,
}

fn minutes(
    it: &Minutes,
    access: &MeetingAccess,
    viewer: &Viewer,
    texts_of: impl Fn(&LocalId) -> bool,
) -> ShownMinutes {
    if !access.minutes_for(viewer) {
        return ShownMinutes { withheld: *it != Minutes::default(), shown: Minutes::default() };
    }
    let takes_part = access.takes_part(viewer);
    let is_read = |addendum: &Addendum| {
        (takes_part || addendum.public) && addendum.item.as_ref().is_none_or(&texts_of)
    };
    ShownMinutes {
        withheld: !it.addenda.iter().all(is_read),
        shown: Minutes {
            draft: it.draft,
            document: it.document.clone(),
            approved_on: it.approved_on,
            approval: it.approval.clone(),
            published_on: it.published_on,
            left_out: it.left_out.clone(),
            addenda: it
                .addenda
                .iter()
                .map(|addendum| Addendum {
                    number: addendum.number,
                    text: addendum.text.clone().filter(|_| is_read(addendum)),
                    item: addendum.item.clone(),
                    public: addendum.public,
                    on: addendum.on,
                })
                .collect(),
        },
    }
}
