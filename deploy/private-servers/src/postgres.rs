//! A private PostgreSQL on this machine.
//!
//! Invariant: it listens on the loopback address only, every connection needs the password, and the
//! password is in a file that only its owner reads. It has no Unix socket: paths of sockets are short,
//! paths of data directories need not be.

mod dump;

pub use dump::{dump, restore};

use std::{
    fs,
    os::unix::fs::{DirBuilderExt, PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use rustix::process::{Signal, geteuid};

use crate::{
    Ended, Error, Secret,
    child::{self, Child, Launch, User},
    ports,
    programs::{self, PostgresPrograms},
};

/// The user that owns the databases.
pub const USER: &str = "samvirke";
/// Who runs PostgreSQL when we are root, which it refuses to run as: the first that exists.
const UNPRIVILEGED: &[&str] = &["postgres", "nobody"];
/// Where a database goes whose own directory its user cannot reach.
const FALLBACK: &str = "/var/tmp";
/// The file in the server's directory that says where the database is, if it is not in there.
const ELSEWHERE: &str = "database-is-in";
/// What the directories elsewhere begin with.
const PREFIX: &str = "samvirke-postgres-";
/// The directory for PostgreSQL's user in the server's own, where that user can reach it.
const INSIDE: &str = "server";
/// The database in its place.
const CLUSTER: &str = "cluster";

/// How long the processes of a PostgreSQL that was killed may take to notice and end.
const ORPHANS_MAX: Duration = Duration::from_secs(10);

/// How a PostgreSQL is to run. A port of 0 means any free one.
#[derive(Clone, Debug)]
pub struct PostgresSettings {
    pub programs: PostgresPrograms,
    /// Holds the password and, where its user can reach it, the log and the database.
    pub directory: PathBuf,
    pub port: u16,
    /// False lets acknowledged writes wait for the disk: for tests that do not pull the plug.
    pub durable: bool,
    pub connections_max: u16,
}

impl PostgresSettings {
    /// A durable server in `directory`, on any free port.
    pub fn new(programs: PostgresPrograms, directory: impl Into<PathBuf>) -> Self {
        Self { programs, directory: directory.into(), port: 0, durable: true, connections_max: 100 }
    }
}

/// A running PostgreSQL. Dropping it stops it.
#[derive(Debug)]
pub struct PostgresServer {
    settings: PostgresSettings,
    place: Place,
    password: Secret,
    child: Child,
}

/// Where the database is and who owns it.
#[derive(Clone, Debug)]
struct Place {
    /// Holds `cluster`, the database, and `postgres.log`.
    directory: PathBuf,
    user: Option<User>,
}

impl Place {
    fn cluster(&self) -> PathBuf {
        self.directory.join(CLUSTER)
    }

    fn log(&self) -> PathBuf {
        self.directory.join("postgres.log")
    }
}

impl PostgresServer {
    /// Starts the server, making its database first if there is none, and waits until it is ready.
    ///
    /// What an earlier run left running on the same directory is stopped first.
    pub async fn start(settings: PostgresSettings) -> Result<Self, Error> {
        make_directory(&settings.directory, None)?;
        let password_file = settings.directory.join("password");
        let place = find_place(&settings.directory).await?;
        let cluster = place.cluster();
        if cluster.exists() && !password_file.exists() {
            return Err(Error::PasswordLost { path: password_file, database: cluster });
        }
        let password = Secret::kept_in(&password_file).map_err(Error::prepare(&password_file))?;
        stop_leftover_of(&place).await?;
        initialise(&settings, &place, &password).await?;
        let mut attempt = 1;
        loop {
            let mut settings = settings.clone();
            let any_port = settings.port == 0;
            if any_port {
                [settings.port] = ports::free().map_err(Error::prepare(&settings.directory))?;
            }
            let child = spawn(&settings, &place).await?;
            match until_ready(&child, &place).await {
                Ok(()) => return Ok(Self { settings, place, password, child }),
                Err(Error::EndedEarly { .. }) if any_port && attempt < ports::ATTEMPTS_MAX => {
                    attempt += 1
                }
                Err(error) => {
                    child.kill().await;
                    return Err(error);
                }
            }
        }
    }

    /// The address of `database`, with the password.
    pub fn url(&self, database: &str) -> Secret {
        let (port, password) = (self.settings.port, self.password.expose());
        Secret::new(format!("postgres://{USER}:{password}@127.0.0.1:{port}/{database}"))
    }

    /// Makes `database` if it is not there; returns its address.
    pub async fn database(&self, database: &str) -> Result<Secret, Error> {
        let mut command = self.client("createdb");
        command.arg(database);
        match child::run(command).await {
            Ok(_) => Ok(self.url(database)),
            Err(Error::Command { output, .. }) if output.contains("already exists") => {
                Ok(self.url(database))
            }
            Err(error) => Err(error),
        }
    }

    pub fn port(&self) -> u16 {
        self.settings.port
    }

    pub fn pid(&self) -> u32 {
        self.child.pid
    }

    pub fn log(&self) -> PathBuf {
        self.place.log()
    }

    /// Where the database is, which may be elsewhere than asked for.
    pub fn directory(&self) -> &Path {
        &self.place.directory
    }

    /// Waits until the server has ended.
    pub async fn ended(&self) -> Ended {
        self.child.wait().await
    }

    /// Stops the server and waits until it has ended.
    pub async fn stop(&self) {
        self.child.stop().await;
    }

    /// Kills the server and all its processes, as a power cut would.
    pub async fn kill(&self) {
        self.child.kill().await;
    }

    /// Starts a server that has ended, on the same port and database.
    pub async fn start_again(&mut self) -> Result<(), Error> {
        self.child.kill().await;
        let deadline = Instant::now() + ORPHANS_MAX;
        loop {
            self.child = spawn(&self.settings, &self.place).await?;
            match until_ready(&self.child, &self.place).await {
                // The processes of one that was killed end by themselves; as long as they have not,
                // they hold its memory and no other can start.
                Err(Error::EndedEarly { .. }) if Instant::now() < deadline => {
                    tokio::time::sleep(child::PROBE_EVERY).await;
                }
                ended => return ended,
            }
        }
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.settings.programs.program(program));
        command
            .args(["--host", "127.0.0.1", "--port", &self.settings.port.to_string()])
            .args(["--username", USER, "--maintenance-db", "postgres"])
            .env("PGPASSWORD", self.password.expose())
            .env("LC_ALL", "C");
        command
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.child.stop_blocking(Signal::INT);
    }
}

/// Finds PostgreSQL and describes one in `directory`.
pub fn kept_in(directory: &Path) -> Result<PostgresSettings, Error> {
    Ok(PostgresSettings::new(programs::postgres()?, directory))
}

/// Where the database of a server kept in `directory` is that whoever asks would start; none where there is
/// none.
pub fn database_of(directory: &Path) -> Option<PathBuf> {
    let place = match (geteuid().is_root(), noted_elsewhere(directory)) {
        (false, _) => directory.to_owned(),
        (true, Some(elsewhere)) if elsewhere.is_dir() => elsewhere,
        (true, _) => directory.join(INSIDE),
    };
    Some(place.join(CLUSTER)).filter(|cluster| cluster.join("PG_VERSION").is_file())
}

/// The databases of this and of other data directories that are not in their own one, since PostgreSQL's
/// user cannot reach it: one of them is that of a directory whose note is lost.
pub fn databases_elsewhere() -> Vec<PathBuf> {
    let listed = fs::read_dir(FALLBACK).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_one = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with(PREFIX) && path.join(CLUSTER).join("PG_VERSION").is_file()
    };
    listed.filter(is_one).collect()
}

