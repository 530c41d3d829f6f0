//! The agenda: each item with its proposals, votes and what came of it.

use samvirke_schemas::{
    meetings::{
        agenda::Subject,
        attendance::QuorumFound,
        vote::{Method, Proposer, Recommender, Vote},
    },
    queries::meeting::{Concluded, Conflict, Item, ItemState, Proposal, ProposedBy},
};

use super::{Seats, attendance::stands_in};
use crate::show::{sheet::Sheet, words};

/// How far what belongs to an item stands in.
const INDENT: usize = 5;

/// Lays the agenda out.
pub(super) fn lay_out(agenda: &[Item], seats: &Seats<'_>, sheet: &mut Sheet) {
    if agenda.is_empty() {
        return;
    }
    sheet.heading(&format!("Dagsorden ({})", agenda.len()));
    for (number, item) in (1..).zip(agenda) {
        lay_out_item(number, item, seats, sheet);
    }
}

fn lay_out_item(number: usize, item: &Item, seats: &Seats<'_>, sheet: &mut Sheet) {
    let title = item.title.as_ref().or(item.public_title.as_ref());
    let title = title.map_or("(skjermet)", |title| title.as_str());
    sheet.line(2, &format!("{number}. {} {title}", words::item_kind(item.kind)));
    if let Some(about) = about(&item.subject) {
        sheet.line(INDENT, &about);
    }
    if item.state != ItemState::Concluded {
        sheet.line(INDENT, &format!("Punktet er {}.", words::item_state(item.state)));
    }
    if item.behind_doors {
        sheet.line(INDENT, "Behandlet for lukkede dører.");
    }
    if let Some(restriction) = &item.restriction {
        let until = restriction.until.map(|day| format!(" til og med {}", words::day(day)));
        let basis = words::legal_basis(&restriction.legal_basis);
        sheet.line(INDENT, &format!("Skjermet etter {basis}{}.", until.unwrap_or_default()));
    }
    for conflict in &item.conflicts {
        sheet.line(INDENT, &disqualified(conflict, seats));
    }
    if let Some(quorum) = item.quorum.as_ref().and_then(quorum) {
        sheet.line(INDENT, &quorum);
    }
    for proposal in &item.proposals {
        lay_out_proposal(proposal, item.conclusion.as_ref(), seats, sheet);
    }
    if let Some(conclusion) = &item.conclusion {
        lay_out_conclusion(conclusion, seats, sheet);
    }
}

fn about(subject: &Subject) -> Option<String> {
    match subject {
        Subject::Case { case, .. } => Some(format!("Sak {case}")),
        Subject::EarlierMinutes { meeting } => Some(format!("Protokoll fra {meeting}")),
        Subject::NoticeAndAgenda {} | Subject::PlainText {} => None,
    }
}

fn disqualified(conflict: &Conflict, seats: &Seats<'_>) -> String {
    let seat = seats.name(&conflict.seat);
    let basis = conflict.legal_basis.as_ref().map(words::legal_basis);
    let basis = basis.map(|basis| format!(" ({basis})")).unwrap_or_default();
    let stand_in = conflict.stand_in.as_ref();
    let stand_in = stand_in.map(|one| format!("; {} trådte inn", stands_in(one)));
    format!("Inhabil: {seat}{basis}{}", stand_in.unwrap_or_default())
}

/// What is known of the quorum; nothing is said where the source does not tell.
fn quorum(found: &QuorumFound) -> Option<String> {
    match found {
        QuorumFound::Met { present, needed } => {
            Some(format!("Beslutningsdyktig: {present} til stede, {needed} kreves."))
        }
        QuorumFound::Missed { present, needed } => {
            Some(format!("Ikke beslutningsdyktig: {present} til stede, {needed} kreves."))
        }
        QuorumFound::Unknown {} => None,
    }
}

fn lay_out_proposal(
    proposal: &Proposal,
    conclusion: Option<&Concluded>,
    seats: &Seats<'_>,
    sheet: &mut Sheet,
) {
    let text = match &proposal.text {
        // The wording stands once, under what the body came to.
        Some(text) if conclusion.and_then(|one| one.text.as_ref()) == Some(text) => "som nedenfor",
        Some(text) => text.as_str(),
        None => "(skjermet)",
    };
    let (by, name) = (proposed_by(&proposal.by, seats), &proposal.proposal);
    sheet.line(INDENT, &format!("{by} ({name}): {text}"));
    for annulled in &proposal.annulled {
        let reason = annulled.reason.as_ref().map_or("(skjermet)", |reason| reason.as_str());
        sheet.line(INDENT + 2, &format!("Votering satt til side: {reason}"));
    }
    if let Some(vote) = &proposal.vote {
        sheet.line(INDENT + 2, &format!("Votering: {}", voted(vote)));
    }
}

fn proposed_by(by: &ProposedBy, seats: &Seats<'_>) -> String {
    match by {
        ProposedBy::Recommendation { from: Recommender::Body { body } } => {
            format!("Innstilling fra {}", seats.known.body(body))
        }
        ProposedBy::Recommendation { from: Recommender::Secretariat {} } => {
            "Innstilling fra sekretariatet".into()
        }
        ProposedBy::Proposer { by: Proposer::Seat { seat } } => {
            format!("Forslag fra {}", seats.name(seat))
        }
        ProposedBy::Proposer { by: Proposer::Other { attendee } } => {
            format!("Forslag fra {attendee}")
        }
    }
}

fn voted(vote: &Vote) -> String {
    let how = match vote.method {
        Method::ByPerson { .. } => "ved navneopprop",
        Method::ShowOfHands { .. } => "ved håndsopprekning",
        Method::Ballot { .. } => "skriftlig",
        Method::Unanimous {} => "uten stemmer imot",
    };
    let counts = vote.counts;
    let blank = if counts.blank > 0 { format!(", {} blanke", counts.blank) } else { String::new() };
    let casting = if vote.by_casting_vote { ", med møteleders dobbeltstemme" } else { "" };
    let unanimous = if vote.unanimous { "enstemmig " } else { "" };
    let result = words::vote_result(vote.result);
    format!("{unanimous}{result} {how}, {} mot {}{blank}{casting}", counts.yes, counts.no)
}

fn lay_out_conclusion(conclusion: &Concluded, seats: &Seats<'_>, sheet: &mut Sheet) {
    let unanimous = if conclusion.unanimous == Some(true) { " (enstemmig)" } else { "" };
    let to = conclusion.to.as_ref().map(|to| format!(" til {}", seats.known.body(to)));
    let outcome = words::item_outcome(conclusion.outcome);
    sheet.line(INDENT, &format!("{outcome}{}{unanimous}:", to.unwrap_or_default()));
    match &conclusion.text {
        Some(text) => sheet.prose(INDENT + 2, text.as_str()),
        None => sheet.line(INDENT + 2, "(ingen tekst vises)"),
    }
}
