//! `accounts.toml`: which members receive over NATS, of which cooperations, and each one's public key.
//!
//! The configuration of nats-server is made from it, on the private server and elsewhere.
//!
//! Invariants: there is no secret in it; one command at a time changes it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;
use chrono::{DateTime, Utc};
use samvirke_kernel::receiver::Receiver;
use samvirke_private_servers::accounts::{Accounts, Guest, Login};
use samvirke_schemas::{id::CooperationId, organisation::OrganisationNumber};
use serde::{Deserialize, Serialize};

/// All accounts of members.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Register(pub(crate) BTreeMap<OrganisationNumber, Entry>);

/// The account of one member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) cooperations: BTreeSet<CooperationId>,
    /// The public half of its NKey.
    pub(crate) key: String,
    /// When the key was made.
    pub(crate) issued_at: DateTime<Utc>,
}

impl Register {
    /// What each member receives.
    pub(crate) fn receivers(&self) -> impl Iterator<Item = (Receiver, &Entry)> {
        self.0.iter().map(|(member, entry)| {
            let cooperations = entry.cooperations.clone();
            (Receiver { member: member.clone(), cooperations }, entry)
        })
    }

    /// The accounts of a server whose owner shows itself by `owner`.
    pub(crate) fn accounts(&self, owner: Login) -> Accounts {
        let guests = self.receivers().map(|(receiver, entry)| Guest {
            name: format!("MEMBER-{}", receiver.member),
            key: entry.key.clone(),
            streams: receiver.subjects(),
            services: vec![receiver.next(), receiver.acknowledgements()],
        });
        Accounts { owner, guests: guests.collect() }
    }
}

/// The register of a directory, held so that no other command changes it meanwhile.
pub(crate) struct Held {
    pub(crate) register: Register,
    file: PathBuf,
    _lock: File,
}

impl Held {
    /// Reads the register in `directory`, which is made if it is not there.
    pub(crate) fn read(directory: &Path) -> anyhow::Result<Self> {
        let file = directory.join("accounts.toml");
        let read = || {
            fs::create_dir_all(directory)?;
            let lock = File::create(file.with_extension("lock"))?;
            lock.lock()?;
            let text = if file.exists() { fs::read_to_string(&file)? } else { String::new() };
            anyhow::Ok((toml::from_str(&text)?, lock))
        };
        let (register, lock) = read()
            .with_context(|| format!("the register of accounts {} is not read", file.display()))?;
        Ok(Self { register, file, _lock: lock })
    }

    /// Keeps `register` from now on; who reads it sees all of it or what was there before.
    pub(crate) fn keep(&mut self, register: Register) -> anyhow::Result<()> {
        let text = toml::to_string(&register).context("the register cannot be written")?;
        let beside = self.file.with_extension("toml.new");
        let write = || {
            let mut written = File::create(&beside)?;
            writeln!(
                written,
                "# Members that receive over NATS; samvirke nats-account changes it."
            )?;
            written.write_all(text.as_bytes())?;
            written.sync_all()?;
            fs::rename(&beside, &self.file)
        };
        write().with_context(|| format!("{} cannot be written", self.file.display()))?;
        self.register = register;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut held = Held::read(dir.path()).unwrap();
        let entry = Entry {
            cooperations: BTreeSet::from(["a".parse().unwrap(), "b".parse().unwrap()]),
            key: "UABC".into(),
            issued_at: DateTime::UNIX_EPOCH,
        };
        let register = Register([("935478715".parse().unwrap(), entry)].into());
        held.keep(register.clone()).unwrap();
        drop(held);
        assert_eq!(Held::read(dir.path()).unwrap().register, register);
    }

    #[test]
    fn a_register_that_is_not_understood_is_told_by_its_name() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("accounts.toml"), "[123]\nkey = \"U\"").unwrap();
        let error = Held::read(dir.path()).err().unwrap();
        assert!(error.to_string().contains("accounts.toml"), "{error:#}");
    }
}
