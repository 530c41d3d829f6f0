//! A private nats-server with JetStream, alone or as a cluster on this machine.
//!
//! Invariant: every acknowledged write is on disk (`sync_interval: always`), and only this machine
//! reaches the server.

mod reload;

pub use reload::{RELOADS, take_accounts};

use std::{
    fmt::Write as _,
    fs, io,
    net::Ipv4Addr,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::process::Signal;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use crate::{
    Accounts, Ended, Error, Secret, accounts,
    child::{self, Child, Launch},
    ports, programs,
};

/// The user that Samvirke's own connections use where a password is asked for.
pub const USER: &str = "samvirke";
/// How large a message may be: 1 MiB, as nats-server itself has it.
pub const PAYLOAD_BYTES_MAX: u32 = 1024 * 1024;
/// How many servers a cluster on one machine may have.
pub const CLUSTER_NODES_MAX: usize = 5;
/// nats-server looks for memory that it can give back when it has five times what it needs, not twice:
/// that is a quarter more commits a second, for some ten megabytes where there are few consumers.
const MEMORY: (&str, &str) = ("GOGC", "400");
/// How often a running server is asked whether it can write.
const HEALTH_EVERY: Duration = Duration::from_secs(5);
/// What `/healthz` says where a write to a stream's files failed, which nothing but a restart mends.
const WRITE_ERROR: &str = "write error";
/// With less room a restarted server would soon be where it was.
const ROOM_BYTES_MIN: u64 = 16 * 1024 * 1024;
/// How long one probe of readiness may take.
const PROBE_MAX: Duration = Duration::from_secs(2);
/// The most that is read of an answer to a probe.
const PROBE_BYTES_MAX: u64 = 64 * 1024;

/// How a nats-server is to run. A port of 0 means any free one.
#[derive(Clone, Debug)]
pub struct NatsSettings {
    pub program: PathBuf,
    /// Holds the configuration, the log and the store.
    pub directory: PathBuf,
    /// Unique among the servers of the machine; in a cluster it must stay the same between runs.
    pub name: String,
    pub port: u16,
    pub monitor_port: u16,
    pub payload_bytes_max: u32,
    /// Asked of [`USER`] where given; without it anyone on this machine may connect.
    pub password: Option<Secret>,
    /// Who may reach what, where not everyone may reach everything; asks for its own passwords. Given
    /// when the server is first started; from then on [`take_accounts`] changes them.
    pub accounts: Option<Accounts>,
    pub cluster: Option<ClusterSettings>,
    /// Added to the generated configuration file as it is.
    pub more: String,
}

/// Where a server of a cluster listens for the others, and where they are.
#[derive(Clone, Debug)]
pub struct ClusterSettings {
    pub name: String,
    pub port: u16,
    /// Ports of all servers, this one included.
    pub ports: Vec<u16>,
}

impl NatsSettings {
    /// One server in `directory`, on any free port, without a password.
    pub fn new(program: impl Into<PathBuf>, directory: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            directory: directory.into(),
            name: format!("samvirke-{:08x}", rand::random::<u32>()),
            port: 0,
            monitor_port: 0,
            payload_bytes_max: PAYLOAD_BYTES_MAX,
            password: None,
            accounts: None,
            cluster: None,
            more: String::new(),
        }
    }
}

/// A running nats-server. Dropping it stops it.
#[derive(Debug)]
pub struct NatsServer {
    settings: NatsSettings,
    child: Child,
}

impl NatsServer {
    /// Starts the server and waits until JetStream answers.
    ///
    /// What an earlier run left running on the same directory is stopped first.
    pub async fn start(settings: NatsSettings) -> Result<Self, Error> {
        let server = Self::launch(settings).await?;
        server.until_ready().await?;
        Ok(server)
    }