/// The file in a server's directory that says where its database is, where that is elsewhere.
pub fn note_of(directory: &Path) -> PathBuf {
    directory.join(ELSEWHERE)
}

/// Where the note says that the database is.
pub fn noted_elsewhere(directory: &Path) -> Option<PathBuf> {
    let noted = fs::read_to_string(note_of(directory)).ok()?;
    Some(PathBuf::from(noted.trim()))
}

/// Chooses the place of the database: `directory`, or another when its user cannot reach that.
async fn find_place(directory: &Path) -> Result<Place, Error> {
    if !geteuid().is_root() {
        return Ok(Place { directory: directory.to_owned(), user: None });
    }
    let user = unprivileged_user().await?;
    let note = note_of(directory);
    if let Some(elsewhere) = noted_elsewhere(directory)
        && elsewhere.is_dir()
    {
        return Ok(Place { directory: elsewhere, user: Some(user) });
    }
    let inside = directory.join(INSIDE);
    // The one between us and it must let its user through, and needs to show nothing.
    let opened = fs::set_permissions(directory, fs::Permissions::from_mode(0o711));
    opened.map_err(Error::prepare(directory))?;
    make_directory(&inside, Some(user))?;
    if reaches(user, &inside).await {
        return Ok(Place { directory: inside, user: Some(user) });
    }
    fs::remove_dir(&inside).map_err(Error::prepare(&inside))?;
    let elsewhere = tempfile::Builder::new()
        .prefix(PREFIX)
        .permissions(fs::Permissions::from_mode(0o700))
        .tempdir_in(FALLBACK)
        .map_err(Error::prepare(FALLBACK))?
        .keep();
    chown(&elsewhere, Some(user.uid), Some(user.gid)).map_err(Error::prepare(&elsewhere))?;
    fs::write(&note, elsewhere.to_string_lossy().as_bytes()).map_err(Error::prepare(&note))?;
    tracing::warn!(
        "PostgreSQL's user cannot reach {}, so the database is in {}",
        directory.display(),
        elsewhere.display()
    );
    Ok(Place { directory: elsewhere, user: Some(user) })
}

