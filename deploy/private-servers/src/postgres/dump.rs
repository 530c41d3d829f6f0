//! A database to and from a file, by PostgreSQL's own programs.

use std::{path::Path, process::Command};

use crate::{
    Error, Secret, child,
    programs::{self, PostgresPrograms},
};

/// How long a dump waits for a table that others have locked; then it fails and says which.
const LOCK_WAIT: &str = "30s";

/// Writes the database at `url` to the new file `to`, as of one moment, without the schemas whose names are like
/// one in `without` (`case_file_v*`).
///
/// # Errors
///
/// When `pg_dump` is missing or fails.
pub async fn dump(url: &Secret, to: &Path, without: &[String]) -> Result<(), Error> {
    let mut command = client(&programs::postgres()?, "pg_dump", url)?;
    command.args(["--format", "custom", "--no-owner", "--no-privileges", "--file"]).arg(to);
    command.args(["--lock-wait-timeout", LOCK_WAIT]);
    without.iter().for_each(|like| {
        command.args(["--exclude-schema", like]);
    });
    child::run(command).await.map(drop)
}

/// Reads a file of [`dump`] into the database at `url`, all of it or nothing.
///
/// # Errors
///
/// When `pg_restore` is missing or fails.
pub async fn restore(url: &Secret, from: &Path) -> Result<(), Error> {
    let mut command = client(&programs::postgres()?, "pg_restore", url)?;
    command.args(["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]);
    command.arg(from);
    child::run(command).await.map(drop)
}

/// A client program of PostgreSQL on the database at `url`; the password is not among its arguments, which others
/// may see.
fn client(programs: &PostgresPrograms, program: &str, url: &Secret) -> Result<Command, Error> {
    let path = programs.program(program);
    if !path.is_file() {
        let remedy = "install PostgreSQL's client programs (on Debian: postgresql-client)".into();
        let program = if program == "pg_dump" { "pg_dump" } else { "pg_restore" };
        return Err(Error::Missing { program, remedy });
    }
    let (address, password) = split(url.expose());
    let mut command = Command::new(path);
    command.arg("--dbname").arg(address).env("LC_ALL", "C");
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    Ok(command)
}

/// An address without its password, and the password.
fn split(url: &str) -> (String, Option<&str>) {
    let parts = || {
        let (scheme, rest) = url.split_once("://")?;
        let (user, place) = rest.rsplit_once('@')?;
        let (user, password) = user.split_once(':')?;
        Some((format!("{scheme}://{user}@{place}"), Some(password)))
    };
    parts().unwrap_or_else(|| (url.to_owned(), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_taken_out_of_an_address() {
        let (address, password) = split("postgres://samvirke:hemmelig@127.0.0.1:5432/samvirke");
        assert_eq!(address, "postgres://samvirke@127.0.0.1:5432/samvirke");
        assert_eq!(password, Some("hemmelig"));
        assert_eq!(split("postgres:///samvirke"), ("postgres:///samvirke".into(), None));
    }
}
