//! How the members' councils answered a joint case, and what it settled to (R45).

use samvirke_schemas::{
    cases::case::joint::{FileReference, MemberDecision, Settlement},
    date::Date,
    queries::case::{Joint, MemberAnswer},
};

use crate::show::{sheet::Sheet, words};

/// Lays a joint case out; `settled_on` is the day it was settled.
pub(super) fn lay_out(joint: &Joint, settled_on: Option<Date>, sheet: &mut Sheet) {
    let rule = words::settle_rule(&joint.settles);
    let Some(sent_on) = joint.sent_on else {
        sheet.heading("Fellessak, ikke sendt til medlemmene ennå");
        sheet.line(2, &format!("Avgjøres når {rule}."));
        return;
    };
    sheet.heading(&format!("Sendt til medlemmene {}", words::day(sent_on)));
    sheet.facts(
        2,
        &[
            ("Avgjøres når", rule),
            ("Svarfrist", words::day_or_none(joint.answer_by)),
            ("Har svart", format!("{} av {}", joint.answered.len(), taking_part(joint))),
            ("Mangler", names(joint, |answer| joint.missing.contains(&answer.member))),
            ("Annen tekst", names(joint, |answer| joint.differing.contains(&answer.member))),
        ],
    );
    sheet.line(2, "Teksten:");
    sheet.prose(4, joint.text.as_ref().map_or("(skjermet)", |text| text.as_str()));
    let heads = ["Medlem", "Mottatt", "Arkivsak", "Vedtak", "Dag", "Lik tekst"];
    sheet.table(2, &heads, joint.members.iter().map(row).collect());
    joint.members.iter().for_each(|answer| corrections(answer, sheet));
    if let Some(settlement) = &joint.settlement {
        settled(settlement, joint, settled_on, sheet);
    }
}

fn taking_part(joint: &Joint) -> usize {
    joint.members.iter().filter(|answer| answer.released_on.is_none()).count()
}

fn names(joint: &Joint, wanted: impl Fn(&MemberAnswer) -> bool) -> String {
    let found = joint.members.iter().filter(|answer| wanted(answer));
    found.map(|answer| answer.names.nb.to_string()).collect::<Vec<_>>().join(", ")
}

fn row(answer: &MemberAnswer) -> Vec<String> {
    let decision = answer.decision.as_ref();
    let same = match answer.same_text {
        Some(true) => "ja",
        Some(false) => "nei",
        None => "",
    };
    let released = answer.released_on.map(|on| format!(" (gikk ut {})", words::day(on)));
    vec![
        format!("{}{}", answer.names.nb, released.unwrap_or_default()),
        words::day_or_none(answer.received_on),
        answer.reference.as_ref().map(file).unwrap_or_default(),
        decision.map(decided).unwrap_or_default(),
        words::day_or_none(decision.map(|decision| decision.on)),
        same.to_owned(),
    ]
}

/// The member's own case, and its journal entry below it (R36).
fn file(reference: &FileReference) -> String {
    match &reference.journal_entry {
        Some(entry) => format!("{}\njp. {entry}", reference.file),
        None => reference.file.to_string(),
    }
}

fn decided(decision: &MemberDecision) -> String {
    format!("{}: {}", decision.body, words::member_outcome(decision.outcome))
}

/// What a member said before it was corrected: nothing registered is lost from sight.
fn corrections(answer: &MemberAnswer, sheet: &mut Sheet) {
    for (earlier, later) in answer.registered.iter().zip(answer.registered.iter().skip(1)) {
        let (before, after) = (&earlier.decision, &later.decision);
        let reason = later.reason.as_ref().map(|reason| format!(" {reason}")).unwrap_or_default();
        let (name, was) = (&answer.names.nb, words::member_outcome(before.outcome));
        let (from, to) = (words::day(before.on), words::day(after.on));
        sheet.line(2, &format!("Rettet: {name} var {was} {from}, nytt vedtak {to}.{reason}"));
    }
}

fn settled(settlement: &Settlement, joint: &Joint, on: Option<Date>, sheet: &mut Sheet) {
    let result = words::settle_result(settlement.result);
    let on = on.map(|on| format!(" {}", words::day(on))).unwrap_or_default();
    let by = match settlement.carried_by.len() {
        0 => String::new(),
        1 => " av 1 medlem".to_owned(),
        more => format!(" av {more} medlemmer"),
    };
    let text = match &settlement.text {
        Some(text) if joint.text.as_ref() == Some(text) => ", med teksten som ble sendt",
        Some(_) => ", med denne teksten:",
        None => "",
    };
    sheet.line(2, &format!("Avgjort{on}: {result}{by}{text}"));
    if settlement.text != joint.text
        && let Some(text) = &settlement.text
    {
        sheet.prose(4, text.as_str());
    }
    if let Some(reason) = &settlement.reason {
        sheet.line(4, &format!("Begrunnelse: {reason}"));
    }
}
