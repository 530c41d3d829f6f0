//! Where the services are put together: the only file that knows them all.
//!
//! Invariant: a service gets the same [`Host`] whether it runs alone or with the others, and nothing in
//! it can tell which.

use std::sync::Arc;

use anyhow::{Context, anyhow};
use metrics_exporter_prometheus::PrometheusBuilder;
use samvirke_feed::MasterKey;
use samvirke_gateway::Gateway;
use samvirke_kernel::{
    log::ReadError,
    service::{Host, StartError},
    signature::{MessageSigner, MessageVerifier},
    stream::StreamError,
};
use samvirke_private_servers::Secret;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{configuration::Configuration, keys, service::Service};

/// What the services of a process need.
pub(crate) struct ServiceContext {
    pub(crate) client: async_nats::Client,
    pub(crate) keys: Keys,
    /// Needed by the read models and the notifications only.
    pub(crate) database_url: Option<Secret>,
    /// Needed by the gateway only.
    pub(crate) listener: Option<TcpListener>,
    pub(crate) configuration: Configuration,
    pub(crate) shutdown: CancellationToken,
}

/// The keys that some services of a process need, and no others.
pub(crate) struct Keys {
    /// Of the gateway only: whoever holds it can claim to be anyone.
    signer: Option<MessageSigner>,
    verifier: MessageVerifier,
    /// Of the feed only.
    master: Option<MasterKey>,
    /// Of the notifications only.
    notify: Option<samvirke_notify::Key>,
}

impl Keys {
    /// Reads the keys that `services` need.
    ///
    /// # Errors
    ///
    /// When one is missing; none is ever made here.
    pub(crate) fn of(services: &[Service], configuration: &Configuration) -> anyhow::Result<Self> {
        let runs = |service| services.contains(&service);
        let signer = runs(Service::Gateway).then(|| keys::signer(configuration)).transpose()?;
        let verifier = match &signer {
            Some(signer) => signer.verifier(),
            None => keys::verifier(configuration)?,
        };
        let master = runs(Service::Feed).then(|| keys::master(configuration)).transpose()?;
        let notify = runs(Service::Notify).then(|| keys::notify(configuration)).transpose()?;
        Ok(Self { signer, verifier, master, notify })
    }
}

/// Runs `services` until they are told to stop.
///
/// A service that ends before that takes the others with it: a process that does half of its work
/// looks healthy and is not.
pub(crate) async fn run(services: &[Service], context: ServiceContext) -> anyhow::Result<()> {
    let shutdown = context.shutdown.clone();
    let replicas = context.configuration.nats.replicas.unwrap_or(1);
    let verifier = context.keys.verifier.clone();
    let host = Host::new(context.client.clone(), replicas, verifier, shutdown.clone());
    let context = Arc::new(tokio::sync::Mutex::new(context));
    let mut tasks = JoinSet::new();
    for service in services {
        let (service, host, context) = (*service, host.clone(), context.clone());
        tasks.spawn(async move { (service, start(service, host, context).await) });
    }
    let mut first_failure = None;
    while let Some(ended) = tasks.join_next().await {
        let failure = match ended {
            Ok((_, Ok(()))) if shutdown.is_cancelled() => continue,
            Ok((_, Err(error))) if shutdown.is_cancelled() && was_waiting(&error) => continue,
            Ok((service, Ok(()))) => anyhow!("the service {service} ended by itself"),
            Ok((service, Err(error))) => {
                error.context(format!("the service {service} cannot go on"))
            }
            Err(error) => anyhow!(error).context("a service failed; this is a mistake in samvirke"),
        };
        shutdown.cancel();
        first_failure.get_or_insert(failure);
    }
    first_failure.map_or(Ok(()), Err)
}

/// Whether a service still waited for a stream at its start, which it reported all the while.
fn was_waiting(error: &anyhow::Error) -> bool {
    let of_stream = |error: &StreamError| error.waited_for().is_some();
    let of_reading = |error: &ReadError| error.waited_for().is_some();
    error.chain().any(|cause| {
        cause.downcast_ref().is_some_and(of_stream) || cause.downcast_ref().is_some_and(of_reading)
    })
}

async fn start(
    service: Service,
    host: Host,
    context: Arc<tokio::sync::Mutex<ServiceContext>>,
) -> anyhow::Result<()> {
    let mut context = context.lock().await;
    match service {
        Service::Networks => {
            drop(context);
            samvirke_networks::service(host).await.map_err(Into::into)
        }
        Service::Cases => {
            drop(context);
            samvirke_cases::service(host).await.map_err(Into::into)
        }
        Service::Meetings => {
            drop(context);
            samvirke_meetings::service(host).await.map_err(Into::into)
        }
        Service::Readmodels => {
            let url = context.database_url.clone().context("the read models need a database")?;
            drop(context);
            samvirke_readmodels::service(host, url.expose()).await.map_err(Into::into)
        }
        Service::Feed => {
            let master = context.keys.master.take().context("the feed needs a key")?;
            let settings = context.configuration.feed.clone();
            drop(context);
            samvirke_feed::service(host, settings, master).await.map_err(Into::into)
        }
        Service::Notify => {
            let given = notify_config(&mut context)?;
            drop(context);
            samvirke_notify::service(host, given).await.map_err(Into::into)
        }
        Service::Gateway => {
            let listener = context.listener.take().context("the gateway needs an address")?;
            let metrics = PrometheusBuilder::new().install_recorder();
            let metrics = metrics.context("the metrics cannot be collected")?;
            let settings = context.configuration.gateway.clone();
            let signer =
                context.keys.signer.take().context("the gateway needs a key to sign with")?;
            // Issuers may be slow to tell their keys, which the other services need not wait for.
            drop(context);
            let Host { client, replicas, shutdown, .. } = host;
            let gateway = Gateway::new(&settings, client, replicas, signer, metrics).await?;
            samvirke_gateway::serve(listener, gateway, shutdown).await.map_err(Into::into)
        }
    }
}

fn notify_config(context: &mut ServiceContext) -> anyhow::Result<samvirke_notify::Config> {
    let url = context.database_url.as_ref().context("the notifications need a database")?;
    let key = context.keys.notify.take().context("the notifications need a key")?;
    let configuration = &context.configuration;
    Ok(samvirke_notify::Config {
        database_url: url.expose().to_owned(),
        settings: configuration.notify.clone(),
        key,
        url: configuration.url(),
    })
}
