//! Where the programs of the servers are, or what to do when they are not there.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use crate::Error;

/// Names the nats-server to use, before any other place is searched.
pub const NATS_SERVER_VARIABLE: &str = "SAMVIRKE_NATS_SERVER";
/// Names the directory with PostgreSQL's `initdb` and `postgres`, before any other place is searched.
pub const POSTGRES_VARIABLE: &str = "SAMVIRKE_POSTGRES_BIN";
/// Where `deploy/demo` and `tests/run` put the tools they fetch, from the working directory.
pub const TOOLS: &str = "data/tools";
/// The oldest PostgreSQL that is tried.
pub const POSTGRES_MAJOR_MIN: u32 = 14;

/// PostgreSQL's programs, all of one version.
#[derive(Clone, Debug)]
pub struct PostgresPrograms {
    pub directory: PathBuf,
    pub major: u32,
}

impl PostgresPrograms {
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// Finds nats-server: the environment, the path, then the fetched tools.
pub fn nats_server() -> Result<PathBuf, Error> {
    if let Some(given) = env::var_os(NATS_SERVER_VARIABLE) {
        let given = PathBuf::from(given);
        if is_executable(&given) {
            return Ok(given);
        }
        return Err(Error::Missing {
            program: "nats-server",
            remedy: format!("{NATS_SERVER_VARIABLE} names {}, no program", given.display()),
        });
    }
    on_path("nats-server")
        .or_else(|| tool("nats-server"))
        .ok_or_else(|| Error::Missing {
            program: "nats-server",
            remedy: format!(
                "run ./deploy/demo, which fetches it, or install 2.15 or later and put it on PATH or in {NATS_SERVER_VARIABLE}"
            ),
        })
}

/// Finds PostgreSQL's server programs: the environment, the path, then the newest that Debian's
/// packages put under `/usr/lib/postgresql`.
pub fn postgres() -> Result<PostgresPrograms, Error> {
    let mut directories: Vec<PathBuf> = Vec::new();
    if let Some(given) = env::var_os(POSTGRES_VARIABLE) {
        directories.push(given.into());
    } else {
        // What is on the path may be a link; its fellows lie where it leads.
        let linked = on_path("initdb").and_then(|path| path.canonicalize().ok());
        directories.extend(linked.and_then(|path| path.parent().map(Path::to_owned)));
        let mut packaged: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .filter_map(|entry| {
                let major = entry.file_name().to_str()?.parse().ok()?;
                Some((major, entry.path().join("bin")))
            })
            .collect();
        packaged.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
        directories.extend(packaged.into_iter().map(|(_, path)| path));
    }
    directories
        .into_iter()
        .find(|path| ["initdb", "postgres", "createdb"].iter().all(|name| is_executable(&path.join(name))))
        .and_then(|directory| {
            let major = postgres_major(&directory.join("postgres"))?;
            (major >= POSTGRES_MAJOR_MIN).then_some(PostgresPrograms { directory, major })
        })
        .ok_or_else(|| Error::Missing {
            program: "PostgreSQL",
            remedy: format!(
                "install {POSTGRES_MAJOR_MIN} or later with its server programs (on Debian: apt-get install postgresql), or name their directory in {POSTGRES_VARIABLE}"
            ),
        })
}

/// Finds `program` on the path.
pub fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|directory| directory.join(program))
        .find(|path| is_executable(path))
}

fn tool(program: &str) -> Option<PathBuf> {
    let path = env::current_dir().ok()?.join(TOOLS).join("bin").join(program);
    is_executable(&path).then_some(path)
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Reads `15` out of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn postgres_major(program: &Path) -> Option<u32> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version =
        text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