    /// Starts the process, and for a server on any port tries others while they turn out to be taken.
    async fn launch(settings: NatsSettings) -> Result<Self, Error> {
        prepare(&settings.directory)?;
        stop_leftover(&settings.directory).await?;
        if let Some(accounts) = &settings.accounts {
            let file = settings.directory.join(accounts::FILE);
            accounts.write(&file).map_err(Error::prepare(&file))?;
            // Servers of a cluster have agreed on where streams are; a rename would not reach that.
            if settings.cluster.is_none() {
                give_to_owner(&settings.directory)?;
            }
        }
        let any_port = settings.port == 0 && settings.cluster.is_none();
        let mut attempt = 1;
        loop {
            let settings = with_ports(settings.clone())?;
            let child = spawn(&settings).await?;
            let server = Self { settings, child };
            match server.child.until_ready(|| server.greets()).await {
                Ok(()) => return Ok(server),
                Err(Error::EndedEarly { .. }) if any_port && attempt < ports::ATTEMPTS_MAX => {
                    attempt += 1
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until JetStream answers; in a cluster that takes a majority of the servers.
    async fn until_ready(&self) -> Result<(), Error> {
        self.child.until_ready(|| is_healthy(self.settings.monitor_port)).await
    }

    /// The address for clients.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.settings.port)
    }

    /// What clients say as [`USER`], where a password is asked for. It is not in the address, because
    /// clients ignore it there.
    pub fn password(&self) -> Option<&Secret> {
        self.settings.password.as_ref()
    }

    pub fn port(&self) -> u16 {
        self.settings.port
    }

    /// The address of the HTTP monitoring pages.
    pub fn monitor_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.settings.monitor_port)
    }

    pub fn pid(&self) -> u32 {
        self.child.pid
    }

    /// Where it keeps its configuration, log and store.
    pub fn directory(&self) -> &Path {
        &self.settings.directory
    }

    pub fn log(&self) -> PathBuf {
        self.settings.directory.join("nats.log")
    }

    /// Waits until the server has ended.
    pub async fn ended(&self) -> Ended {
        self.child.wait().await
    }

    /// Waits until a stream cannot be written though there is room on its disk again: a stream that failed
    /// to write once does not write until the server is restarted. Returns what the server says of it.
    pub async fn needs_a_restart(&self) -> String {
        let mut look = tokio::time::interval(HEALTH_EVERY);
        let mut told = false;
        loop {
            look.tick().await;
            let Some(answer) = health(self.settings.monitor_port).await else { continue };
            if !answer.contains(WRITE_ERROR) {
                told = false;
                continue;
            }
            let said = answer.lines().last().unwrap_or_default().to_owned();
            if has_room(&self.settings.directory.join("store")) {
                return said;
            }
            if !told {
                tracing::error!(said, "nats-server cannot write and its disk is full; make room");
                told = true;
            }
        }
    }

    /// Stops the server and waits until it has ended.
    pub async fn stop(&self) {
        self.child.stop().await;
    }

    /// Kills the server, as a power cut would.
    pub async fn kill(&self) {
        self.child.kill().await;
    }

    /// Starts a server that has ended, on the same ports and store.
    pub async fn start_again(&mut self) -> Result<(), Error> {
        self.child.kill().await;
        self.child = spawn(&self.settings).await?;
        self.child.until_ready(|| self.greets()).await?;
        self.until_ready().await
    }

    /// Whether our server, and not a stranger on its port, greets with its name.
    async fn greets(&self) -> bool {
        let name = format!("\"server_name\":\"{}\"", self.settings.name);
        greeting(self.settings.port).await.is_ok_and(|info| info.contains(&name))
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.child.stop_blocking(Signal::TERM);
    }
}

/// Several servers with one JetStream, for trying out what happens when some of them are away.
#[derive(Debug)]
pub struct NatsCluster {
    pub nodes: Vec<NatsServer>,
}

impl NatsCluster {
    /// Starts `size` servers under `directory`, each changed by `change`, and waits until they have
    /// chosen a leader.
    pub async fn start(
        program: &Path,
        directory: &Path,
        size: usize,
        change: impl Fn(&mut NatsSettings),
    ) -> Result<Self, Error> {
        let size = size.clamp(1, CLUSTER_NODES_MAX);
        let mut attempt = 1;
        loop {
            match Self::start_once(program, directory, size, &change).await {
                Err(Error::EndedEarly { .. }) if attempt < ports::ATTEMPTS_MAX => attempt += 1,
                done => return done,
            }
        }
    }

