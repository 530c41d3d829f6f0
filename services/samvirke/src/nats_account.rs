//! `samvirke nats-account`: members that receive the change feed over NATS, each in an account of its own.
//!
//! Invariants: what a member reaches follows from the register alone; a change is either in the register
//! and on the private server, or in neither; a secret key is never kept.

mod change;
mod list;
mod register;
mod seed;

pub(crate) use register::Held;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use samvirke_kernel::receiver::Receiver;
use samvirke_private_servers::{Accounts, Secret, accounts::Login, nats};

use crate::{
    arguments::{Giving, NatsAccount, NatsAccountCommand},
    configuration::Configuration,
    outcome::Outcome,
    terminal,
};
use change::Change;
use register::Register;

/// Where the private server, its password and the register are, from the data directory.
pub(crate) const DIRECTORY: &str = "nats";
/// The register of accounts, from the data directory.
pub(crate) const REGISTER: &str = "nats/accounts.toml";
/// Holds the password of Samvirke's own user on a server that is run elsewhere: the variable that
/// samvirke reads itself.
const PASSWORD_VARIABLE: &str = "SAMVIRKE_NATS__PASSWORD";

/// Gives, changes, lists or takes away accounts.
pub(crate) async fn run(
    configuration: &Configuration,
    asked: &NatsAccount,
) -> anyhow::Result<Outcome> {
    let mut held = Held::read(&accounts_in(configuration))?;
    let (change, giving) = match (&asked.command, &asked.member) {
        (Some(NatsAccountCommand::List { json }), _) => {
            return list::run(configuration, &held.register, *json).await;
        }
        (Some(NatsAccountCommand::Rotate { member, giving }), _) => {
            (Change::rotate(&held.register, member)?, giving.clone())
        }
        (Some(NatsAccountCommand::Revoke { member, taking }), _) => {
            let giving = Giving { taking: taking.clone(), ..Giving::default() };
            (Change::revoke(&held.register, member)?, giving)
        }
        (None, Some(member)) => {
            let mut cooperations: BTreeSet<_> = asked.cooperations.iter().cloned().collect();
            if cooperations.is_empty() {
                cooperations.insert(configuration.cooperation()?.clone());
            }
            let receiver = Receiver { member: member.clone(), cooperations };
            (Change::give(&held.register, receiver)?, asked.giving.clone())
        }
        (None, None) => {
            let print_config = asked.giving.taking.print_config;
            ensure!(print_config, "name the member by its organisation number");
            print(configuration, &held.register);
            return Ok(Outcome::Done);
        }
    };
    change.carry_out(configuration, &mut held, &giving).await?;
    Ok(Outcome::Done)
}

/// The directory of the register.
pub(crate) fn accounts_in(configuration: &Configuration) -> PathBuf {
    configuration.in_data(DIRECTORY)
}

/// The accounts that the private server in `data` starts with, and the register they are of: held until the
/// server runs, so that a key that is revoked meanwhile is taken from a server that can be told.
pub(crate) fn private(data: &Path) -> anyhow::Result<(Accounts, Held)> {
    let directory = data.join(DIRECTORY);
    let held = Held::read(&directory)?;
    Ok((privately(&directory, &held.register)?, held))
}

/// The accounts as the private server in `directory` has them, with its password.
fn privately(directory: &Path, register: &Register) -> anyhow::Result<Accounts> {
    let file = directory.join("password");
    let password = Secret::kept_in(&file)
        .with_context(|| format!("the password in {} cannot be read", file.display()))?;
    Ok(register.accounts(Login::Password { user: nats::USER.into(), password }))
}

/// Says the accounts as a server that is run elsewhere includes them.
fn print(configuration: &Configuration, register: &Register) {
    let user = configuration.nats.user.clone().unwrap_or_else(|| nats::USER.into());
    let accounts = register.accounts(Login::Variable { user, variable: PASSWORD_VARIABLE.into() });
    terminal::say(accounts.to_string().trim_end());
}

#[cfg(test)]
mod tests;
