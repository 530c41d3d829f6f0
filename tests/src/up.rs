//! The real executable: a `samvirke up` of one's own, and the servers under it.
//!
//! Invariant: nothing of it is left when it goes, whatever was killed.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
};

use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use tempfile::TempDir;

/// How long `samvirke doctor` waits until all is well.
const WELL_WITHIN: &str = "60s";

/// A server that `samvirke up` stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    Nats,
    Postgres,
}

/// Where the servers of a running `samvirke up` are.
#[derive(Clone, Debug, Deserialize)]
pub struct Addresses {
    pub url: String,
    pub nats: NatsAddress,
    pub postgres: PostgresAddress,
}

#[derive(Clone, Debug, Deserialize)]
pub struct NatsAddress {
    pub url: String,
    pub user: String,
    pub password: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct PostgresAddress {
    pub url: String,
}

impl Addresses {
    /// As they are written down in the `data` of a `samvirke up`.
    ///
    /// # Errors
    ///
    /// When it does not run.
    pub fn read(data: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(data.join("running.toml"))?;
        Ok(toml::from_str(&text)?)
    }
}

/// A running `samvirke up`. Dropping it stops it and removes its directory.
#[derive(Debug)]
pub struct Up {
    executable: PathBuf,
    http: String,
    environment: Vec<(String, String)>,
    process: Child,
    data: TempDir,
    /// Whether it is left for somebody to look at.
    kept: bool,
}

impl Up {
    /// Starts the `executable`, which listens on `http`, where port 0 is any free one.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start(executable: &Path, http: &str) -> anyhow::Result<Self> {
        Self::start_with(executable, http, &[])
    }

