//! A change of one member's account: made in the register, in the feed and on the private server.

use anyhow::ensure;
use samvirke_kernel::{
    clock,
    receiver::{self, Receiver},
};
use samvirke_private_servers::nats::take_accounts;
use samvirke_schemas::organisation::OrganisationNumber;

use super::{
    DIRECTORY, print, privately,
    register::{Entry, Held, Register},
    seed::{Handing, Seed},
};
use crate::{
    arguments::{Giving, Taking},
    configuration::Configuration,
    connections, terminal,
};

/// What is to become of one account.
pub(crate) struct Change {
    member: OrganisationNumber,
    pub(crate) after: Register,
    /// A key that is new with it.
    pub(crate) seed: Option<Seed>,
    /// Whether its consumer of the feed is another one then.
    moves: bool,
    /// What is true then, in words that follow the member's number.
    words: String,
}

impl Change {
    /// Gives an account, or changes what the one that is there receives.
    pub(crate) fn give(register: &Register, receiver: Receiver) -> anyhow::Result<Self> {
        let subjects = receiver.subjects().join(", ");
        let (mut after, Receiver { member, cooperations }) = (register.clone(), receiver);
        let (seed, key) = match after.0.get_mut(&member) {
            Some(entry) => {
                entry.cooperations = cooperations;
                (None, "with the key it has")
            }
            None => {
                let seed = Seed::generate()?;
                let (key, issued_at) = (seed.public.clone(), clock::now());
                after.0.insert(member.clone(), Entry { cooperations, key, issued_at });
                (Some(seed), "with a new key")
            }
        };
        let words = format!("receives {subjects}, {key}");
        Ok(Self { member, after, seed, moves: true, words })
    }

    /// Gives a new key.
    pub(crate) fn rotate(register: &Register, member: &OrganisationNumber) -> anyhow::Result<Self> {
        let (mut after, seed) = (register.clone(), Seed::generate()?);
        let entry = after.0.get_mut(member);
        let entry = entry.ok_or_else(|| anyhow::anyhow!("{member} has no account"))?;
        (entry.key, entry.issued_at) = (seed.public.clone(), clock::now());
        let words = "has a new key, and the old one is of no use".to_owned();
        Ok(Self { member: member.clone(), after, seed: Some(seed), moves: false, words })
    }

    /// Takes the account away.
    pub(crate) fn revoke(register: &Register, member: &OrganisationNumber) -> anyhow::Result<Self> {
        let mut after = register.clone();
        ensure!(after.0.remove(member).is_some(), "{member} has no account");
        let words = "has no account, and no place in the feed".to_owned();
        Ok(Self { member: member.clone(), after, seed: None, moves: true, words })
    }

    /// Does it, in an order in which a failure leaves everything as it was.
    pub(crate) async fn carry_out(
        self,
        configuration: &Configuration,
        held: &mut Held,
        giving: &Giving,
    ) -> anyhow::Result<()> {
        let Taking { dry_run, print_config } = giving.taking;
        let Self { member, after, seed, moves, words } = self;
        if dry_run {
            terminal::say(&format!("It would be so that {member} {words}; nothing is changed."));
            return Ok(());
        }
        ensure!(
            !print_config || seed.is_none() || giving.out.is_some(),
            "say with --out where the key goes, so that it is not printed amid the configuration"
        );
        let handing = seed.map(|seed| seed.hand_to(giving.out.as_deref())).transpose()?;
        let (before, stays) = (held.register.clone(), after.0.contains_key(&member));
        if moves && stays {
            settle(configuration, &after, &member).await?;
        }
        let taken = match take(configuration, held, after).await {
            Ok(taken) => taken,
            Err(error) => {
                if moves && stays {
                    settle_if_possible(configuration, &before, &member).await;
                }
                return Err(error);
            }
        };
        if moves && !stays {
            // It is cut off already.
            settle_if_possible(configuration, &held.register, &member).await;
        }
        terminal::complain(&format!("{member} {words}."));
        if !taken {
            terminal::complain(
                "No nats-server of samvirke up runs here: give yours what samvirke nats-account \
                 --print-config prints, and let it reload twice.",
            );
        }
        if print_config {
            print(configuration, &held.register);
        }
        if let Some(handing) = handing {
            Handing::finish(handing);
        }
        Ok(())
    }
}

/// Keeps the register and lets the private server take it in; `false` where none runs.
async fn take(
    configuration: &Configuration,
    held: &mut Held,
    after: Register,
) -> anyhow::Result<bool> {
    let directory = configuration.in_data(DIRECTORY);
    let before = held.register.clone();
    let accounts = privately(&directory, &after)?;
    // First the register: `samvirke up` reads it, should it start again meanwhile.
    held.keep(after)?;
    match take_accounts(&directory, &accounts).await {
        Ok(taken) => Ok(taken),
        Err(error) => {
            held.keep(before)?;
            Err(error.into())
        }
    }
}

/// Ensures the consumer of the feed for a member that is in the register, and none for one that is not.
async fn settle(
    configuration: &Configuration,
    register: &Register,
    member: &OrganisationNumber,
) -> anyhow::Result<()> {
    let client = connections::nats(&configuration.nats).await?;
    match register.receivers().find(|(receiver, _)| receiver.member == *member) {
        Some((receiver, _)) => receiver.ensure_consumer(&client).await?,
        None => receiver::delete_consumer(&client, member).await?,
    }
    Ok(())
}

/// Does so where a failure is to be told and to stop nothing.
async fn settle_if_possible(
    configuration: &Configuration,
    register: &Register,
    member: &OrganisationNumber,
) {
    if let Err(error) = settle(configuration, register, member).await {
        terminal::complain(&format!(
            "The place of {member} in the feed is left as it is: {error:#}."
        ));
    }
}
