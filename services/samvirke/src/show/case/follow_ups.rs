//! The tasks that flow from a case's decisions.

use samvirke_schemas::{cases::case::follow_up::Owner, queries::case::FollowUp};

use crate::show::{known::Known, sheet::Sheet, words};

/// Lays tasks out.
pub(super) fn lay_out(tasks: &[FollowUp], known: &Known, sheet: &mut Sheet) {
    if tasks.is_empty() {
        return;
    }
    sheet.heading(&format!("Oppfølging ({})", tasks.len()));
    for task in tasks {
        sheet.line(2, task.task.as_ref().map_or("(skjermet)", |task| task.as_str()));
        let mut state = words::follow_up_state(task.state).to_owned();
        state.extend(task.ended_on.map(|on| format!(" {}", words::day(on))));
        state.extend(task.ended_with.as_ref().map(|said| format!(": {said}")));
        sheet.facts(
            4,
            &[
                ("Ansvar", owner(&task.owner, known)),
                ("Frist", words::day_or_none(task.due)),
                ("Tilstand", state),
            ],
        );
        for report in &task.reports {
            sheet.line(4, &format!("{}: {}", words::day(report.on), report.text));
        }
    }
}

fn owner(owner: &Owner, known: &Known) -> String {
    match owner {
        Owner::Member { member } => known.member(member),
        Owner::Body { body } => known.body(body),
        Owner::Office { office, member: None } => words::office(*office).to_owned(),
        Owner::Office { office, member: Some(member) } => {
            format!("{}, {}", words::office(*office), known.member(member))
        }
    }
}
