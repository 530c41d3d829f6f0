//! What the numbers were measured on. A number without its machine says nothing.

use std::{
    fs,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context;
use samvirke_private_servers::programs;

use crate::{drive::median, table::say};

/// How many writes the disk is tried with.
const SYNCS: usize = 100;
/// Filesystems that keep nothing on a disk, so that an fsync costs nothing.
const IN_MEMORY: &[&str] = &["tmpfs", "ramfs"];

/// Prints the machine, and what makes its numbers worthless if anything does.
///
/// # Errors
///
/// When a server program is missing, or the disk cannot be written to.
pub(crate) async fn describe() -> anyhow::Result<()> {
    let (nats, postgres) = (programs::nats_server()?, programs::postgres()?);
    let cpu = line("/proc/cpuinfo", "model name").unwrap_or_else(|| "an unknown processor".into());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = line("/proc/meminfo", "MemTotal").unwrap_or_default();
    let system = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let directory = std::env::temp_dir();
    let kind = filesystem(&directory);
    let sync_ms = tokio::task::spawn_blocking(sync_ms).await??;
    say(&format!(
        "Machine: {cpu}, {cores} cores, {memory}, Linux {}; {} on {kind}, an fsync of \
         600 bytes takes {sync_ms:.2} ms\n\
         Servers: {}, PostgreSQL {} (fsync on, defaults), nats-server with sync_interval: always",
        system.trim(),
        directory.display(),
        version(&nats),
        postgres.major,
    ));
    if cfg!(debug_assertions) {
        say("NOTE: this is not a release build; its numbers say nothing. Use ./tests/bench");
    }
    if IN_MEMORY.contains(&kind.as_str()) {
        say("NOTE: the servers write to memory here; name a directory on a disk in TMPDIR");
    }
    Ok(())
}

fn version(program: &Path) -> String {
    let output = std::process::Command::new(program).arg("--version").output().ok();
    let text = output.and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    text.trim().replace(": v", " ")
}

/// What comes after `name :` in a file of the kernel.
fn line(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The filesystem that holds `path`: of the mount point that is the longest part of it.
fn filesystem(path: &Path) -> String {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            Some((words.next()?, words.next()?))
        })
        .filter(|(point, _)| path.starts_with(point))
        .max_by_key(|(point, _)| point.len())
        .map_or_else(|| "an unknown filesystem".into(), |(_, kind)| kind.to_owned())
}

/// The median time of a small write and its fsync.
fn sync_ms() -> anyhow::Result<f64> {
    let mut file = tempfile::tempfile()?;
    let mut waits = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let begun = Instant::now();
        file.write_all(&[7; 600])?;
        file.sync_data()?;
        waits.push(begun.elapsed());
    }
    Ok(median(waits.iter().map(|wait: &Duration| wait.as_secs_f64() * 1_000.0).collect()))
}

/// What a process has in memory, in megabytes.
pub(crate) fn megabytes(process: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = resident.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    kilobytes.map(|kb: f64| kb / 1_024.0).context("memory is not told")
}
