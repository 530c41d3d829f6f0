//! How a command that could not go on says so: in one line, which begins with the cause where it is the disk or a
//! lock, since what was being done then says little.

use std::{error::Error, io};

use samvirke_database::{LOCK_TIMEOUT, is_locked};

/// What the system says of a full disk, as also the programs that are run here do.
const NO_SPACE: &str = "No space left on device";

/// What pg_dump says where it has waited for a lock as long as it was told to.
const DUMP_WAITED: &str = "canceling statement due to statement timeout";

/// The failure in one line.
pub(crate) fn line(error: &anyhow::Error) -> String {
    let told = format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ");
    if is_full(error) || told.contains(NO_SPACE) {
        return format!(
            "the disk is full: {told}; make room there, and give the command again (samvirke doctor says how much there is)"
        );
    }
    let Some(waited) = waited(error, &told) else { return told };
    format!(
        "a session of PostgreSQL holds a lock that was {waited}: {told}; samvirke doctor says which, and the command may be given again"
    )
}

/// How long a lock was waited for, where it was one that nothing came of.
fn waited(error: &anyhow::Error, told: &str) -> Option<String> {
    match is_locked(error.as_ref()) {
        true => Some(format!("waited for {LOCK_TIMEOUT}")),
        false => told.contains(DUMP_WAITED).then(|| "waited for".to_owned()),
    }
}

/// Whether a file could not be written for want of room.
fn is_full(error: &anyhow::Error) -> bool {
    let full = |kind| matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    let of = |error: &(dyn Error + 'static)| {
        error.downcast_ref::<io::Error>().is_some_and(|error| full(error.kind()))
    };
    error.chain().any(of)
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write};

    use anyhow::Context;

    use super::*;

    #[test]
    fn a_full_disk_comes_first_and_then_where() {
        // The system's own full device.
        let mut full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let error = full.write_all(b"key").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        let failed: anyhow::Result<()> =
            Err(error).context("the key /var/lib/samvirke/gateway.key cannot be made");
        let line = line(&failed.unwrap_err());
        let begins = "the disk is full: the key /var/lib/samvirke/gateway.key cannot be made: ";
        assert!(line.starts_with(begins) && line.contains("make room"), "{line}");
        let quota = anyhow::Error::from(io::Error::from(io::ErrorKind::QuotaExceeded));
        assert!(super::line(&quota).starts_with("the disk is full"));
        let program = anyhow::anyhow!("initdb failed: could not write:\n{NO_SPACE}");
        let line = super::line(&program);
        assert!(
            line.starts_with("the disk is full: initdb failed") && !line.contains('\n'),
            "{line}"
        );
    }

    #[test]
    fn a_dump_that_waited_for_a_lock_says_so() {
        let line = line(&anyhow::anyhow!("pg_dump failed: error: query failed: {DUMP_WAITED}"));
        assert!(line.starts_with("a session of PostgreSQL holds a lock"), "{line}");
    }

    #[test]
    fn other_failures_say_what_they_say() {
        let other = anyhow::Error::from(io::Error::from(io::ErrorKind::PermissionDenied));
        assert_eq!(line(&other.context("no key")), "no key: permission denied");
    }
}
