//! `samvirke serve SERVICE…`: some services in this process, against servers that others run.

use anyhow::Context;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use crate::{
    assembly::{self, Keys, ServiceContext},
    configuration::Configuration,
    connections,
    outcome::Outcome,
    service::Service,
};

/// Runs the services until Ctrl-C or SIGTERM.
pub(crate) async fn run(
    configuration: Configuration,
    services: &[Service],
) -> anyhow::Result<Outcome> {
    let keys = Keys::of(services, &configuration)?;
    let client = connections::nats(&configuration.nats).await?;
    samvirke_kernel::stream::check_server(&client)?;
    let on_database = [Service::Readmodels, Service::Notify];
    let database_url = match on_database.iter().any(|service| services.contains(service)) {
        true => Some(connections::postgres_url(&configuration)?.clone()),
        false => None,
    };
    let listener = match services.contains(&Service::Gateway) {
        true => Some(listen(&configuration).await?),
        false => None,
    };
    let shutdown = CancellationToken::new();
    cancel_on_signal(shutdown.clone())?;
    let context = ServiceContext { client, keys, database_url, listener, configuration, shutdown };
    assembly::run(services, context).await?;
    Ok(Outcome::Done)
}

/// Takes the address for HTTP.
pub(crate) async fn listen(configuration: &Configuration) -> anyhow::Result<TcpListener> {
    let address = configuration.http;
    TcpListener::bind(address).await.with_context(|| {
        format!("{address} is not free for HTTP; stop who uses it or give another with --http")
    })
}

/// Cancels `shutdown` at Ctrl-C or SIGTERM; a second one ends the process at once.
pub(crate) fn cancel_on_signal(shutdown: CancellationToken) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        for patience in [true, false] {
            tokio::select! {
                _ = interrupt.recv() => (),
                _ = terminate.recv() => (),
            }
            if !patience {
                tracing::warn!("stopping at once");
                std::process::exit(130);
            }
            tracing::info!("stopping; once more to stop at once");
            shutdown.cancel();
        }
    });
    Ok(())
}
