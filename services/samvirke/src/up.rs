//! `samvirke up`: private servers and all services, in one directory and one process.
//!
//! Invariant: the servers start before the services and stop after them, so what was accepted is
//! finished.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use samvirke_private_servers::{
    DataDirectory, NatsServer, NatsSettings, PostgresServer, PostgresSettings, Secret, nats,
    postgres, supervise,
};
use strum::VariantArray;
use tokio_util::sync::CancellationToken;

use crate::{
    assembly::{self, Keys, ServiceContext},
    configuration::Configuration,
    connections, database, issuer, keys, nats_account,
    outcome::Outcome,
    running::{Addresses, Note},
    serve,
    service::Service,
    streams, terminal,
};

/// How long the services may take to end where a server is lost.
const STOP_WITHIN: Duration = Duration::from_secs(15);
/// The database in the private PostgreSQL.
const DATABASE: &str = "samvirke";

/// Starts everything and stays until Ctrl-C or SIGTERM.
pub(crate) async fn run(mut configuration: Configuration) -> anyhow::Result<Outcome> {
    let directory = DataDirectory::hold(&configuration.data)?;
    configuration.data = directory.path().to_owned();
    Note::forget(directory.path());
    // These are in the directory, whatever is set for samvirke serve.
    configuration.gateway_key_file = None;
    configuration.gateway_public_key_file = None;
    configuration.feed_key_file = None;
    // All that may be missing is asked for before anything is started.
    keys::prepare(&configuration)?;
    let described = Servers::describe_in(directory.path())?;
    let listener = serve::listen(&configuration).await?;
    let keys = Keys::of(Service::VARIANTS, &configuration)?;
    configuration.gateway.issuers.push(issuer::trusted(directory.path())?);
    let shutdown = CancellationToken::new();
    serve::cancel_on_signal(shutdown.clone())?;

    let mut servers = tokio::select! {
        servers = Servers::start(described) => servers?,
        () = shutdown.cancelled() => return Ok(Outcome::Done),
    };
    servers.describe(&mut configuration);
    let client = connections::nats(&configuration.nats).await?;
    streams::set_up_own(&client, directory.path()).await?;

    let url = format!("http://{}", listener.local_addr()?);
    // What people are told leads to where others say it is reached.
    configuration.url.get_or_insert_with(|| url.clone());
    let note = Note::leave(directory.path(), &servers.addresses(&url)).with_context(|| {
        format!("the note on what runs where cannot be written in {}", directory.path().display())
    })?;
    let context = ServiceContext {
        client,
        keys,
        database_url: Some(servers.database_url.clone()),
        listener: Some(listener),
        configuration,
        shutdown: shutdown.clone(),
    };
    terminal::complain(&format!(
        "Samvirke is at {url}; everything is kept in {}; Ctrl-C stops it.",
        directory.path().display()
    ));
    let ended = watch(&mut servers, context, shutdown).await;
    drop(note);
    servers.stop().await;
    ended.map(|()| Outcome::Done)
}

/// Runs the services while the servers are kept running.
async fn watch(
    servers: &mut Servers,
    context: ServiceContext,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let services = assembly::run(Service::VARIANTS, context);
    tokio::pin!(services);
    let lost = tokio::select! {
        ended = &mut services => return ended,
        lost = supervise(&mut servers.nats) => lost,
        lost = supervise(&mut servers.postgres) => lost,
    };
    tracing::error!(error = %lost, "a server is given up, and everything stops");
    shutdown.cancel();
    // They finish what they can; their own complaints are about the server that is lost. Who waits for it
    // waits in vain.
    if tokio::time::timeout(STOP_WITHIN, services).await.is_err() {
        tracing::warn!(seconds = STOP_WITHIN.as_secs(), "the services have not ended in time");
    }
    Err(lost.into())
}

/// The two private servers as they are to be started.
struct Described {
    data: PathBuf,
    nats: NatsSettings,
    postgres: PostgresSettings,
    /// Who may reach the first: nobody changes it before it runs.
    register: nats_account::Held,
}

/// The two private servers.
pub(crate) struct Servers {
    nats: NatsServer,
    postgres: PostgresServer,
    pub(crate) database_url: Secret,
}

impl Servers {
    /// Starts those of a data directory that the caller holds.
    pub(crate) async fn of(data: &Path) -> anyhow::Result<Self> {
        Self::start(Self::describe_in(data)?).await
    }

    fn describe_in(data: &Path) -> anyhow::Result<Described> {
        database::refuse_where_lost(data)?;
        let mut nats = nats::kept_in(&data.join(nats_account::DIRECTORY))?;
        let (accounts, register) = nats_account::private(data)?;
        nats.accounts = Some(accounts);
        let postgres = postgres::kept_in(&data.join(database::DIRECTORY))?;
        Ok(Described { data: data.to_owned(), nats, postgres, register })
    }

    /// Where they are, as settings.
    pub(crate) fn describe(&self, configuration: &mut Configuration) {
        configuration.nats.url = Some(self.nats.url());
        configuration.nats.user = Some(nats::USER.into());
        configuration.nats.password = self.nats.password().cloned();
    }

    async fn start(described: Described) -> anyhow::Result<Self> {
        let Described { data, nats, postgres, register } = described;
        let (nats, postgres) =
            tokio::try_join!(NatsServer::start(nats), PostgresServer::start(postgres))?;
        drop(register);
        let database_url = postgres.database(DATABASE).await?;
        database::is_there(&data)?;
        Ok(Self { nats, postgres, database_url })
    }

    fn addresses<'a>(&'a self, url: &'a str) -> Addresses<'a> {
        Addresses {
            url,
            nats_url: self.nats.url(),
            nats_monitor_url: self.nats.monitor_url(),
            nats_user: nats::USER,
            nats_password: self.nats.password(),
            postgres_url: &self.database_url,
        }
    }

    pub(crate) async fn stop(self) {
        tokio::join!(self.postgres.stop(), self.nats.stop());
    }
}
