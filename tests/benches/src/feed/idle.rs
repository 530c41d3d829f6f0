//! What subscriptions cost to which nothing is delivered: memory, and the time of the processor.

use std::{fs, time::Duration};

use anyhow::Context;
use samvirke_tests::{Endpoint, Server};

use crate::{
    Effort,
    drive::median,
    feed::{
        site::{Site, Webhook},
        subscribers::{Channel, Subscribers},
    },
    machine::megabytes,
    table::{Table, milliseconds, say, whole},
};

const SUBSCRIPTIONS: usize = 10_000;
const SUBSCRIPTIONS_QUICK: usize = 50;
/// A type that is not told while the bench runs.
const NEVER_TOLD: &str = "cooperation.dissolved";
/// How long the processor's time is counted.
const COUNTED: Duration = Duration::from_secs(10);
const COUNTED_QUICK: Duration = Duration::from_secs(1);
/// How often something is said to a reader beside them.
const TURNS: usize = 50;

/// What a process has used.
#[derive(Clone, Copy)]
struct Used {
    megabytes: f64,
    /// Of all that a second of one core has.
    core: f64,
}

pub(crate) async fn run(effort: Effort, site: &mut Site) -> anyhow::Result<()> {
    let (count, counted) = match effort.quick {
        true => (SUBSCRIPTIONS_QUICK, COUNTED_QUICK),
        false => (SUBSCRIPTIONS, COUNTED),
    };
    let samvirke = site.up.process();
    let nats = site.up.server(Server::Nats)?;
    let before = (used(samvirke, counted).await?, used(nats, counted).await?);
    let alone = reader(site).await?;
    say(&format!("subscribing {count} times"));
    let endpoint = Endpoint::start().await;
    let members = site.members.iter().cycle();
    let webhooks = members.zip(0..count).map(|(member, number)| Webhook {
        name: format!("stille-{number}"),
        member: member.clone(),
        endpoint: endpoint.url(),
        tag: NEVER_TOLD,
    });
    site.subscribe(webhooks.collect::<Vec<_>>()).await?;
    for number in 0..count {
        site.until_active(&format!("stille-{number}")).await?;
    }
    let after = (used(samvirke, counted).await?, used(nats, counted).await?);
    let beside = reader(site).await?;

    let head = ["", "none", "with them"].map(str::to_owned);
    let mut table =
        Table::new(format!("{count} subscriptions to which nothing is delivered"), head);
    let row = |one: f64, other: f64| [one, other].map(|cell| Some(whole(cell)));
    table.row("samvirke, MB", row(before.0.megabytes, after.0.megabytes));
    table.row("nats-server, MB", row(before.1.megabytes, after.1.megabytes));
    let share = |used: Used| Some(format!("{:.1} %", used.core * 100.0));
    table.row("samvirke, of one core", [share(before.0), share(after.0)]);
    table.row("nats-server, of one core", [share(before.1), share(after.1)]);
    let cells = [alone, beside].map(|cell| Some(milliseconds(cell)));
    table.row("a reader over SSE hears after, ms", cells);
    table.print();
    Ok(())
}

/// How soon one reader hears, in milliseconds.
async fn reader(site: &mut Site) -> anyhow::Result<f64> {
    let mut reader = Subscribers::open(site, Channel::Sse, 1).await?;
    let mut waits = Vec::new();
    for _ in 0..TURNS {
        waits.extend(reader.turn(site).await?);
    }
    Ok(median(waits))
}

/// What a process has in memory, and how much it does meanwhile.
async fn used(process: u32, counted: Duration) -> anyhow::Result<Used> {
    let before = ticks(process)?;
    tokio::time::sleep(counted).await;
    let ticks = ticks(process)? - before;
    let megabytes = megabytes(process)?;
    let per_second = rustix::param::clock_ticks_per_second() as f64;
    Ok(Used { megabytes, core: ticks / per_second / counted.as_secs_f64() })
}

/// The time of the processor that it has taken, in ticks of the clock.
fn ticks(process: u32) -> anyhow::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name, in parentheses, may hold spaces; after it comes the state, which is the third.
    let after_name = stat.rsplit_once(')').context("the process is not told of")?.1;
    let fields: Vec<f64> =
        after_name.split_whitespace().map(|field| field.parse().unwrap_or_default()).collect();
    Ok(fields.get(11..13).context("its time is not told")?.iter().sum())
}
