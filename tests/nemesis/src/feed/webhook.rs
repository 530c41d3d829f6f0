//! A webhook endpoint that misbehaves at random, and may be killed.

use std::sync::Arc;

use rand::{RngExt, rngs::StdRng};
use samvirke_tests::{Act, Endpoint, ReceivedRequest};

use super::shelf::{Got, Shelf, position};

/// After so many deliveries an endpoint is well for good.
const ACTS: usize = 4_000;
/// One delivery in so many goes wrong in each of the ways.
const WRONG_IN: usize = 30;

/// An endpoint, and what it has stored.
pub(super) struct Webhook {
    pub(super) endpoint: Endpoint,
    pub(super) shelf: Arc<Shelf>,
}

impl Webhook {
    pub(super) async fn start(random: &mut StdRng, shelf: Arc<Shelf>) -> Self {
        let endpoint = Endpoint::start().await;
        let acts: Vec<Act> = (0..ACTS).map(|_| act(random)).collect();
        endpoint.to_deliveries(acts.into_iter().chain([Act::Answer(204)]));
        Self { endpoint, shelf }
    }

    /// Puts away what has come since.
    pub(super) async fn put_away(&self) -> anyhow::Result<()> {
        while let Some(heard) = self.endpoint.more().await {
            self.shelf.put(got(heard, &self.shelf)?);
        }
        Ok(())
    }
}

fn act(random: &mut StdRng) -> Act {
    match random.random_range(0..WRONG_IN) {
        0 => Act::Answer(500),
        1 => Act::HangUp,
        2 => Act::Late,
        3 => Act::HalfAnAnswer,
        _ => Act::Answer(204),
    }
}

/// Whoever says 200 has stored the event before; whoever says anything else, or nothing in time, is
/// taken not to have, so that it must come again.
fn got(heard: ReceivedRequest, shelf: &Shelf) -> anyhow::Result<Got> {
    let kept = match heard.act {
        Act::Answer(status) => status < 300,
        Act::HalfAnAnswer => true,
        Act::HangUp | Act::Late | Act::Head(_) => false,
    };
    if heard.act != Act::Answer(204) {
        shelf.misbehave();
    }
    let event: serde_json::Value = serde_json::from_slice(&heard.body)?;
    Ok(Got {
        position: position(event["position"].as_str().unwrap_or_default()),
        id: heard.header("webhook-id").to_owned(),
        event: heard.body,
        kept,
        again: false,
    })
}
