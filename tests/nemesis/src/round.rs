//! One round: a Samvirke of its own, several imports, one injected fault, and what must be true afterwards.

use std::time::{Duration, Instant};

use samvirke_tests::{Server, Up};

use crate::{
    fault::{InjectedFault, Victim},
    import::{
        self, IMPORTED_WITHIN, Import, LOOK_EVERY, acknowledged, count, has_not_ended, total, until,
    },
    promises, quiet, rebuilt,
    rounds::on_its_own,
    violation::ensure_invariant,
    workload,
};

/// The line above the rows.
pub(crate) const HEADING: &str = "round  killed       at line  of all  went on after  commits  by policies  rows compared  seconds";

/// How a round went.
pub(crate) struct Course {
    lines: usize,
    went_on_after: Duration,
    commits: usize,
    by_policies: usize,
    rows: u64,
    took: Duration,
}

impl Course {
    pub(crate) fn row(&self, number: u32, fault: &InjectedFault<Victim>) -> String {
        format!(
            "{number:>5}  {:<11}  {:>7}  {:>6}  {:>11.2} s  {:>7}  {:>11}  {:>13}  {:>7.1}",
            fault.victim,
            fault.lines,
            self.lines,
            self.went_on_after.as_secs_f64(),
            self.commits,
            self.by_policies,
            self.rows,
            self.took.as_secs_f64(),
        )
    }
}

/// Plays a round.
///
/// # Errors
///
/// The first promise that was broken; what is left of the round is then kept.
pub(crate) async fn play(fault: &InjectedFault<Victim>) -> anyhow::Result<Course> {
    on_its_own(&[], async |up| play_on(up, fault).await).await
}

async fn play_on(up: &mut Up, fault: &InjectedFault<Victim>) -> anyhow::Result<Course> {
    let begun = Instant::now();
    up.is_well()?;
    let mut prologue = Import::start(up, "prologue", &workload::prologue())?;
    until(up, &mut [&mut prologue]).await?;

    let mut imports = Vec::new();
    for (number, chapter) in workload::chapters().iter().enumerate() {
        imports.push(Import::start(up, &format!("chapter-{number}"), chapter)?);
    }
    let went_on_after = strike(up, fault, &mut imports).await?;
    until(up, &mut imports.iter_mut().collect::<Vec<_>>()).await?;
    up.is_well()?;

    let mut acknowledged = acknowledged(&imports)?;
    acknowledged.extend(prologue.acknowledged()?);
    let lines = workload::lines();
    ensure_invariant!(
        acknowledged.len() == lines.len(),
        "{} of {} lines were acknowledged in the end",
        acknowledged.len(),
        lines.len()
    );
    let addresses = up.addresses()?;
    let found = quiet::streams(&addresses.nats).await?;
    let tally = promises::check(&lines, &acknowledged, &found)?;
    let rows = rebuilt::compare(&addresses).await?;
    Ok(Course {
        lines: lines.len(),
        went_on_after,
        commits: tally.commits,
        by_policies: tally.by_policies,
        rows,
        took: begun.elapsed(),
    })
}

/// Waits for the moment, kills, and starts again what does not come back by itself; returns how long it
/// was until the next line was acknowledged.
async fn strike(
    up: &mut Up,
    fault: &InjectedFault<Victim>,
    imports: &mut [Import],
) -> anyhow::Result<Duration> {
    import::until_the_moment(fault, imports).await?;
    let struck = Instant::now();
    match fault.victim {
        Victim::Samvirke => {
            up.kill()?;
            up.start_again()?;
        }
        Victim::Nats => up.kill_server(Server::Nats)?,
        Victim::Postgres => up.kill_server(Server::Postgres)?,
    }
    let before = count(imports);
    let mut look = tokio::time::interval(LOOK_EVERY);
    while count(imports) == before && before < total(imports) {
        look.tick().await;
        has_not_ended(up)?;
        ensure_invariant!(struck.elapsed() < IMPORTED_WITHIN, "nothing went on after the blow");
        for import in &mut *imports {
            import.has_not_failed()?;
        }
    }
    Ok(struck.elapsed())
}
