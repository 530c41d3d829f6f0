//! Settings: defaults, then a running `samvirke up`, a file, the environment, flags. The last one wins.
//!
//! Invariant: a misspelt setting is an error that names it, and a secret is never printed.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::Context;
use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use samvirke_private_servers::{Secret, programs};
use samvirke_schemas::id::CooperationId;
use serde::Deserialize;

use crate::{arguments::Common, running, terminal::LogForm};

/// The file that is read where none is named.
const FILE: &str = "samvirke.toml";
/// Our variables start so.
const PREFIX: &str = "SAMVIRKE_";

/// All settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Configuration {
    /// The directory `up` keeps everything in.
    #[serde(default = "data")]
    pub(crate) data: PathBuf,
    /// Where the gateway listens.
    #[serde(default = "http")]
    pub(crate) http: SocketAddr,
    /// Where the gateway is reached.
    pub(crate) url: Option<String>,
    pub(crate) cooperation: Option<CooperationId>,
    #[serde(default = "log")]
    pub(crate) log: LogForm,
    #[serde(default)]
    pub(crate) nats: Nats,
    #[serde(default)]
    pub(crate) postgres: Postgres,
    /// Holds the key that the gateway signs messages to the services with, in 64 hexadecimal digits. Only
    /// the gateway reads it.
    pub(crate) gateway_key_file: Option<PathBuf>,
    /// Holds the public half of that key, in 64 hexadecimal digits: what the other services check with.
    pub(crate) gateway_public_key_file: Option<PathBuf>,
    /// Holds the key that links for unsubscribing are signed with, in 64 hexadecimal digits.
    pub(crate) notify_key_file: Option<PathBuf>,
    /// The mail server, and when people are told.
    #[serde(default)]
    pub(crate) notify: samvirke_notify::Settings,
    /// Holds the key that the secrets of subscriptions follow from, in 64 hexadecimal digits.
    pub(crate) feed_key_file: Option<PathBuf>,
    /// How deliveries to subscriptions are made.
    #[serde(default)]
    pub(crate) feed: samvirke_feed::Settings,
    /// Whom the gateway trusts and how much it takes.
    #[serde(default)]
    pub(crate) gateway: samvirke_gateway::Settings,
    /// The file with settings, where there is one.
    #[serde(skip)]
    pub(crate) file: Option<PathBuf>,
    /// What was set by file, environment and flags.
    #[serde(skip)]
    given: Given,
}

/// Settings as they were given, never printed because they hold secrets.
#[derive(Clone, Default)]
struct Given(Figment);

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Where NATS is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Nats {
    /// Addresses, with commas between.
    pub(crate) url: Option<String>,
    /// The HTTP monitoring page, for `doctor`.
    pub(crate) monitor_url: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<Secret>,
    /// Holds the credentials of a user in operator mode.
    pub(crate) credentials_file: Option<PathBuf>,
    /// How many servers keep each stream: 1 alone, 3 in a cluster.
    pub(crate) replicas: Option<usize>,
}

/// Where PostgreSQL is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Postgres {
    pub(crate) url: Option<Secret>,
}

impl Configuration {
    /// Reads all settings.
    pub(crate) fn load(common: &Common) -> anyhow::Result<Self> {
        let path = common.config.clone().unwrap_or_else(|| FILE.into());
        let known = path.is_file();
        let needed = common.config.is_some();
        anyhow::ensure!(known || !needed, "there is no file with settings at {}", path.display());
        let settings = Self::from(if_there(&path), common)?;
        Ok(Self { file: known.then_some(path), ..settings })
    }

    fn from(file: Figment, common: &Common) -> anyhow::Result<Self> {
        // Variables that name programs and tokens are read where they are used.
        let elsewhere =
            [programs::NATS_SERVER_VARIABLE, programs::POSTGRES_VARIABLE, "SAMVIRKE_TOKEN"]
                .map(|name| name.trim_start_matches(PREFIX));
        let given = file
            .merge(Env::prefixed(PREFIX).ignore(&elsewhere).split("__"))
            .merge(Serialized::defaults(common));
        Self::extract(&given)
    }

    fn extract(given: &Figment) -> anyhow::Result<Self> {
        let data = given.extract_inner::<PathBuf>("data").unwrap_or_else(|_| data());
        let all = if_there(&running::file(&data)).merge(given.clone());
        let settings: Self = all.extract().context("the settings make no sense")?;
        Ok(Self { given: Given(given.clone()), ..settings })
    }

    /// Where the HTTP API is reached.
    pub(crate) fn url(&self) -> String {
        let url = self.url.clone().unwrap_or_else(|| format!("http://{}", self.http));
        url.trim_end_matches('/').to_owned()
    }

    /// The cooperation that is meant, or an error that says how to name it.
    pub(crate) fn cooperation(&self) -> anyhow::Result<&CooperationId> {
        self.cooperation.as_ref().context("say which cooperation is meant with --cooperation ID")
    }

    /// Reads anew where a running `samvirke up` has its servers, for what nothing else has set.
    pub(crate) fn follow_running(&mut self) -> anyhow::Result<()> {
        *self = Self { file: self.file.take(), ..Self::extract(&self.given.0)? };
        Ok(())
    }

    /// A path inside the data directory.
    pub(crate) fn in_data(&self, name: &str) -> PathBuf {
        Path::new(&self.data).join(name)
    }
}

/// The settings in a file that may not be there.
fn if_there(path: &Path) -> Figment {
    match path.is_file() {
        true => Figment::from(Toml::file_exact(path)),
        false => Figment::new(),
    }
}

fn data() -> PathBuf {
    "./data/samvirke".into()
}

fn http() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 8080).into()
}

fn log() -> LogForm {
    LogForm::Text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, common: &Common) -> anyhow::Result<Configuration> {
        Configuration::from(Figment::from(Toml::string(text)), common)
    }

    #[test]
    fn a_flag_goes_over_the_file() {
        let text = "http = \"127.0.0.1:1\"\n[nats]\nurl = \"nats://a\"";
        let flags = Common { http: Some("127.0.0.1:2".parse().unwrap()), ..Common::default() };
        let found = load(text, &flags).unwrap();
        assert_eq!(found.url(), "http://127.0.0.1:2");
        assert_eq!(found.nats.url.unwrap(), "nats://a");
    }

    #[test]
    fn a_misspelt_setting_is_named() {
        let error = load("htpp = \"127.0.0.1:1\"", &Common::default()).unwrap_err();
        assert!(format!("{error:#}").contains("htpp"), "{error:#}");
    }

    #[test]
    fn a_secret_is_not_printed() {
        let text =
            "[postgres]\nurl = \"postgres://u:hemmelig@h/d\"\n[nats]\npassword = \"hemmelig\"";
        let found = load(text, &Common::default()).unwrap();
        assert!(!format!("{found:?}").contains("hemmelig"));
    }

    #[test]
    fn a_running_up_is_found_by_its_directory() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(running::file(dir.path()), "url = \"http://127.0.0.1:7\"").unwrap();
        let flags = Common { data: Some(dir.path().into()), ..Common::default() };
        assert_eq!(load("", &flags).unwrap().url(), "http://127.0.0.1:7");
        let other = Common { url: Some("http://elsewhere/".into()), ..flags };
        assert_eq!(load("", &other).unwrap().url(), "http://elsewhere");
    }
}
