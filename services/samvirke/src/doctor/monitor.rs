//! What nats-server tells on its monitoring page: settings that its clients are not told.

use anyhow::Context;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{configuration::Configuration, http};

/// The page on the server itself.
#[derive(Debug, Deserialize)]
pub(crate) struct Varz {
    pub(crate) now: chrono::DateTime<chrono::Utc>,
}

/// The page on whether the server can do its work.
#[derive(Debug, Deserialize)]
pub(crate) struct Healthz {
    pub(crate) status: String,
    pub(crate) error: Option<String>,
}

/// The page on JetStream.
#[derive(Debug, Deserialize)]
pub(crate) struct Jsz {
    #[serde(default)]
    pub(crate) config: JetStreamConfig,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct JetStreamConfig {
    pub(crate) sync_always: bool,
}

/// Reads the page on the server.
pub(crate) async fn varz(configuration: &Configuration) -> anyhow::Result<Varz> {
    page(configuration, "varz").await
}

/// Reads the page on whether the server can do its work.
pub(crate) async fn healthz(configuration: &Configuration) -> anyhow::Result<Healthz> {
    let url = configuration.nats.monitor_url.as_deref();
    let url = url.context("[nats] monitor_url is not set")?.trim_end_matches('/');
    // Where it cannot, the status says so too, and the page why.
    let answer = http::client()?.get(format!("{url}/healthz")).send().await?;
    answer.json().await.with_context(|| format!("{url}/healthz is not understood"))
}

/// Reads the page on JetStream.
pub(crate) async fn jsz(configuration: &Configuration) -> anyhow::Result<Jsz> {
    page(configuration, "jsz?config=true").await
}

async fn page<T: DeserializeOwned>(configuration: &Configuration, page: &str) -> anyhow::Result<T> {
    let url = configuration.nats.monitor_url.as_deref();
    let url = url.context("[nats] monitor_url is not set")?.trim_end_matches('/');
    let answer = http::client()?.get(format!("{url}/{page}")).send().await?.error_for_status()?;
    answer.json().await.with_context(|| format!("{url}/{page} is not understood"))
}
