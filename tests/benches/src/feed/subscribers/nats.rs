//! NATS: an account for each member, and its place in the feed.

use std::{collections::BTreeSet, fs, time::Instant};

use anyhow::{Context, ensure};
use async_nats::{Client, ConnectOptions};
use futures::StreamExt;
use samvirke_kernel::receiver::Receiver;
use samvirke_schemas::organisation::OrganisationNumber;
use tokio::task::JoinSet;

use super::ReceiptSender;
use crate::feed::site::{COOPERATION, Site};

/// Asks for as much as one may, for as long as one may.
const ASK: &str = r#"{"batch": 256, "expires": 60000000000}"#;

pub(super) async fn open(
    site: &Site,
    count: usize,
    told: &ReceiptSender,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<()> {
    for member in site.members.iter().take(count) {
        let client = connect(site, member).await?;
        let receiver = Receiver {
            member: member.clone(),
            cooperations: BTreeSet::from([COOPERATION.parse()?]),
        };
        let told = told.clone();
        tasks.spawn(async move {
            // Then nobody hears what is waited for, and the bench says so.
            let _broken_off = receive(&client, &receiver.next(), &told).await;
        });
    }
    Ok(())
}

/// Connects with the account that the operator gives, once.
async fn connect(site: &Site, member: &OrganisationNumber) -> anyhow::Result<Client> {
    let file = site.up.data().join(format!("{member}.seed"));
    if !file.exists() {
        let path = file.to_string_lossy();
        let words =
            ["nats-account", member.as_str(), "--cooperation", COOPERATION, "--out", &*path];
        let given = site.up.command(&words).output()?;
        ensure!(given.status.success(), "{}", String::from_utf8_lossy(&given.stderr));
    }
    let seed = fs::read_to_string(file)?;
    let url = site.up.addresses()?.nats.url;
    let options = ConnectOptions::with_nkey(seed.trim().to_owned());
    options.connect(url).await.context("a member cannot connect")
}

async fn receive(client: &Client, next: &str, told: &ReceiptSender) -> anyhow::Result<()> {
    let inbox = client.new_inbox();
    let mut messages = client.subscribe(inbox.clone()).await?;
    let ask = || client.publish_with_reply(next.to_owned(), inbox.clone(), ASK.into());
    ask().await?;
    let mut asked = 256;
    while let Some(message) = messages.next().await {
        let at = Instant::now();
        if message.status.is_some() {
            ask().await?;
            asked = 256;
            continue;
        }
        told.tell(&message.payload, at)?;
        if let Some(place) = message.reply {
            client.publish(place, "+ACK".into()).await?;
        }
        asked -= 1;
        if asked == 0 {
            ask().await?;
            asked = 256;
        }
    }
    Ok(())
}
