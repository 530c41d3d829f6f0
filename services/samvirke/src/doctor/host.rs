//! The checks on this machine and on the HTTP API.

use std::{collections::BTreeSet, fs, os::unix::fs::MetadataExt, path::Path};

use chrono::{DateTime, TimeDelta, Utc};
use samvirke_kernel::clock;
use serde::Deserialize;

use super::Row;
use crate::{configuration::Configuration, database, http, nats_account};

/// Below this much free space an operator should act.
const FREE_WARN_BYTES: u64 = 5 * 1024 * 1024 * 1024;
/// Below this much free space servers are about to stop.
const FREE_FAIL_BYTES: u64 = 256 * 1024 * 1024;

/// How much room is left where the data is, with a row for each disk that it lies on.
pub(crate) fn disks(data: &Path) -> Vec<Row> {
    // Before the first start there is no data directory yet.
    let data = data.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("."));
    let mut seen = BTreeSet::new();
    let places =
        [data.to_owned(), data.join(nats_account::DIRECTORY), data.join(database::DIRECTORY)];
    let on_others = places.iter().filter(|place| {
        let disk = fs::metadata(place).map(|found| found.dev());
        disk.map_or(*place == data, |disk| seen.insert(disk))
    });
    on_others.map(|place| disk(place)).collect()
}

fn disk(place: &Path) -> Row {
    const CHECK: &str = "disk";
    const REMEDY: &str = "make room, or move the directory to a larger disk";
    match rustix::fs::statvfs(place) {
        Ok(found) => {
            let free = found.f_bavail.saturating_mul(found.f_frsize);
            let told = format!("{} MiB free at {}", free / (1024 * 1024), place.display());
            match free {
                ..FREE_FAIL_BYTES => Row::fail(CHECK, told, REMEDY),
                FREE_FAIL_BYTES..FREE_WARN_BYTES => Row::warn(CHECK, told, REMEDY),
                _ => Row::ok(CHECK, told),
            }
        }
        Err(error) => Row::warn(CHECK, format!("{}: {error}", place.display()), REMEDY),
    }
}

/// How long a task may fail and be started again until it counts as one that does not do its work.
const RESTARTING_MAX: TimeDelta = TimeDelta::seconds(10);

/// What the gateway reports of one thing.
#[derive(Debug, Deserialize)]
struct Check {
    what: String,
    state: String,
    reason: Option<String>,
    behind: Option<u64>,
    since: Option<DateTime<Utc>>,
}

/// The gateway's report.
#[derive(Debug, Deserialize)]
struct Readiness {
    status: String,
    checks: Vec<Check>,
}

/// Whether the gateway answers and is ready, and a row for everything that it finds not well: streams,
/// read models, and the background tasks of every service (relay, policies, deliveries, notifications).
pub(crate) async fn http(configuration: &Configuration) -> Vec<Row> {
    const CHECK: &str = "http";
    const REMEDY: &str = "start samvirke up, or name the API with --url";
    let url = format!("{}/readyz", configuration.url());
    let asked = async {
        let answer = http::client()?.get(&url).send().await?;
        let status = answer.status();
        anyhow::Ok((status, answer.json::<Readiness>().await?))
    };
    let (status, readiness) = match asked.await {
        Ok(found) => found,
        Err(error) => return vec![Row::fail(CHECK, format!("{url}: {error:#}"), REMEDY)],
    };
    let found = format!("{url} is {}", readiness.status);
    let mut rows = vec![match status.is_success() {
        true => Row::ok(CHECK, found),
        false => Row::fail(CHECK, found, "read samvirke's log"),
    }];
    let now = clock::now();
    rows.extend(readiness.checks.iter().filter_map(|check| judge(check, now)));
    rows
}

fn judge(check: &Check, now: DateTime<Utc>) -> Option<Row> {
    const CHECK: &str = "tasks";
    let Check { what, state, reason, behind, since } = check;
    let behind = behind.map(|messages| format!(" by {messages} messages")).unwrap_or_default();
    let age = since.map(|since| format!(" since {since}")).unwrap_or_default();
    let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let found = format!("{what} is {state}{behind}{age}{reason}");
    let is_long = since.is_some_and(|since| now - since > RESTARTING_MAX);
    match state.as_str() {
        "ok" => None,
        "full" => Some(Row::fail(CHECK, found, "make room: nothing is stored until there is some")),
        "busy" | "silent" => Some(Row::fail(CHECK, found, "see the rows on disk and nats")),
        "halted" => Some(Row::fail(CHECK, found, "mend what it says, or read samvirke's log")),
        "restarting" if is_long && reason.contains("lock timeout") => {
            Some(Row::fail(CHECK, found, "end the session that holds the lock: see postgres"))
        }
        "restarting" if is_long => {
            Some(Row::fail(CHECK, found, "mend what it says, or read samvirke's log"))
        }
        "behind" if what.starts_with("read model") => Some(Row::fail(
            CHECK,
            found,
            "questions about what came since are answered 503 until it has caught up: wait while the \
             number falls, otherwise see the rows on postgres and samvirke's log",
        )),
        "parked" => Some(Row::fail(CHECK, found, "see samvirke parked list; retry or skip it")),
        "not-running" => Some(Row::warn(CHECK, found, "start the service with samvirke serve")),
        _ => Some(Row::warn(CHECK, found, "wait; if it does not pass, read samvirke's log")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_whose_files_are_on_another_disk_has_a_row_of_its_own() {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join(nats_account::DIRECTORY)).unwrap();
        assert_eq!(disks(data.path()).len(), 1);
        assert_eq!(disks(&data.path().join("not-made-yet")).len(), 1);
        // A disk that is always there, and never has room.
        std::os::unix::fs::symlink("/proc", data.path().join(database::DIRECTORY)).unwrap();
        let rows = disks(data.path());
        assert_eq!(rows.len(), 2);
        let told = format!("{:?}", rows[1]);
        assert!(told.contains("Fail") && told.contains(database::DIRECTORY), "{told}");
    }

    #[test]
    fn a_task_that_has_halted_or_fails_for_long_fails_and_one_that_is_restarted_warns() {
        let check = |state: &str| Check {
            what: "task relay of feed".into(),
            state: state.into(),
            reason: Some("another stream".into()),
            behind: None,
            since: Some(DateTime::UNIX_EPOCH),
        };
        let judge = |check: &Check, seconds| {
            super::judge(check, DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds))
        };
        assert_eq!(judge(&check("ok"), 1), None);
        let halted = judge(&check("halted"), 1).unwrap();
        let found = "task relay of feed is halted since 1970-01-01 00:00:00 UTC: another stream";
        assert_eq!(halted, Row::fail("tasks", found, "mend what it says, or read samvirke's log"));
        assert!(matches!(judge(&check("restarting"), 9), Some(row) if row.is_warning()));
        // It does not do its work: that is more than a word beside others.
        assert!(matches!(judge(&check("restarting"), 11), Some(row) if !row.is_warning()));
        assert!(matches!(judge(&check("not-running"), 1), Some(row) if row.is_warning()));
        let behind = |what: &str| Check {
            what: what.into(),
            reason: None,
            behind: Some(12),
            ..check("behind")
        };
        let row = judge(&behind("read model case_file on CASES"), 11).unwrap();
        let told = format!("{row:?}");
        assert!(
            !row.is_warning() && told.contains("is behind by 12 messages since 1970"),
            "{told}"
        );
        assert!(
            matches!(judge(&behind("task relay on CASES of feed"), 11), Some(row) if row.is_warning())
        );
    }
}
