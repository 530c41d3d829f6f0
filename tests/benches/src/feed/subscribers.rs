//! Members' systems that listen, over each of the ways there are.

mod nats;
mod sse;
mod webhook;

use std::time::{Duration, Instant};

use anyhow::Context;
use samvirke_schemas::feed::{CloudEvent, Fact};
use tokio::{sync::mpsc, task::JoinSet};

use super::site::Site;

/// How long what was said may take to be heard by everyone.
const HEARD_WITHIN: Duration = Duration::from_secs(120);

/// How events reach a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    Webhook,
    Sse,
    Nats,
}

impl Channel {
    pub(crate) const ALL: [Self; 3] = [Self::Webhook, Self::Sse, Self::Nats];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Sse => "SSE",
            Self::Nats => "NATS",
        }
    }
}

/// Something that one subscriber has heard.
struct Heard {
    number: u64,
    at: Instant,
}

/// Several subscribers, each another member. They listen until this goes.
pub(crate) struct Subscribers {
    count: usize,
    heard: mpsc::UnboundedReceiver<Heard>,
    _tasks: JoinSet<()>,
    /// Subscriptions to be ended.
    names: Vec<String>,
}

/// Where one subscriber tells what it hears.
#[derive(Clone)]
struct ReceiptSender(mpsc::UnboundedSender<Heard>);

impl ReceiptSender {
    /// Tells of an event that came just now, if it is one of those that are waited for.
    fn tell(&self, event: &[u8], at: Instant) -> anyhow::Result<()> {
        let event: CloudEvent = serde_json::from_slice(event)?;
        if let Ok(Fact::CooperationAgreementAmended(fact)) = event.fact() {
            let number = fact.agreement.version.as_str().parse()?;
            // Nobody listens any more when the bench is over.
            let _over = self.0.send(Heard { number, at });
        }
        Ok(())
    }
}

impl Subscribers {
    /// Lets the first `count` members subscribe, and waits until all of them hear.
    pub(crate) async fn open(
        site: &mut Site,
        channel: Channel,
        count: usize,
    ) -> anyhow::Result<Self> {
        let (told, heard) = mpsc::unbounded_channel();
        let (mut tasks, told) = (JoinSet::new(), ReceiptSender(told));
        let mut names = Vec::new();
        match channel {
            Channel::Webhook => names = webhook::open(site, count, &told, &mut tasks).await?,
            Channel::Sse => sse::open(site, count, &told, &mut tasks).await,
            Channel::Nats => nats::open(site, count, &told, &mut tasks).await?,
        }
        let mut subscribers = Self { count, heard, _tasks: tasks, names };
        // Connections are then there, and what is lazy is done.
        for _ in 0..2 {
            subscribers.turn(site).await?;
        }
        Ok(subscribers)
    }

    /// Says something and waits until everyone has heard it; returns milliseconds from the
    /// acknowledgement, in the order in which it was heard.
    pub(crate) async fn turn(&mut self, site: &mut Site) -> anyhow::Result<Vec<f64>> {
        let (said, acknowledged) = site.say().await;
        let mut waits = Vec::with_capacity(self.count);
        let all = async {
            while waits.len() < self.count {
                let Heard { number, at } =
                    self.heard.recv().await.context("a subscriber has given up")?;
                if number == said {
                    // It may be heard before the acknowledgement is.
                    let wait = at.saturating_duration_since(acknowledged);
                    waits.push(wait.as_secs_f64() * 1_000.0);
                }
            }
            anyhow::Ok(())
        };
        let heard = tokio::time::timeout(HEARD_WITHIN, all).await;
        heard.context("not everyone has heard it in time")??;
        waits.sort_by(f64::total_cmp);
        Ok(waits)
    }

    /// Ends what was subscribed to.
    pub(crate) async fn close(self, site: &Site) {
        site.unsubscribe(self.names).await;
    }
}
