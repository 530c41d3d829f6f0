//! One round: a Samvirke of its own, a crowd from one address, and a caller beside it.

use std::{
    cell::Cell,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use anyhow::bail;
use samvirke_tests::{Up, api::Api};

use super::{
    callers::{self, Work},
    crowd::{self, Refused},
};
use crate::{
    import::{Import, until},
    promises, quiet,
    rounds::on_its_own,
    violation::ensure_invariant,
    workload::prologue,
};

/// Where the crowd is, whoever sends what is huge, and the caller beside them.
const CROWD: crowd::From = crowd::From {
    readers: IpAddr::V4(Ipv4Addr::new(127, 0, 0, 1)),
    connections: IpAddr::V4(Ipv4Addr::new(127, 0, 0, 4)),
};
const HUGE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3));
const BESIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// How long the flood lasts at least.
const FLOOD_FOR: Duration = Duration::from_secs(10);

/// The line above the rows.
pub(super) const HEADING: &str =
    "round  commands  slowest answer  huge requests  readers refused  connections refused  seconds";

/// How a round went.
pub(super) struct Course {
    work: Work,
    huge: usize,
    refused: Refused,
    took: Duration,
}

impl Course {
    pub(super) fn row(&self, number: u32) -> String {
        format!(
            "{number:>5}  {:>8}  {:>12.2} s  {:>13}  {:>15}  {:>19}  {:>7.1}",
            self.work.acknowledged.len(),
            self.work.slowest.as_secs_f64(),
            self.huge,
            self.refused.readers.get(),
            self.refused.connections.get(),
            self.took.as_secs_f64(),
        )
    }
}

/// Plays a round.
///
/// # Errors
///
/// The first promise that was broken; what is left of the round is then kept.
pub(super) async fn play() -> anyhow::Result<Course> {
    on_its_own(&[], play_on).await
}

async fn play_on(up: &mut Up) -> anyhow::Result<Course> {
    let begun = Instant::now();
    let gateway: SocketAddr = up.url().trim_start_matches("http://").parse()?;
    up.is_well()?;
    let mut before = Import::start(up, "prologue", &prologue())?;
    until(up, &mut [&mut before]).await?;
    let acknowledged_before = before.acknowledged()?;

    let (refused, huge) = (Refused::default(), Cell::new(0));
    let (beside, large) = (Api::from_address(up, BESIDE), Api::from_address(up, HUGE));
    let missing = || match (refused.readers.get(), refused.connections.get()) {
        (0, connections) => Some(format!("no reader was refused, {connections} connections were")),
        (readers, 0) => Some(format!("no connection was refused, {readers} readers were")),
        _ => None,
    };
    let work = tokio::select! {
        work = callers::work(&beside, FLOOD_FOR, missing) => work?,
        broken = callers::send_huge(&large, &huge) => match broken? {},
        () = crowd::flood(gateway, CROWD, &refused) => bail!("the crowd went away"),
    };
    let otherwise = refused.otherwise.get();
    ensure_invariant!(otherwise == 0, "{otherwise} of the crowd were refused for another reason");
    let metrics = crowd::get(gateway, BESIDE, "/metrics").await?;
    for what in ["feed-readers", "connections"] {
        let counted = format!("samvirke_callers_refused{{what=\"{what}\"}} ");
        let count = metrics.lines().find_map(|line| line.strip_prefix(&counted));
        ensure_invariant!(
            count.is_some_and(|count| count != "0"),
            "the metrics count no {what} that were refused"
        );
    }

    let after = Instant::now();
    let well = up.is_well();
    ensure_invariant!(well.is_ok(), "after the flood, not all is well: {well:?}");
    let ready = crowd::get(gateway, BESIDE, "/readyz").await?;
    ensure_invariant!(
        ready.starts_with("HTTP/1.1 200"),
        "it is not ready {:?} later",
        after.elapsed()
    );
    let commits = quiet::streams(&up.addresses()?.nats).await?;
    let (mut lines, mut acknowledged) = (prologue(), acknowledged_before);
    lines.extend(work.lines.iter().cloned());
    acknowledged.extend(work.acknowledged.iter().cloned());
    promises::what_was_acknowledged_is_kept(&lines, &acknowledged, &commits)?;
    Ok(Course { work, huge: huge.get(), refused, took: begun.elapsed() })
}
