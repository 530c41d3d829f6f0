//! The keys of an installation: which there are, where they are kept, and `samvirke keys`, which makes them.
//!
//! Invariants: a key is made by an explicit command or by `samvirke up` on a data directory in which nothing
//! depends on it yet, never by a service that finds none; a key that is there is never replaced; the gateway's
//! private key is read by the gateway only, the others check with the public one.

mod create;
mod list;

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use samvirke_feed::MasterKey;
use samvirke_kernel::signature::{MessageSigner, MessageVerifier};
use samvirke_private_servers::Secret;
use strum::VariantArray;

use crate::{
    arguments::KeysCommand, configuration::Configuration, connections::seed, issuer,
    outcome::Outcome,
};

pub(crate) use create::{prepare, streams};

/// The setting that names the file with the gateway's public key.
const PUBLIC_SETTING: &str = "gateway_public_key_file";
/// That file, where nothing is set.
const PUBLIC_FILE: &str = "gateway.pub";

/// A secret key.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    clap::ValueEnum,
    serde::Serialize,
    strum::Display,
    strum::VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Key {
    /// What the gateway signs messages to the services with
    Gateway,
    /// What the secrets of subscriptions follow from
    Feed,
    /// What links for unsubscribing are signed with
    Notify,
    /// What the tokens of the demo's own issuer are signed with, for `samvirke up`
    DemoIssuer,
}

impl Key {
    /// The file's name in the data directory.
    fn file_name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway.key",
            Self::Feed => "feed.key",
            Self::Notify => "notify.key",
            Self::DemoIssuer => issuer::KEY_FILE,
        }
    }

    /// The setting that names another file.
    fn setting(self) -> Option<&'static str> {
        match self {
            Self::Gateway => Some("gateway_key_file"),
            Self::Feed => Some("feed_key_file"),
            Self::Notify => Some("notify_key_file"),
            Self::DemoIssuer => None,
        }
    }

    /// Where the key is kept.
    pub(crate) fn file(self, configuration: &Configuration) -> PathBuf {
        let set = match self {
            Self::Gateway => configuration.gateway_key_file.clone(),
            Self::Feed => configuration.feed_key_file.clone(),
            Self::Notify => configuration.notify_key_file.clone(),
            Self::DemoIssuer => None,
        };
        set.unwrap_or_else(|| configuration.in_data(self.file_name()))
    }

    /// Reads the key; it is never made here.
    ///
    /// # Errors
    ///
    /// When there is none, with the file, the setting and the command that makes it.
    pub(crate) fn read(self, configuration: &Configuration) -> anyhow::Result<[u8; 32]> {
        let file = self.file(configuration);
        match Secret::read(&file) {
            Ok(secret) => seed(&secret).with_context(|| {
                format!("the key in {} is not 64 hexadecimal digits", file.display())
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let setting = self.setting().map(|name| format!(" (setting {name})"));
                bail!(
                    "there is no {self} key in {}{}; copy the one this installation uses there, or for a new installation make it with: samvirke keys create {self}",
                    file.display(),
                    setting.unwrap_or_default()
                )
            }
            Err(error) => {
                Err(error).with_context(|| format!("the key in {} is not read", file.display()))
            }
        }
    }
}

/// The gateway's signing half. Only a process in which the gateway runs may ask for it.
pub(crate) fn signer(configuration: &Configuration) -> anyhow::Result<MessageSigner> {
    let key = Key::Gateway.read(configuration).context("the gateway cannot sign")?;
    let signer = MessageSigner::new(&key);
    let file = public_file(configuration);
    if file.exists() {
        ensure!(
            read_public(&file)? == signer.verifier(),
            "the public key in {} does not belong to the private one in {}, so the other services would trust nothing; remove it and run: samvirke keys create gateway",
            file.display(),
            Key::Gateway.file(configuration).display()
        );
    }
    Ok(signer)
}

/// What services without the gateway in their process check its signatures with.
pub(crate) fn verifier(configuration: &Configuration) -> anyhow::Result<MessageVerifier> {
    let file = public_file(configuration);
    ensure!(
        file.exists(),
        "there is no public key of the gateway in {} (setting {PUBLIC_SETTING}); samvirke keys create gateway, where the gateway runs, writes it beside the private key; copy it from there",
        file.display()
    );
    read_public(&file)
}

/// The key that the secrets of subscriptions follow from.
pub(crate) fn master(configuration: &Configuration) -> anyhow::Result<MasterKey> {
    let key = Key::Feed.read(configuration).context("the feed cannot sign deliveries")?;
    Ok(MasterKey::new(key))
}

/// The key that links for unsubscribing are signed with.
pub(crate) fn notify(configuration: &Configuration) -> anyhow::Result<samvirke_notify::Key> {
    let key =
        Key::Notify.read(configuration).context("links for unsubscribing cannot be signed")?;
    Ok(samvirke_notify::Key(key))
}

/// Every file with a key, by the name that it has in a data directory, whether it is there or not.
pub(crate) fn files(configuration: &Configuration) -> Vec<(&'static str, PathBuf)> {
    let keys = Key::VARIANTS.iter().map(|key| (key.file_name(), key.file(configuration)));
    keys.chain([(PUBLIC_FILE, public_file(configuration))]).collect()
}

/// What is wrong with the keys of a `samvirke up` on the data directory; nothing where there is none.
pub(crate) fn problems(configuration: &Configuration) -> Vec<String> {
    list::problems(configuration)
}

/// Makes keys, or tells which there are.
pub(crate) fn run(configuration: &Configuration, command: &KeysCommand) -> anyhow::Result<Outcome> {
    match command {
        KeysCommand::Create(asked) => create::run(configuration, asked),
        KeysCommand::List { json } => list::run(configuration, *json),
    }
}

/// Where the gateway's public key is kept: where it is set, or beside the private one.
fn public_file(configuration: &Configuration) -> PathBuf {
    let set = configuration.gateway_public_key_file.clone();
    set.unwrap_or_else(|| Key::Gateway.file(configuration).with_file_name(PUBLIC_FILE))
}

fn read_public(file: &Path) -> anyhow::Result<MessageVerifier> {
    let text = fs::read_to_string(file)
        .with_context(|| format!("the public key in {} is not read", file.display()))?;
    text.trim().parse().with_context(|| format!("{} holds no public key", file.display()))
}
