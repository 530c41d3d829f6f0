//! HTTP in front of the services: JSON in, problems out, and nothing of the domain in between.
//!
//! Invariants: the gateway knows no rule, no SQL and no JetStream; of the domain it follows only who
//! holds which seat. Its routes and the OpenAPI
//! document are made from the catalogue in `schemas`. Whoever the caller is has been verified
//! before a message leaves, and every message to a service is signed. Only [`problem`] chooses a
//! status.

pub mod demo_issuer;
pub mod identity;
pub mod outbound;
pub mod settings;

mod address;
mod clock;
mod request_context;
mod trace_context;

mod fault;
mod language;
mod problem;

mod body;
mod command;
mod headers;
mod parameter;
mod percent;
mod query;
mod service_request;
mod unsubscribe;

mod feed;
mod published;

mod offices;
mod readiness;
mod shares;

mod health;
mod observe;
mod openapi;
mod routes;
mod server;

#[cfg(test)]
mod any_input;

use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use samvirke_kernel::{signature::MessageSigner, supervision::Supervisor};
use tokio::sync::Semaphore;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use headers::command_id_of;
pub use openapi::openapi;
pub use problem::Document;
pub use routes::router;
pub use server::serve;
pub use settings::Settings;

use crate::{
    address::TrustedProxies,
    feed::Feed,
    identity::{Identity, LoadError},
    offices::Offices,
    readiness::Readiness,
    settings::Limits,
    shares::CallerShares,
};

/// What the gateway needs to answer: the way to the services, its key, and whom it trusts.
#[derive(Clone)]
pub struct Gateway(Arc<Parts>);

struct Parts {
    nats: async_nats::Client,
    signer: MessageSigner,
    identity: Identity,
    offices: Offices,
    tasks: Supervisor,
    /// Ends the background tasks when the gateway goes.
    _tasks: DropGuard,
    readiness: Readiness,
    limits: Limits,
    metrics: PrometheusHandle,
    /// Where callers reach the gateway.
    public_url: Option<String>,
    feed: Arc<Feed>,
    /// One permit for each request to a service that may be under way.
    in_flight: Semaphore,
    shares: CallerShares,
    proxies: TrustedProxies,
    /// Cancelled when the process is about to stop, so that load balancers look elsewhere.
    draining: CancellationToken,
}

impl Gateway {
    /// Puts a gateway together, which follows the seats in NETWORKS from now on. It answers before that
    /// stream is there; `replicas` says how often it is kept.
    ///
    /// # Errors
    ///
    /// When the keys of an issuer cannot be used.
    pub async fn new(
        settings: &Settings,
        nats: async_nats::Client,
        replicas: usize,
        signer: MessageSigner,
        metrics: PrometheusHandle,
    ) -> Result<Self, LoadError> {
        let shutdown = CancellationToken::new();
        let tasks = Supervisor::new(shutdown.clone());
        let identity = Identity::load(&settings.issuers).await?;
        identity.keep_fresh(&tasks);
        let draining = CancellationToken::new();
        let feed = Feed::new(nats.clone(), settings.limits, draining.clone(), tasks.clone());
        let offices = Offices::follow(nats.clone(), replicas, &tasks);
        health::keep_up(&tasks, metrics.clone());
        Ok(Self(Arc::new(Parts {
            nats,
            signer,
            identity,
            offices,
            tasks,
            _tasks: shutdown.drop_guard(),
            readiness: Readiness::default(),
            limits: settings.limits,
            metrics,
            public_url: settings.public_url.clone(),
            feed: Arc::new(feed),
            in_flight: Semaphore::new(settings.limits.in_flight_max),
            shares: CallerShares::new(&settings.limits),
            proxies: TrustedProxies {
                networks: settings.trusted_proxies.clone(),
                header: settings.proxy_header,
            },
            draining,
        })))
    }

    /// How many streams of the feed and waiting requests for it there are now.
    pub fn feed_readers(&self) -> usize {
        self.0.feed.readers()
    }
}
