//! The check on members' accounts over NATS: whether each one's member is a member still.
//!
//! A member that left is published nothing more of its own; what it was told before it reads until its
//! account is revoked (decision 63).

use std::collections::BTreeSet;

use async_nats::Client;
use samvirke_kernel::{clock, envelope::Envelope, log::Log};
use samvirke_schemas::{
    date::Date,
    id::{AggregateId, CooperationId},
    local_time::day_of,
    networks::cooperation::{Event, Memberships},
    organisation::OrganisationNumber,
};

use super::Row;
use crate::{
    configuration::Configuration,
    nats_account::{Held, accounts_in},
};

const CHECK: &str = "accounts";

/// One row for each account whose member has left all of its cooperations.
pub(super) async fn check(configuration: &Configuration, client: &Client) -> Vec<Row> {
    match former(configuration, client).await {
        Ok(former) => former.iter().map(warning).collect(),
        Err(error) => {
            let found = format!("whether every account is a member's is not known: {error:#}");
            vec![Row::warn(CHECK, found, "see to the streams, then samvirke doctor again")]
        }
    }
}

fn warning(member: &OrganisationNumber) -> Row {
    let found = format!("{member} has an account and is a member of no cooperation any more");
    Row::warn(CHECK, found, &format!("samvirke nats-account revoke {member}"))
}

/// The members with an account whose last stay is over.
async fn former(
    configuration: &Configuration,
    client: &Client,
) -> anyhow::Result<Vec<OrganisationNumber>> {
    let directory = accounts_in(configuration);
    // Reading it would make the directory.
    if !directory.exists() {
        return Ok(Vec::new());
    }
    let register = Held::read(&directory)?.register;
    if register.0.is_empty() {
        return Ok(Vec::new());
    }
    let log = Log::open(client.clone(), "networks", configuration.nats.replicas.unwrap_or(1));
    let (log, today) = (log.await?, day_of(clock::now()));
    let mut former = Vec::new();
    for (member, entry) in register.0 {
        if has_left(&log, &member, &entry.cooperations, today).await? {
            former.push(member);
        }
    }
    Ok(former)
}

/// Whether it was a member of one of these, and is of none of them. One that is to be a member has not left.
async fn has_left(
    log: &Log,
    member: &OrganisationNumber,
    cooperations: &BTreeSet<CooperationId>,
    today: Date,
) -> anyhow::Result<bool> {
    let mut was_member = false;
    for cooperation in cooperations {
        let memberships = memberships(log, cooperation).await?;
        for stay in memberships.of(member) {
            if stay.period.to.is_none_or(|last| last >= today) {
                return Ok(false);
            }
            was_member = true;
        }
    }
    Ok(was_member)
}

async fn memberships(log: &Log, cooperation: &CooperationId) -> anyhow::Result<Memberships> {
    let subject = log.subject("cooperation", &AggregateId::of_cooperation(cooperation.clone()));
    let mut memberships = Memberships::default();
    for commit in log.read(&subject, 0).await? {
        let envelope = Envelope::read(commit.sequence, &commit.payload)?;
        for event in envelope.events::<Event>(commit.sequence)? {
            memberships.take(&event);
        }
    }
    Ok(memberships)
}
