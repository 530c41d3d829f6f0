//! A case and its way: the bodies that treated it, what they recommended and decided, what every
//! member's council answered, and what followed.
//!
//! Somebody who reads only this knows where the case stands and why.

mod answers;
mod follow_ups;
mod timeline;
mod way;

#[cfg(test)]
mod tests;

use samvirke_schemas::{
    cases::case::{access::Scope, paper::Recommendation, treatment::RecordedOutcome},
    queries::{
        case::{Case, Hearing, PaperTrail, Treatment, TreatmentState},
        case_way,
    },
};

use super::{known::Known, sheet::Sheet, words};

pub(super) use way::main_of;

/// Lays a case out, with the way that its number went.
pub(super) fn lay_out(
    case: &Case,
    way: &case_way::Answer,
    known: &Known,
    timeline: bool,
    sheet: &mut Sheet,
) {
    head(case, known, sheet);
    way::lay_out(way, &case.id, sheet);
    treatments(case, known, sheet);
    recommendations(case, known, sheet);
    if let Some(joint) = &case.joint {
        answers::lay_out(joint, timeline::day_of(case, "settled"), sheet);
    }
    if let Some(hearing) = &case.hearing {
        lay_out_hearing(hearing, known, sheet);
    }
    way::relations(case, way, sheet);
    follow_ups::lay_out(&case.follow_ups, known, sheet);
    papers(&case.papers, sheet);
    statements(case, known, sheet);
    if timeline {
        timeline::lay_out(case, known, sheet);
    } else {
        timeline::in_short(case, sheet);
    }
}

fn head(case: &Case, known: &Known, sheet: &mut Sheet) {
    let number = &case.number;
    let written = number.as_written.as_ref().map(ToString::to_string);
    let written = written.filter(|written| *written != number.number.to_string());
    sheet.heading(&format!("Sak {}: {}", number.number, case.title));
    sheet.facts(
        2,
        &[
            ("Id", case.id.to_string()),
            ("Skrevet", written.unwrap_or_default()),
            ("Slag", words::case_kind(case.kind).to_owned()),
            ("Tilstand", words::case_state(case.state).to_owned()),
            ("Organ", known.body(&case.owner)),
            ("Opprettet", words::day(case.opened_on)),
            ("Gjelder", force(case)),
            ("Klasse", case.classification.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("Skjermet", restriction(case)),
            ("Om", case.about.as_ref().map(ToString::to_string).unwrap_or_default()),
        ],
    );
    if case.withheld {
        sheet.line(2, "Noe er skjermet og vises ikke her.");
    }
}

fn force(case: &Case) -> String {
    let Some(force) = &case.force else { return String::new() };
    let ends = [("fra", force.from), ("til og med", force.to)];
    let told =
        ends.into_iter().filter_map(|(word, on)| Some(format!("{word} {}", words::day(on?))));
    let mut told: Vec<String> = told.collect();
    told.extend(force.replaced_by.as_ref().map(|by| format!("erstattet av {by}")));
    told.join(", ")
}

fn restriction(case: &Case) -> String {
    let Some(restriction) = &case.restriction else { return String::new() };
    let what = match &restriction.scope {
        Scope::Everything {} => "alt utenom offentlig tittel",
        Scope::Title {} => "tittelen",
        Scope::Papers { .. } => "noen saksdokumenter",
    };
    let until = restriction.until.map(|day| format!(", til og med {}", words::day(day)));
    let basis = words::legal_basis(&restriction.legal_basis);
    format!("{what}, etter {basis}{}", until.unwrap_or_default())
}

fn treatments(case: &Case, known: &Known, sheet: &mut Sheet) {
    if case.treatments.is_empty() {
        return;
    }
    sheet.heading("Behandling");
    for (place, treatment) in (1..).zip(&case.treatments) {
        let number = treatment.number.as_ref().map(|taken| format!(" (sak {})", taken.number));
        let (body, does) = (known.body(&treatment.body), words::treats(treatment.authority));
        let number = number.unwrap_or_default();
        sheet.line(2, &format!("{place}. {body}{number} {does}{}", waits(treatment)));
        treatment.outcomes.iter().for_each(|outcome| lay_out_outcome(outcome, sheet));
    }
}

/// What is still to come of a treatment.
fn waits(treatment: &Treatment) -> &'static str {
    match treatment.state {
        TreatmentState::Planned => ": planlagt",
        TreatmentState::Due => ": står for tur",
        TreatmentState::Held => "",
    }
}

