//! What grows with the history of a country's cooperations: commands, memory, starting again, what is read.
//!
//! One installation grows from size to size. What it holds beyond the first cooperation is that cooperation's
//! own history under other names, appended as a service appends it, while everything else runs.

mod history;
mod names;
mod site;

use std::time::{Duration, Instant};

use crate::{
    Effort,
    table::{Table, milliseconds, ratio, say, whole},
};
use history::Pattern;
use site::{Memory, Site};

/// The sizes, in commits.
const SIZES: &[usize] = &[10_000, 100_000, 1_000_000];
const SIZES_QUICK: &[usize] = &[2_000, 6_000];
const FULL: usize = 10_000_000;
/// The sizes that the ratios compare.
const COMPARED: [usize; 2] = [100_000, 1_000_000];

/// What was found at one size.
#[derive(Debug)]
struct Stage {
    commits: usize,
    aggregates: usize,
    /// Commits a second while it grew to this size.
    filled: f64,
    /// How long the relay and the read models took after that, in seconds.
    caught_up: f64,
    /// Commands a second with 16 clients.
    rate: f64,
    /// Medians of a lone client, in milliseconds.
    lone: f64,
    cold: f64,
    register: f64,
    search: f64,
    timeline: f64,
    grown: Memory,
    /// Seconds after a start until it is ready, and until something new could be made.
    ready: f64,
    creating: f64,
    started: Memory,
    /// Seconds until the case files are built anew.
    rebuilt: f64,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Grow to ten million commits as well: some hours.
    #[arg(long)]
    full: bool,
    /// The sizes to grow to, in commits, instead of those.
    #[arg(long, value_delimiter = ',')]
    sizes: Vec<usize>,
}

/// Runs the bench.
///
/// # Errors
///
/// When a server cannot be started, or something is refused.
pub(crate) async fn run(effort: Effort, arguments: &Arguments) -> anyhow::Result<()> {
    let mut sizes = match (arguments.sizes.as_slice(), effort.quick) {
        ([], true) => SIZES_QUICK.to_vec(),
        ([], false) => SIZES.to_vec(),
        (sizes, _) => sizes.to_vec(),
    };
    sizes.extend(arguments.full.then_some(FULL));
    let mut site = Site::start()?;
    say("giving the commands of the first cooperation");
    let pattern = Pattern::make(&site).await?;
    let mut stages: Vec<Stage> = Vec::new();
    let mut cooperations = 1;
    for size in sizes {
        let wanted = size.div_ceil(pattern.commits()).max(cooperations + 1);
        let begun = Instant::now();
        pattern.multiply(&site, cooperations..wanted).await?;
        let seconds = begun.elapsed().as_secs_f64();
        let filled = ((wanted - cooperations) * pattern.commits()) as f64 / seconds;
        cooperations = wanted;
        let commits = cooperations * pattern.commits();
        say(&format!(
            "{} commits, {} cooperations: filled in {seconds:.1} s",
            whole(commits as f64),
            whole(cooperations as f64),
        ));
        let caught_up = seconds_of(site.caught_up()).await?;
        let window = effort.window;
        let callers = site.callers(cooperations, stages.len());
        let rate = callers.start_networks(16, window).await?.per_second;
        let lone = callers.start_networks(1, window).await?.median_ms;
        let cold = callers.amend_cold_cases().await?;
        let register = callers.ask(|of| format!("/v1/cases?cooperation={of}")).await?;
        let search = callers.ask(|of| format!("/v1/cases?cooperation={of}&text=veger")).await?;
        let timeline = callers.ask(|of| format!("/v1/cases/{of}:c1")).await?;
        site.caught_up().await?;
        let grown = site.memory()?;
        let (ready, creating) = site.restart(cooperations).await?;
        site.caught_up().await?;
        let started = site.memory()?;
        let rebuilt = seconds_of(site.rebuild("case_file")).await?;
        let aggregates = cooperations * pattern.aggregates();
        let stage = Stage {
            commits,
            aggregates,
            filled,
            caught_up,
            rate,
            lone,
            cold,
            register,
            search,
            timeline,
            grown,
            ready,
            creating,
            started,
            rebuilt,
        };
        say(&format!("{stage:?}"));
        stages.push(stage);
    }
    table(&stages);
    ratios(&stages);
    Ok(())
}

async fn seconds_of(done: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<f64> {
    let begun = Instant::now();
    done.await?;
    Ok(begun.elapsed().as_secs_f64())
}

fn table(stages: &[Stage]) {
    let sizes = stages.iter().map(|stage| whole(stage.commits as f64));
    let head = std::iter::once("commits".to_owned()).chain(sizes);
    let mut table = Table::new("A history that grows", head);
    let mut row = |name: &str, of: fn(&Stage) -> f64, text: fn(f64) -> String| {
        table.row(name, stages.iter().map(|stage| Some(text(of(stage)))));
    };
    row("aggregates", |stage| stage.aggregates as f64, whole);
    row("commits a second while it grew", |stage| stage.filled, whole);
    row("relay and read models have it, seconds after", |stage| stage.caught_up, seconds);
    row("networks started a second, 16 clients", |stage| stage.rate, whole);
    row("one started alone, ms", |stage| stage.lone, milliseconds);
    row("a case amended that was not in memory, ms", |stage| stage.cold, milliseconds);
    row("register of a cooperation, ms", |stage| stage.register, milliseconds);
    row("cases by words, ms", |stage| stage.search, milliseconds);
    row("one case, ms", |stage| stage.timeline, milliseconds);
    row("samvirke after growing, MB", |stage| stage.grown.samvirke, whole);
    row("nats-server after growing, MB", |stage| stage.grown.nats, whole);
    row("started again: ready, seconds", |stage| stage.ready, seconds);
    row("started again: something new is made, seconds", |stage| stage.creating, seconds);
    row("samvirke started again, MB", |stage| stage.started.samvirke, whole);
    row("nats-server started again, MB", |stage| stage.started.nats, whole);
    row("case_file built anew, seconds", |stage| stage.rebuilt, seconds);
    table.print();
}

fn seconds(number: f64) -> String {
    format!("{number:.1}")
}

fn ratios(stages: &[Stage]) {
    let of = |size: usize| stages.iter().find(|stage| stage.commits / size == 1);
    if let (Some(small), Some(large)) = (of(COMPARED[0]), of(COMPARED[1])) {
        ratio("growth-command-median", large.lone, small.lone);
        ratio("growth-memory", large.started.samvirke, small.started.samvirke);
        ratio("growth-start", large.ready, small.ready);
        ratio("growth-creating", large.creating, small.creating);
    }
    if let [first, .., last] = stages {
        let more = (last.aggregates - first.aggregates) as f64;
        let kilobytes = |of: fn(&Stage) -> f64| (of(last) - of(first)) * 1_024.0 / more;
        say(&format!(
            "nats-server: {:.2} kB for an aggregate while it grows, {:.2} kB after a start",
            kilobytes(|stage| stage.grown.nats),
            kilobytes(|stage| stage.started.nats),
        ));
    }
}

/// How often it is looked again.
const LOOKED_AGAIN: Duration = Duration::from_millis(50);
