//! One round: a Samvirke of its own, receivers of every kind, imports, one injected fault, and what everybody must
//! have afterwards.

use std::{
    fmt,
    time::{Duration, Instant},
};

use samvirke_tests::{Server, Up};

use super::{promises, receivers::Receivers, workload};
use crate::{
    fault::InjectedFault,
    import::{self, Import, total, until},
    quiet,
    rounds::on_its_own,
    workload::prologue,
};

/// Deliveries that let a round be over soon, to endpoints on this machine that agree to be told by this
/// origin, and never given up.
const ENVIRONMENT: [(&str, &str); 6] = [
    ("SAMVIRKE_FEED__ORIGIN", "samvirke.test"),
    ("SAMVIRKE_FEED__LOOPBACK_ALLOWED", "true"),
    ("SAMVIRKE_FEED__RETRY_FIRST_MS", "20"),
    ("SAMVIRKE_FEED__RETRY_LONGEST_MS", "500"),
    ("SAMVIRKE_FEED__ANSWER_TIMEOUT_MS", "400"),
    ("SAMVIRKE_FEED__ATTEMPTS_MAX", "100000"),
];

/// The line above the rows.
pub(super) const HEADING: &str = "round  killed       at line  of all  events  receivers  delivered  repetitions  misbehaviours  seconds";

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Victim {
    /// The feed, with all of samvirke
    Samvirke,
    Nats,
    /// A webhook's receiver and a program on NATS
    Receiver,
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Samvirke => "samvirke",
            Self::Nats => "nats-server",
            Self::Receiver => "receiver",
        })
    }
}

/// How a round went.
pub(super) struct Course {
    lines: usize,
    events: usize,
    receivers: usize,
    delivered: usize,
    repetitions: usize,
    misbehaviours: usize,
    took: Duration,
}

impl Course {
    pub(super) fn row(&self, number: u32, fault: &InjectedFault<Victim>) -> String {
        format!(
            "{number:>5}  {:<11}  {:>7}  {:>6}  {:>6}  {:>9}  {:>9}  {:>11}  {:>13}  {:>7.1}",
            fault.victim,
            fault.lines,
            self.lines,
            self.events,
            self.receivers,
            self.delivered,
            self.repetitions,
            self.misbehaviours,
            self.took.as_secs_f64(),
        )
    }
}

/// Plays a round; `seed` says how receivers misbehave.
///
/// # Errors
///
/// The first promise that was broken; what is left of the round is then kept.
pub(super) async fn play(fault: &InjectedFault<Victim>, seed: u64) -> anyhow::Result<Course> {
    on_its_own(&ENVIRONMENT, async |up| play_on(up, fault, seed).await).await
}

async fn play_on(up: &mut Up, fault: &InjectedFault<Victim>, seed: u64) -> anyhow::Result<Course> {
    let begun = Instant::now();
    up.is_well()?;
    let mut before = Import::start(up, "prologue", &prologue())?;
    until(up, &mut [&mut before]).await?;
    let mut receivers = Receivers::start(up, seed).await?;

    let mut imports = Vec::new();
    for (number, chapter) in workload::chapters().iter().enumerate() {
        imports.push(Import::start(up, &format!("chapter-{number}"), chapter)?);
    }
    import::until_the_moment(fault, &mut imports).await?;
    match fault.victim {
        Victim::Samvirke => {
            up.kill()?;
            up.start_again()?;
        }
        Victim::Nats => up.kill_server(Server::Nats)?,
        Victim::Receiver => receivers.are_killed().await?,
    }
    until(up, &mut imports.iter_mut().collect::<Vec<_>>()).await?;
    up.is_well()?;
    let commits = quiet::streams(&up.addresses()?.nats).await?;
    let mut after = Import::start(up, "epilogue", &workload::epilogue())?;
    until(up, &mut [&mut after]).await?;

    let said = receivers.have_all(up).await?;
    promises::feed(&said, &commits)?;
    let (mut repetitions, mut misbehaviours, mut delivered) = (0, 0, 0);
    for receiver in &receivers.all {
        repetitions += promises::receiver(receiver, &said)?;
        misbehaviours += receiver.shelf.misbehaved();
        delivered += receiver.shelf.kept().len();
    }
    Ok(Course {
        lines: total(&imports),
        events: said.len(),
        receivers: receivers.all.len(),
        delivered,
        repetitions,
        misbehaviours,
        took: begun.elapsed(),
    })
}
