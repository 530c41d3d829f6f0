//! The servers of a data directory: those of a running `samvirke up`, or started for the time of a command.

use std::path::Path;

use anyhow::{Context, ensure};
use async_nats::Client;
use samvirke_private_servers::{DataDirectory, Error, Secret, programs};

use crate::{configuration::Configuration, connections, up::Servers};

/// Where the NATS of a data directory is.
const NATS: &str = "nats";

/// The servers, as long as a command needs them.
pub(super) struct Site {
    pub(super) client: Client,
    pub(super) database_url: Secret,
    pub(super) configuration: Configuration,
    /// Those that were started for this command; none where `samvirke up` runs.
    started: Option<(DataDirectory, Servers)>,
}

impl Site {
    /// Those of the data directory, whether `samvirke up` runs on it or not.
    pub(super) async fn of(configuration: &Configuration) -> anyhow::Result<Self> {
        let data = &configuration.data;
        ensure!(
            data.join(NATS).is_dir(),
            "{} is not the data directory of a samvirke up; name it with --data",
            data.display()
        );
        match DataDirectory::hold(data) {
            Ok(held) => Self::start(configuration, held).await,
            Err(Error::InUse { .. }) => Self::join(configuration).await,
            Err(error) => Err(error.into()),
        }
    }

    /// The servers of a directory that this process holds.
    pub(super) async fn start(
        configuration: &Configuration,
        held: DataDirectory,
    ) -> anyhow::Result<Self> {
        let mut configuration = configuration.clone();
        let servers = Servers::of(held.path()).await?;
        servers.describe(&mut configuration);
        let client = connections::nats(&configuration.nats).await?;
        let database_url = servers.database_url.clone();
        Ok(Self { client, database_url, configuration, started: Some((held, servers)) })
    }

    async fn join(configuration: &Configuration) -> anyhow::Result<Self> {
        let mut configuration = configuration.clone();
        configuration.follow_running()?;
        let client = connections::nats(&configuration.nats)
            .await
            .context("samvirke up is starting or stopping; try again in a moment")?;
        let database_url = connections::postgres_url(&configuration)?.clone();
        Ok(Self { client, database_url, configuration, started: None })
    }

    /// Which PostgreSQL the database is of.
    pub(super) fn postgres_major(&self) -> anyhow::Result<u32> {
        Ok(programs::postgres()?.major)
    }

    /// Stops what was started, and returns the hold on its directory.
    pub(super) async fn leave(self) -> Option<DataDirectory> {
        let (held, servers) = self.started?;
        servers.stop().await;
        Some(held)
    }
}

/// Whether nothing is in a directory, or it is not there.
pub(super) fn is_empty(directory: &Path) -> bool {
    match std::fs::read_dir(directory) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}
