//! Making keys, where nothing yet depends on one that is missing.

use std::{
    fs,
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::{Context, bail};
use samvirke_kernel::signature::MessageSigner;
use samvirke_private_servers::Secret;
use strum::VariantArray;

use super::{Key, public_file};
use crate::{arguments::KeysCreate, configuration::Configuration, outcome::Outcome, terminal};

impl Key {
    /// The streams whose history depends on this key; `None`: on any at all.
    fn streams(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Gateway | Self::DemoIssuer => None,
            Self::Feed => Some(&["SUBSCRIPTIONS"]),
            Self::Notify => Some(&["CONTACTS"]),
        }
    }

    /// What comes of it when a lost key is replaced by another one.
    fn when_lost(self) -> &'static str {
        match self {
            Self::Gateway => "every service needs the new public key before it trusts the gateway",
            Self::Feed => "every subscriber needs the new secret of its webhook",
            Self::Notify => "the links for unsubscribing in mails already sent stop working",
            Self::DemoIssuer => "tokens already made stop working",
        }
    }
}

/// Makes the keys that were asked for, or all that are missing.
pub(super) fn run(configuration: &Configuration, asked: &KeysCreate) -> anyhow::Result<Outcome> {
    let keys = if asked.keys.is_empty() { Key::VARIANTS } else { &asked.keys };
    let data = &configuration.data;
    fs::create_dir_all(data)
        .with_context(|| format!("the directory {} cannot be made", data.display()))?;
    for key in keys {
        if !asked.accept_loss {
            refuse_where_lost(configuration, *key)?;
        }
        let file = key.file(configuration);
        let made = if create(&file)? { "is made" } else { "was there, and is left as it is" };
        terminal::say(&format!("{key}: {} {made}", file.display()));
        if *key == Key::Gateway && publish(configuration)? {
            let public = public_file(configuration);
            terminal::say(&format!("gateway: {} is its public half", public.display()));
        }
    }
    Ok(Outcome::Done)
}

/// Makes what `samvirke up` needs on a data directory in which nothing depends on it yet.
///
/// # Errors
///
/// When a key is missing that streams in the directory depend on.
pub(crate) fn prepare(configuration: &Configuration) -> anyhow::Result<()> {
    for key in Key::VARIANTS {
        refuse_where_lost(configuration, *key)?;
    }
    for key in Key::VARIANTS {
        create(&key.file(configuration))?;
    }
    publish(configuration)?;
    Ok(())
}

/// The names of the streams that a private server keeps in a data directory, in all its accounts.
pub(crate) fn streams(data: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for account in children(&data.join("nats/store/jetstream"))? {
        for stream in children(&account.join("streams"))? {
            found.extend(stream.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    found.sort();
    Ok(found)
}

fn children(directory: &Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let listed = match fs::read_dir(directory) {
        Ok(listed) => listed,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(error).with_context(|| format!("{} is not read", directory.display()));
        }
    };
    let paths: Result<Vec<_>, _> = listed.map(|entry| entry.map(|entry| entry.path())).collect();
    let paths = paths.with_context(|| format!("{} is not read", directory.display()))?;
    Ok(paths.into_iter().filter(|path| path.is_dir()).collect())
}

fn refuse_where_lost(configuration: &Configuration, key: Key) -> anyhow::Result<()> {
    let file = key.file(configuration);
    if file.exists() {
        return Ok(());
    }
    let dependent: Vec<String> = streams(&configuration.data)?
        .into_iter()
        .filter(|name| key.streams().is_none_or(|those| those.contains(&name.as_str())))
        .collect();
    if dependent.is_empty() {
        return Ok(());
    }
    bail!(
        "the {key} key {} is lost, while {} holds streams that depend on it ({}); put it back from a backup. Only where there is none: samvirke keys create {key} --accept-loss; then {}",
        file.display(),
        configuration.data.display(),
        dependent.join(", "),
        key.when_lost()
    )
}

/// Makes a key where there is none; says whether it did.
fn create(file: &Path) -> anyhow::Result<bool> {
    match Secret::create(file) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => {
            Err(error).with_context(|| format!("the key {} cannot be made", file.display()))
        }
    }
}

/// Writes the public half of the gateway's key where it is missing; says whether it did.
fn publish(configuration: &Configuration) -> anyhow::Result<bool> {
    let file = public_file(configuration);
    let key = Key::Gateway.read(configuration)?;
    let public = MessageSigner::new(&key).verifier();
    let opened = fs::OpenOptions::new().write(true).create_new(true).mode(0o644).open(&file);
    let write = match opened {
        Ok(mut opened) => writeln!(opened, "{public}").and_then(|()| opened.sync_all()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => Err(error),
    };
    write.with_context(|| format!("the public key {} cannot be written", file.display()))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Common;

    fn on(data: &Path) -> Configuration {
        let common = Common { data: Some(data.into()), ..Common::default() };
        Configuration::load(&common).unwrap()
    }

    fn with_stream(data: &Path, name: &str) {
        fs::create_dir_all(data.join("nats/store/jetstream/SAMVIRKE/streams").join(name)).unwrap();
    }

    #[test]
    fn keys_are_made_once_on_an_empty_directory() {
        let dir = tempfile::tempdir().unwrap();
        let configuration = on(dir.path());
        prepare(&configuration).unwrap();
        let read = || Key::VARIANTS.iter().map(|key| key.read(&configuration).unwrap());
        let first: Vec<_> = read().collect();
        prepare(&configuration).unwrap();
        assert_eq!(read().collect::<Vec<_>>(), first);
        let signer = super::super::signer(&configuration).unwrap();
        assert_eq!(super::super::verifier(&configuration).unwrap(), signer.verifier());
    }

    #[test]
    fn a_key_that_streams_depend_on_is_never_made_anew_unasked() {
        let dir = tempfile::tempdir().unwrap();
        let configuration = on(dir.path());
        prepare(&configuration).unwrap();
        with_stream(dir.path(), "NETWORKS");
        // Directories from before there were subscriptions have no key for them.
        fs::remove_file(Key::Feed.file(&configuration)).unwrap();
        prepare(&configuration).unwrap();

        with_stream(dir.path(), "SUBSCRIPTIONS");
        fs::remove_file(Key::Feed.file(&configuration)).unwrap();
        let error = prepare(&configuration).unwrap_err().to_string();
        assert!(error.contains("feed.key") && error.contains("SUBSCRIPTIONS"), "{error}");
        assert!(!Key::Feed.file(&configuration).exists());
        let asked = |accept_loss| KeysCreate { keys: vec![Key::Feed], accept_loss };
        assert!(run(&configuration, &asked(false)).is_err());
        run(&configuration, &asked(true)).unwrap();
        prepare(&configuration).unwrap();
    }

    #[test]
    fn a_public_key_of_another_private_one_is_found_out() {
        let dir = tempfile::tempdir().unwrap();
        let configuration = on(dir.path());
        prepare(&configuration).unwrap();
        fs::write(public_file(&configuration), MessageSigner::new(&[9; 32]).verifier().to_string())
            .unwrap();
        let error = super::super::signer(&configuration).unwrap_err().to_string();
        assert!(error.contains(super::super::PUBLIC_FILE), "{error}");
    }
}