    /// As [`Up::start`], with variables of the environment that configure it.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start_with(
        executable: &Path,
        http: &str,
        environment: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        // As root, PostgreSQL runs as another user and must get through.
        let mode = fs::Permissions::from_mode(0o711);
        let data = tempfile::Builder::new().prefix("samvirke-up-").permissions(mode).tempdir()?;
        Self::start_on(executable, http, environment, data)
    }

    /// As [`Up::start_with`], on what is in a directory already.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start_on(
        executable: &Path,
        http: &str,
        environment: &[(&str, &str)],
        data: TempDir,
    ) -> anyhow::Result<Self> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let environment: Vec<_> = environment.iter().map(owned).collect();
        let process = start(executable, http, &environment, data.path())?;
        Ok(Self {
            executable: executable.to_owned(),
            http: http.to_owned(),
            environment,
            process,
            data,
            kept: false,
        })
    }

    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Where the API is, for one that was given a port.
    pub fn url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// Stops it and leaves everything as it is, to be looked at; returns where.
    pub fn keep(mut self) -> PathBuf {
        self.data.disable_cleanup(true);
        self.kept = true;
        self.data().to_owned()
    }

    /// A command of the executable on the same directory.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.executable);
        command.args(words).arg("--data").arg(self.data()).stdin(Stdio::null());
        command
    }

    /// Waits until `samvirke doctor` finds nothing that fails.
    ///
    /// # Errors
    ///
    /// When it still finds something after a minute.
    pub fn is_well(&mut self) -> anyhow::Result<()> {
        let Output { status, stdout, .. } =
            self.command(&["doctor", "--wait", WELL_WITHIN]).output()?;
        if !status.success() {
            let ended = self.process.try_wait()?.map(|status| format!("it ended: {status}\n"));
            bail!(
                "samvirke is not well\n{}{}{}",
                ended.unwrap_or_default(),
                String::from_utf8_lossy(&stdout),
                self.said()
            );
        }
        Ok(())
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// What it has written to its log.
    pub fn said(&self) -> String {
        fs::read_to_string(self.data().join("up.log")).unwrap_or_default()
    }

    /// Where everything is now.
    ///
    /// # Errors
    ///
    /// When it does not run.
    pub fn addresses(&self) -> anyhow::Result<Addresses> {
        Addresses::read(self.data())
    }

    /// Ends samvirke as `kill -9` does. What it has started ends by itself.
    ///
    /// # Errors
    ///
    /// When it does not run.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Stops it as Ctrl-C does, and waits; returns how it ended.
    ///
    /// # Errors
    ///
    /// When it does not run.
    pub fn interrupt(&mut self) -> anyhow::Result<ExitStatus> {
        signal("-INT", &[self.process.id()])?;
        Ok(self.process.wait()?)
    }

    /// Waits until it has ended by itself; returns how.
    ///
    /// # Errors
    ///
    /// When the system does not say.
    pub fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        Ok(self.process.wait()?)
    }

    /// How it ended, if it has ended by itself.
    ///
    /// # Errors
    ///
    /// When the system does not say.
    pub fn ended(&mut self) -> anyhow::Result<Option<String>> {
        let said = self.said();
        let last = said.lines().last().unwrap_or_default();
        Ok(self.process.try_wait()?.map(|status| format!("{status}: {last}")))
    }

    /// Starts samvirke again after it was killed.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn start_again(&mut self) -> anyhow::Result<()> {
        self.process = start(&self.executable, &self.http, &self.environment, self.data.path())?;
        Ok(())
    }

    /// The process of a server.
    ///
    /// # Errors
    ///
    /// When it does not run.
    pub fn server(&self, server: Server) -> anyhow::Result<u32> {
        let file = match server {
            Server::Nats => self.data().join("nats/nats.pid"),
            Server::Postgres => self.database().join("postmaster.pid"),
        };
        let text = fs::read_to_string(&file);
        let text = text.with_context(|| format!("there is no {}", file.display()))?;
        Ok(text.lines().next().unwrap_or_default().trim().parse()?)
    }

    /// Ends a server as `kill -9` does.
    ///
    /// # Errors
    ///
    /// When it does not run.
    pub fn kill_server(&self, server: Server) -> anyhow::Result<()> {
        signal("-KILL", &[self.server(server)?])
    }

    /// Lets a server stand still with all its processes, as a machine that does not answer; it goes on
    /// when what is given back goes.
    ///
    /// # Errors
    ///
    /// When it does not run.
    pub fn stand_still(&self, server: Server) -> anyhow::Result<StandsStill> {
        let process = self.server(server)?;
        signal("-STOP", &[process])?;
        let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children"))?;
        let mut processes = vec![process];
        for child in children.split_whitespace() {
            processes.push(child.parse()?);
        }
        signal("-STOP", &processes)?;
        Ok(StandsStill(processes))
    }

    fn database(&self) -> PathBuf {
        let postgres = self.data().join("postgres");
        match fs::read_to_string(postgres.join("database-is-in")) {
            Ok(elsewhere) => Path::new(elsewhere.trim()).join("cluster"),
            Err(_) if postgres.join("server").is_dir() => postgres.join("server/cluster"),
            Err(_) => postgres.join("cluster"),
        }
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        if let Ok(None) = self.process.try_wait() {
            // Asked to, it stops its servers too.
            let _ended_meanwhile = signal("-TERM", &[self.process.id()]);
            let _ended = self.process.wait();
        }
        let elsewhere = fs::read_to_string(self.data().join("postgres/database-is-in"));
        if let Ok(elsewhere) = elsewhere
            && !self.kept
        {
            let _gone = fs::remove_dir_all(elsewhere.trim());
        }
    }
}

/// A server that stands still until this goes.
#[derive(Debug)]
pub struct StandsStill(Vec<u32>);

impl Drop for StandsStill {
    fn drop(&mut self) {
        let _ended_meanwhile = signal("-CONT", &self.0);
    }
}

fn start(
    executable: &Path,
    http: &str,
    environment: &[(String, String)],
    data: &Path,
) -> anyhow::Result<Child> {
    let log = fs::File::options().create(true).append(true).open(data.join("up.log"))?;
    Command::new(executable)
        .args(["up", "--http", http, "--data"])
        .arg(data)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .context("samvirke up cannot be started")
}

fn signal(signal: &str, processes: &[u32]) -> anyhow::Result<()> {
    let processes: Vec<String> = processes.iter().map(u32::to_string).collect();
    let sent = Command::new("kill").arg(signal).args(&processes).output()?;
    ensure!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr).trim());
    Ok(())
}
