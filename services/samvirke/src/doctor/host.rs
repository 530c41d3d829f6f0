//! The checks on this machine and on the HTTP API.

use std::path::Path;

use super::Row;
use crate::{configuration::Configuration, http};

/// Below this much free space an operator should act.
const FREE_WARN_BYTES: u64 = 5 * 1024 * 1024 * 1024;
/// Below this much free space servers are about to stop.
const FREE_FAIL_BYTES: u64 = 256 * 1024 * 1024;

/// How much room is left where the data is.
pub(crate) fn disk(data: &Path) -> Row {
    const CHECK: &str = "disk";
    const REMEDY: &str = "make room, or move the data directory to a larger disk";
    // Before the first start there is no data directory yet.
    let place = data.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("."));
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

/// Whether the gateway answers and is ready.
pub(crate) async fn http(configuration: &Configuration) -> Row {
    const CHECK: &str = "http";
    const REMEDY: &str = "start samvirke up, or name the API with --url";
    let url = format!("{}/readyz", configuration.url());
    let asked = async { anyhow::Ok(http::client()?.get(&url).send().await?.status()) };
    match asked.await {
        Ok(status) if status.is_success() => Row::ok(CHECK, format!("{url} is ready")),
        Ok(status) => Row::fail(CHECK, format!("{url} answers {status}"), "read samvirke's log"),
        Err(error) => Row::fail(CHECK, format!("{url}: {error:#}"), REMEDY),
    }
}