    async fn start_once(
        program: &Path,
        directory: &Path,
        size: usize,
        change: &impl Fn(&mut NatsSettings),
    ) -> Result<Self, Error> {
        let found =
            ports::free::<{ 3 * CLUSTER_NODES_MAX }>().map_err(Error::prepare(directory))?;
        let routes: Vec<u16> = found.iter().copied().take(size).collect();
        let name = format!("samvirke-{:08x}", rand::random::<u32>());
        let mut nodes = Vec::with_capacity(size);
        for (index, route) in routes.iter().enumerate() {
            let mut settings =
                NatsSettings::new(program, directory.join(format!("node-{}", index + 1)));
            settings.name = format!("{name}-{}", index + 1);
            settings.port = found[CLUSTER_NODES_MAX + index];
            settings.monitor_port = found[2 * CLUSTER_NODES_MAX + index];
            settings.cluster =
                Some(ClusterSettings { name: name.clone(), port: *route, ports: routes.clone() });
            change(&mut settings);
            nodes.push(NatsServer::launch(settings).await?);
        }
        for node in &nodes {
            node.until_ready().await?;
        }
        Ok(Self { nodes })
    }

    /// The addresses of all servers, with commas between, as clients take them.
    pub fn urls(&self) -> String {
        let urls: Vec<String> = self.nodes.iter().map(NatsServer::url).collect();
        urls.join(",")
    }
}

fn prepare(directory: &Path) -> Result<(), Error> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(Error::prepare(directory))
}

fn with_ports(mut settings: NatsSettings) -> Result<NatsSettings, Error> {
    let [port, monitor_port] = ports::free().map_err(Error::prepare(&settings.directory))?;
    if settings.port == 0 {
        settings.port = port;
    }
    if settings.monitor_port == 0 {
        settings.monitor_port = monitor_port;
    }
    Ok(settings)
}

/// Stops the server that a killed run has left behind in a directory.
///
/// # Errors
///
/// When it does not end.
pub async fn stop_leftover(directory: &Path) -> Result<(), Error> {
    match running(directory) {
        Some(pid) => {
            let config = config(directory);
            child::stop_leftover("nats-server", pid, &[&config.to_string_lossy()], Signal::TERM)
                .await
        }
        None => Ok(()),
    }
}

/// The process of the server that runs in `directory`.
fn running(directory: &Path) -> Option<u32> {
    let pid = fs::read_to_string(directory.join("nats.pid")).ok()?;
    let pid = pid.trim().parse().ok()?;
    child::is_running(pid, &[&config(directory).to_string_lossy()]).then_some(pid)
}

fn config(directory: &Path) -> PathBuf {
    directory.join("nats.conf")
}

/// Gives the owner what an earlier run without accounts has stored.
///
/// nats-server keeps the streams of each account in a directory of the account's name, and nothing in
/// there tells whose they are. Without accounts that is `$G`.
fn give_to_owner(directory: &Path) -> Result<(), Error> {
    let stored = directory.join("store/jetstream");
    let (nobodys, owners) = (stored.join("$G"), stored.join(accounts::OWNER));
    if nobodys.is_dir() {
        // The server would wait for ever for the one that no account is there for.
        if owners.exists() {
            return Err(Error::StoredTwice { nobodys, owners });
        }
        fs::rename(&nobodys, &owners).map_err(Error::prepare(&owners))?;
        tracing::info!("the streams belong to the account {} from now on", accounts::OWNER);
    }
    Ok(())
}

