//! Servers for one test: own ports, own directory, gone afterwards.
//!
//! Invariant: two tests never share a server's state. They may share a PostgreSQL (named in
//! [`POSTGRES_VARIABLE`]), but then each has a database of its own.

use std::{
    fs,
    ops::{Deref, DerefMut},
    os::unix::fs::PermissionsExt,
};

use tempfile::TempDir;

use crate::{
    Error, NatsCluster, NatsServer, NatsSettings, PostgresServer, PostgresSettings, Secret,
    programs,
};

/// A server with a directory that goes when it goes.
#[derive(Debug)]
pub struct Temporary<S> {
    // Dropped first, so that nothing writes into the directory while it is removed.
    server: S,
    directory: TempDir,
}

impl<S> Temporary<S> {
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }
}

impl<S> Deref for Temporary<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.server
    }
}

impl<S> DerefMut for Temporary<S> {
    fn deref_mut(&mut self) -> &mut S {
        &mut self.server
    }
}

/// Starts one NATS server with JetStream that syncs every write.
pub async fn nats() -> Result<Temporary<NatsServer>, Error> {
    nats_with(|_| ()).await
}

/// Starts one NATS server, changed by `change` before it starts.
pub async fn nats_with(
    change: impl FnOnce(&mut NatsSettings),
) -> Result<Temporary<NatsServer>, Error> {
    let program = programs::nats_server()?;
    let directory = directory()?;
    let mut settings = NatsSettings::new(program, directory.path().join("nats"));
    change(&mut settings);
    Ok(Temporary { server: NatsServer::start(settings).await?, directory })
}

/// Starts a cluster of `size` NATS servers.
pub async fn nats_cluster(size: usize) -> Result<Temporary<NatsCluster>, Error> {
    nats_cluster_with(size, |_| ()).await
}

/// Starts a cluster of `size` NATS servers, each changed by `change` before it starts.
pub async fn nats_cluster_with(
    size: usize,
    change: impl Fn(&mut NatsSettings),
) -> Result<Temporary<NatsCluster>, Error> {
    let program = programs::nats_server()?;
    let directory = directory()?;
    let server = NatsCluster::start(&program, directory.path(), size, change).await?;
    Ok(Temporary { server, directory })
}

/// Starts a PostgreSQL; it writes to disk as a real one does only if `durable`.
pub async fn postgres(durable: bool) -> Result<Temporary<PostgresServer>, Error> {
    let programs = programs::postgres()?;
    let directory = directory()?;
    let mut settings = PostgresSettings::new(programs, directory.path().join("postgres"));
    settings.durable = durable;
    Ok(Temporary { server: PostgresServer::start(settings).await?, directory })
}

/// An empty database of one test.
#[derive(Debug)]
pub struct TemporaryDatabase {
    pub url: Secret,
    _server: Temporary<PostgresServer>,
}

/// Makes an empty database on a PostgreSQL of its own.
pub async fn database() -> Result<TemporaryDatabase, Error> {
    let server = postgres(false).await?;
    let url = server.database("test").await?;
    Ok(TemporaryDatabase { url, _server: server })
}

fn directory() -> Result<TempDir, Error> {
    tempfile::Builder::new()
        .prefix("samvirke-test-")
        // PostgreSQL runs as another user than root, and must get through.
        .permissions(fs::Permissions::from_mode(0o711))
        .tempdir()
        .map_err(Error::prepare(std::env::temp_dir()))
}