fn lay_out_outcome(outcome: &RecordedOutcome, sheet: &mut Sheet) {
    let unanimous = if outcome.unanimous == Some(true) { "enstemmig " } else { "" };
    let (on, what) = (words::day(outcome.day), words::treatment_outcome(outcome.outcome));
    sheet.line(5, &format!("{on}: {unanimous}{what} (møte {})", outcome.meeting.local));
    if let Some(text) = &outcome.text {
        sheet.prose(7, text.as_str());
    }
}

fn recommendations(case: &Case, known: &Known, sheet: &mut Sheet) {
    if case.recommendations.is_empty() {
        return;
    }
    sheet.heading("Innstillinger");
    for advice in &case.recommendations {
        let (from, to) = (known.body(&advice.from), known.body(&advice.to));
        let text = match &advice.text {
            Some(_) if repeats(advice, case) => "som i behandlingen over",
            Some(text) => text.as_str(),
            None if case.withheld => "(skjermet)",
            None => "formuleres i møtet",
        };
        sheet.line(2, &format!("{from} til {to}:"));
        sheet.prose(4, text);
    }
}

/// Whether the body that recommends came to these very words, which then stand there already.
fn repeats(advice: &Recommendation, case: &Case) -> bool {
    let mut outcomes = case.treatments.iter().flat_map(|treatment| &treatment.outcomes);
    outcomes.any(|outcome| outcome.body == advice.from && outcome.text == advice.text)
}

fn lay_out_hearing(hearing: &Hearing, known: &Known, sheet: &mut Sheet) {
    let deadline = hearing.deadline;
    let (day, clock) = (words::day(deadline.day()), words::clock(deadline));
    let (invited, missing) = (hearing.invited.len(), hearing.missing.len());
    let adoption = hearing.adoption.as_ref();
    let adoption = adoption.map(|one| format!("{} {}", known.body(&one.body), words::day(one.on)));
    let summary = hearing.summary.as_ref().map(|summary| summary.text.to_string());
    sheet.heading("Høring");
    sheet.facts(
        2,
        &[
            ("Tilstand", words::hearing_state(hearing.state).to_owned()),
            ("Sendt", words::day(hearing.sent_on)),
            ("Frist", format!("{day} kl. {clock}")),
            ("Avsluttet", words::day_or_none(hearing.closed_on)),
            (
                "Svar",
                format!("{} av {invited} inviterte har svart", invited.saturating_sub(missing)),
            ),
            ("Oppsummert", summary.unwrap_or_default()),
            ("Vedtatt", adoption.unwrap_or_default()),
        ],
    );
}

fn papers(papers: &[PaperTrail], sheet: &mut Sheet) {
    if papers.is_empty() {
        return;
    }
    sheet.heading(&format!("Saksdokumenter ({})", papers.len()));
    for paper in papers {
        let title = paper.title.as_ref().map_or("(skjermet)", |title| title.as_str());
        let last = paper.versions.last();
        let last =
            last.map(|one| format!(", versjon {} {}", one.version, words::day(one.added_on)));
        sheet.line(2, &format!("{title}{}", last.unwrap_or_default()));
    }
}

fn statements(case: &Case, known: &Known, sheet: &mut Sheet) {
    if case.statements.is_empty() {
        return;
    }
    sheet.heading("Uttalelser sendt");
    for statement in &case.statements {
        let signed = statement.signed_by.iter().map(|one| {
            let member = one.member.as_ref().map(|member| format!(", {}", known.member(member)));
            format!("{}{}", words::office(one.office), member.unwrap_or_default())
        });
        let signed = signed.collect::<Vec<_>>().join("; ");
        let (on, receiver) = (words::day(statement.on), &statement.receiver);
        sheet.line(2, &format!("{on} til {receiver}, undertegnet av {signed}"));
    }
}