/// Finds a user for PostgreSQL to run as.
async fn unprivileged_user() -> Result<User, Error> {
    for name in UNPRIVILEGED {
        let ask = async |what: &str| {
            let mut command = Command::new("id");
            command.args([what, name]);
            child::run(command).await.ok()?.parse::<u32>().ok()
        };
        if let (Some(uid), Some(gid)) = (ask("--user").await, ask("--group").await) {
            return Ok(User { uid, gid });
        }
    }
    Err(Error::Missing {
        program: "a user for PostgreSQL",
        remedy:
            "it does not run as root: make a user named postgres, or run samvirke as another user"
                .into(),
    })
}

async fn reaches(user: User, directory: &Path) -> bool {
    let mut command = as_user(Command::new("test"), Some(user));
    command.arg("-w").arg(directory).current_dir("/");
    child::run(command).await.is_ok()
}

fn as_user(mut command: Command, user: Option<User>) -> Command {
    use std::os::unix::process::CommandExt;
    if let Some(User { uid, gid }) = user {
        command.uid(uid).gid(gid);
    }
    command
}

fn make_directory(directory: &Path, owner: Option<User>) -> Result<(), Error> {
    if !directory.is_dir() {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
        made.map_err(Error::prepare(directory))?;
    }
    if let Some(User { uid, gid }) = owner {
        chown(directory, Some(uid), Some(gid)).map_err(Error::prepare(directory))?;
    }
    Ok(())
}

