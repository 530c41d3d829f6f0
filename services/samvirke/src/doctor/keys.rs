//! The check on the keys of a `samvirke up`: all there, and readable by their owner only.

use super::Row;
use crate::{configuration::Configuration, keys, running};

const CHECK: &str = "keys";

/// One row for each key that is not as it should be; no row where no `samvirke up` runs here, because the
/// keys of a `samvirke serve` are on the machines of its services.
pub(crate) fn check(configuration: &Configuration) -> Vec<Row> {
    if !running::file(&configuration.data).exists() {
        return Vec::new();
    }
    let problems = keys::problems(configuration);
    if problems.is_empty() {
        return vec![Row::ok(CHECK, "all are there")];
    }
    let remedy = "put the key back from a backup before samvirke is started again, and let nobody but its owner read it (chmod 600)";
    problems.into_iter().map(|problem| Row::fail(CHECK, problem, remedy)).collect()
}
