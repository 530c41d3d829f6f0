//! A policy as the server sees it: a durable consumer of a stream.

use std::time::Duration;

use anyhow::Context;
use async_nats::jetstream::{
    self,
    consumer::{PullConsumer, pull},
    stream::Stream,
};

/// How long a policy may take to be done.
const DONE_WITHIN: Duration = Duration::from_secs(30);
/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// One policy's place in the stream that it acts on.
#[derive(Debug)]
pub struct Policy {
    stream: Stream,
    name: &'static str,
}

impl Policy {
    /// The policy `name`, which follows `stream`.
    ///
    /// # Errors
    ///
    /// When there is no such stream.
    pub async fn of(
        client: &async_nats::Client,
        stream: &str,
        name: &'static str,
    ) -> anyhow::Result<Self> {
        let stream = jetstream::new(client.clone()).get_stream(stream).await?;
        Ok(Self { stream, name })
    }

    /// Waits until it has acted on everything that is on the stream now.
    ///
    /// # Errors
    ///
    /// When it does not in time.
    pub async fn is_done(&self) -> anyhow::Result<()> {
        let end = self.stream.get_info().await?.state.last_sequence;
        let look = async {
            let mut again = tokio::time::interval(LOOK_EVERY);
            loop {
                again.tick().await;
                // It may not be there yet, or just be made anew.
                let found: Result<PullConsumer, _> = self.stream.get_consumer(self.name).await;
                if let Ok(mut consumer) = found {
                    let info = consumer.info().await?;
                    if info.ack_floor.stream_sequence >= end && info.num_pending == 0 {
                        return anyhow::Ok(());
                    }
                }
            }
        };
        let late = || format!("the policy {} is not done in time", self.name);
        tokio::time::timeout(DONE_WITHIN, look).await.with_context(late)?
    }

    /// Forgets how far it has come, so that everything is delivered to it again.
    ///
    /// # Errors
    ///
    /// When it is not there.
    pub async fn deliver_again(&self) -> anyhow::Result<()> {
        let _: jetstream::consumer::Consumer<pull::Config> =
            self.stream.get_consumer(self.name).await.map_err(|error| anyhow::anyhow!(error))?;
        self.stream.delete_consumer(self.name).await?;
        Ok(())
    }
}