/// Makes the database, unless there is one.
async fn initialise(
    settings: &PostgresSettings,
    place: &Place,
    password: &Secret,
) -> Result<(), Error> {
    let cluster = place.cluster();
    if let Ok(found) = fs::read_to_string(cluster.join("PG_VERSION")) {
        let (found, installed) = (found.trim().to_owned(), settings.programs.major.to_string());
        return if found == installed {
            Ok(())
        } else {
            Err(Error::OtherMajor { path: cluster, found, installed })
        };
    }
    // Made beside and then renamed, so that a half-made one is never taken for a database.
    let beside = place.directory.join("cluster.new");
    if beside.exists() {
        fs::remove_dir_all(&beside).map_err(Error::prepare(&beside))?;
    }
    let password_file = place.directory.join("password.new");
    write_for(place.user, &password_file, password)?;
    let mut command = as_user(Command::new(settings.programs.program("initdb")), place.user);
    command
        .arg("--pgdata")
        .arg(&beside)
        .arg("--pwfile")
        .arg(&password_file)
        .args(["--username", USER, "--auth", "scram-sha-256"])
        .args(["--encoding", "UTF8", "--locale", "C.UTF-8"])
        .args(["--text-search-config", "pg_catalog.norwegian"])
        .env("LC_ALL", "C.UTF-8")
        .current_dir("/");
    if !settings.durable {
        command.arg("--no-sync");
    }
    let made = child::run(command).await;
    fs::remove_file(&password_file).map_err(Error::prepare(&password_file))?;
    made?;
    fs::rename(&beside, &cluster).map_err(Error::prepare(&cluster))
}

fn write_for(user: Option<User>, path: &Path, secret: &Secret) -> Result<(), Error> {
    let write = || {
        fs::write(path, "")?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        if let Some(User { uid, gid }) = user {
            chown(path, Some(uid), Some(gid))?;
        }
        fs::write(path, secret.expose())
    };
    write().map_err(Error::prepare(path))
}

/// Stops the server that a killed run has left behind in a directory.
///
/// # Errors
///
/// When it does not end.
pub async fn stop_leftover(directory: &Path) -> Result<(), Error> {
    stop_leftover_of(&find_place(directory).await?).await
}

async fn stop_leftover_of(place: &Place) -> Result<(), Error> {
    match ready_line(place, 0).and_then(|pid| pid.parse().ok()) {
        Some(pid) => {
            let cluster = place.cluster();
            child::stop_leftover("PostgreSQL", pid, &[&cluster.to_string_lossy()], Signal::INT)
                .await
        }
        None => Ok(()),
    }
}

async fn spawn(settings: &PostgresSettings, place: &Place) -> Result<Child, Error> {
    let mut arguments = vec!["-D".into(), place.cluster().to_string_lossy().into_owned()];
    let mut set =
        |name: &str, value: &str| arguments.extend(["-c".into(), format!("{name}={value}")]);
    set("listen_addresses", "127.0.0.1");
    set("port", &settings.port.to_string());
    set("unix_socket_directories", "");
    set("max_connections", &settings.connections_max.to_string());
    set("timezone", "UTC");
    set("log_timezone", "UTC");
    if !settings.durable {
        set("fsync", "off");
        set("synchronous_commit", "off");
        set("full_page_writes", "off");
    }
    Child::spawn(Launch {
        name: "PostgreSQL".into(),
        program: settings.programs.program("postgres"),
        arguments,
        environment: Vec::new(),
        directory: place.cluster(),
        log: place.log(),
        user: place.user,
        stop_signal: Signal::INT,
    })
    .await
}

/// PostgreSQL itself writes into its process file that it is ready.
async fn until_ready(child: &Child, place: &Place) -> Result<(), Error> {
    let pid = child.pid.to_string();
    child
        .until_ready(|| {
            let is = |index, wanted| ready_line(place, index).is_some_and(|found| found == wanted);
            std::future::ready(is(0, pid.as_str()) && is(7, "ready"))
        })
        .await
}

/// One line of `postmaster.pid`: the first is the process, the eighth its state.
fn ready_line(place: &Place, index: usize) -> Option<String> {
    let text = fs::read_to_string(place.cluster().join("postmaster.pid")).ok()?;
    text.lines().nth(index).map(|line| line.trim().to_owned())
}
