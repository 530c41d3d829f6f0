//! A member's program that receives over NATS with an account, as `deploy/nats-accounts.md` has it, and
//! is killed at random between storing an event and acknowledging it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context;
use async_nats::{ConnectOptions, Message};
use futures::StreamExt;
use rand::{RngExt, rngs::StdRng};
use samvirke_tests::Addresses;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{
    retry::every_so_often,
    shelf::{Got, Shelf},
};

/// How long one request for events waits.
const EXPIRES: Duration = Duration::from_secs(2);
/// How many events one request asks for at most.
const BATCH_MAX: usize = 64;
/// How often it is killed by itself, and after how many events at most.
const DEATHS: usize = 2;
const EVENTS_MAX: usize = 100;

pub(super) struct Program {
    /// The data directory, which says where NATS is.
    pub(super) data: PathBuf,
    pub(super) member: &'static str,
    pub(super) seed: String,
    pub(super) shelf: Arc<Shelf>,
    pub(super) random: StdRng,
    /// Kills it.
    pub(super) fault: Arc<Notify>,
}

impl Program {
    pub(super) async fn run(mut self) {
        let mut again = every_so_often();
        let fault = self.fault.clone();
        let mut deaths = 0;
        loop {
            again.tick().await;
            let left = match deaths {
                ..DEATHS => self.random.random_range(1..=EVENTS_MAX),
                _ => usize::MAX,
            };
            tokio::select! {
                ended = self.live(left) => match ended {
                    Ok(()) => deaths += 1,
                    // The server is away, or elsewhere.
                    Err(_away) => continue,
                },
                () = fault.notified() => (),
            }
            self.shelf.misbehave();
        }
    }

    /// Receives until it has got `left` events, and is killed at the last of them.
    async fn live(&mut self, mut left: usize) -> anyhow::Result<()> {
        let url = Addresses::read(&self.data)?.nats.url;
        let client = ConnectOptions::with_nkey(self.seed.clone()).connect(url).await?;
        let inbox = client.new_inbox();
        let mut messages = client.subscribe(inbox.clone()).await?;
        let next = format!("$JS.API.CONSUMER.MSG.NEXT.FEED.member-{}", self.member);
        let mut again = every_so_often();
        loop {
            again.tick().await;
            let batch = self.random.random_range(1..=BATCH_MAX);
            let asked = json!({"batch": batch, "expires": EXPIRES.as_nanos() as u64}).to_string();
            client.publish_with_reply(next.clone(), inbox.clone(), asked.into()).await?;
            for _ in 0..batch {
                let waiting = tokio::time::timeout(2 * EXPIRES, messages.next());
                let message = waiting.await?.context("the connection was closed")?;
                let Some(reply) = message.reply.clone() else { break };
                left -= 1;
                let survives = left > 0;
                let kept = survives || self.random.random_bool(0.5);
                self.shelf.put(got(&message, kept)?);
                if !survives {
                    return Ok(());
                }
                client.publish(reply, "+ACK".into()).await?;
            }
        }
    }
}

/// What came. Its reply subject is `$JS.ACK.FEED.<durable>.<deliveries>.<position>.…`.
fn got(message: &Message, kept: bool) -> anyhow::Result<Got> {
    let reply = message.reply.as_deref().unwrap_or_default();
    let words: Vec<&str> = reply.split('.').collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse().ok()).unwrap_or(0_u64);
    let told: Value = serde_json::from_slice(&message.payload)?;
    Ok(Got {
        position: number(5),
        id: told["id"].as_str().unwrap_or_default().to_owned(),
        event: message.payload.to_vec(),
        kept,
        again: number(4) > 1,
    })
}