async fn spawn(settings: &NatsSettings) -> Result<Child, Error> {
    let config = config(&settings.directory);
    // It may hold a password.
    accounts::write_whole(&config, &configuration(settings)).map_err(Error::prepare(&config))?;
    Child::spawn(Launch {
        name: "nats-server".into(),
        program: settings.program.clone(),
        arguments: vec!["--config".into(), config.to_string_lossy().into_owned()],
        environment: vec![MEMORY],
        directory: settings.directory.clone(),
        log: settings.directory.join("nats.log"),
        user: None,
        stop_signal: Signal::TERM,
    })
    .await
}

/// The configuration file's text.
fn configuration(settings: &NatsSettings) -> String {
    let NatsSettings { name, port, monitor_port, payload_bytes_max, directory, .. } = settings;
    let directory = quoted(&directory.to_string_lossy());
    let localhost = Ipv4Addr::LOCALHOST;
    let mut text = format!(
        "# Written by samvirke at each start; changes made here are lost.\n\
         server_name: {name}\n\
         listen: \"{localhost}:{port}\"\n\
         http: \"{localhost}:{monitor_port}\"\n\
         pid_file: \"{directory}/nats.pid\"\n\
         max_payload: {payload_bytes_max}\n\
         jetstream {{\n  store_dir: \"{directory}/store\"\n  sync_interval: always\n}}\n"
    );
    let mut add = |more: String| text.push_str(&more);
    match (&settings.accounts, &settings.password) {
        // A path is read from where this file is, even an absolute one.
        (Some(_), _) => add(format!("include \"{}\"\n", accounts::FILE)),
        (None, Some(password)) => {
            let password = password.expose();
            add(format!("authorization {{ user: {USER}, password: \"{password}\" }}\n"));
        }
        (None, None) => (),
    }
    if let Some(cluster) = &settings.cluster {
        let ClusterSettings { name, port, ports } = cluster;
        add(format!("cluster {{\n  name: {name}\n  listen: \"{localhost}:{port}\"\n  routes: [\n"));
        for port in ports {
            add(format!("    \"nats-route://{localhost}:{port}\"\n"));
        }
        add("  ]\n}\n".into());
    }
    let _infallible = writeln!(text, "{}", settings.more);
    text
}

fn quoted(path: &str) -> String {
    path.replace('\\', "\\\\").replace('"', "\\\"")
}

/// Reads the line of JSON with which a server greets its clients: its name, version and limits.
pub async fn greeting(port: u16) -> io::Result<String> {
    let read = async {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        let mut line = String::new();
        BufReader::new(stream.take(PROBE_BYTES_MAX)).read_line(&mut line).await?;
        Ok(line)
    };
    tokio::time::timeout(PROBE_MAX, read)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Whether the monitoring page `/healthz` says that all is well, JetStream included.
async fn is_healthy(monitor_port: u16) -> bool {
    let answer = health(monitor_port).await;
    answer.is_some_and(|answer| answer.lines().next().is_some_and(|line| line.contains(" 200 ")))
}

/// What the monitoring page `/healthz` answers; none where it does not.
async fn health(monitor_port: u16) -> Option<String> {
    let ask = async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, monitor_port)).await?;
        stream.write_all(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n").await?;
        let mut answer = String::new();
        stream.take(PROBE_BYTES_MAX).read_to_string(&mut answer).await?;
        Ok::<_, io::Error>(answer)
    };
    tokio::time::timeout(PROBE_MAX, ask).await.ok()?.ok()
}

/// Whether a file system has room for a server to go on.
fn has_room(directory: &Path) -> bool {
    let found = rustix::fs::statvfs(directory);
    found.is_ok_and(|found| found.f_bavail.saturating_mul(found.f_frsize) >= ROOM_BYTES_MIN)
}

/// Finds nats-server and describes one in `directory` that keeps its password there.
pub fn kept_in(directory: &Path) -> Result<NatsSettings, Error> {
    let mut settings = NatsSettings::new(programs::nats_server()?, directory);
    prepare(directory)?;
    let password = directory.join("password");
    settings.password = Some(Secret::kept_in(&password).map_err(Error::prepare(&password))?);
    Ok(settings)
}
