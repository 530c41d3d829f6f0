//! What the caller should know though the command was accepted.

use samvirke_schemas::{
    meetings::{agenda::Subject, meeting::Event},
    reply::Warning,
};

/// The warnings of a decision's events.
pub(super) fn of(events: &[Event]) -> Vec<Warning> {
    let each: [fn(&Event) -> Option<Warning>; 5] =
        [no_approval_of_agenda, deputies_skipped, votes_missing, record_incomplete, dates_conflict];
    events.iter().flat_map(|event| each.iter().filter_map(|warning| warning(event))).collect()
}

fn no_approval_of_agenda(event: &Event) -> Option<Warning> {
    let Event::NoticeIssued { agenda, .. } = event else { return None };
    let opens = agenda.first().is_some_and(|item| item.subject == Subject::NoticeAndAgenda {});
    (!opens).then(|| {
        warn(
            "no-approval-of-agenda",
            "R21",
            "the approval of notice and agenda is not the first item".to_owned(),
        )
    })
}

fn deputies_skipped(event: &Event) -> Option<Warning> {
    let Event::SeatTaken { seat, skipped, .. } = event else { return None };
    let orders: Vec<_> = skipped.iter().map(u16::to_string).collect();
    (!orders.is_empty()).then(|| {
        let detail = format!("before whoever took seat {seat} stands deputy {}", orders.join(", "));
        warn("deputies-skipped", "R27", detail)
    })
}

fn votes_missing(event: &Event) -> Option<Warning> {
    let Event::VoteTaken { vote, .. } = event else { return None };
    let cast = vote.counts.cast();
    (cast < u32::from(vote.entitled)).then(|| {
        let detail = format!("{cast} of {} votes were cast", vote.entitled);
        warn("votes-missing", "kommuneloven § 8-1", detail)
    })
}

fn record_incomplete(event: &Event) -> Option<Warning> {
    let Event::HeldReported { .. } = event else { return None };
    let detail = "who was there is not known, so no quorum is claimed".to_owned();
    Some(warn("record-incomplete", "kommuneloven § 11-4", detail))
}

fn dates_conflict(event: &Event) -> Option<Warning> {
    let Event::ConflictingDateNoted { date, days } = event else { return None };
    let days: Vec<_> = days.iter().map(ToString::to_string).collect();
    let detail =
        format!("{} says {}; the meeting's own: {}", date.paper, date.says, days.join(", "));
    Some(warn("dates-conflict", "R30", detail))
}

fn warn(code: &str, rule: &str, detail: String) -> Warning {
    Warning { code: code.to_owned(), rule: rule.to_owned(), detail }
}
