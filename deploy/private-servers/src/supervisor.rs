//! Keeps a server running: starts it again when it ends by itself, but not for ever.

use std::{
    collections::VecDeque,
    path::PathBuf,
    time::{Duration, Instant},
};

use crate::{Ended, Error, NatsServer, PostgresServer};

/// How often a server may end within [`RESTARTS_WITHIN`] before we give up on it.
pub const RESTARTS_MAX: usize = 5;
/// The time that [`RESTARTS_MAX`] is counted over.
pub const RESTARTS_WITHIN: Duration = Duration::from_secs(60);

/// A server that can be watched and started again.
pub trait Server {
    fn name(&self) -> &'static str;
    fn log(&self) -> PathBuf;
    fn ended(&self) -> impl Future<Output = Ended> + Send;
    /// Waits until the server, though it runs, can only go on after a restart; returns why.
    fn needs_a_restart(&self) -> impl Future<Output = String> + Send {
        std::future::pending()
    }
    fn start_again(&mut self) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Starts `server` again each time it ends or cannot go on without; returns only when that is of no use
/// any more.
///
/// Dropping the future leaves the server as it is.
pub async fn supervise(server: &mut impl Server) -> Error {
    let mut restarts: VecDeque<Instant> = VecDeque::with_capacity(RESTARTS_MAX);
    loop {
        let why = tokio::select! {
            ended = server.ended() => format!("ended by itself ({})", ended.status),
            why = server.needs_a_restart() => format!("cannot go on ({why})"),
        };
        let now = Instant::now();
        restarts.retain(|at| now.duration_since(*at) < RESTARTS_WITHIN);
        if restarts.len() == RESTARTS_MAX {
            return Error::KeepsEnding {
                server: server.name().into(),
                restarts: RESTARTS_MAX + 1,
                seconds: RESTARTS_WITHIN.as_secs(),
                log: server.log(),
            };
        }
        restarts.push_back(now);
        tracing::warn!(server = server.name(), why, "{} {why}, starting it again", server.name());
        while let Err(error) = server.start_again().await {
            // One that ends while it starts has ended once more; anything else is of no use to try again.
            if !matches!(error, Error::EndedEarly { .. }) || restarts.len() == RESTARTS_MAX {
                return error;
            }
            restarts.push_back(Instant::now());
            tracing::warn!(server = server.name(), %error, "{} is started once more", server.name());
        }
    }
}

impl Server for NatsServer {
    fn name(&self) -> &'static str {
        "nats-server"
    }

    fn log(&self) -> PathBuf {
        self.log()
    }

    async fn ended(&self) -> Ended {
        self.ended().await
    }

    async fn needs_a_restart(&self) -> String {
        self.needs_a_restart().await
    }

    async fn start_again(&mut self) -> Result<(), Error> {
        self.start_again().await
    }
}

impl Server for PostgresServer {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    fn log(&self) -> PathBuf {
        self.log()
    }

    async fn ended(&self) -> Ended {
        self.ended().await
    }

    async fn start_again(&mut self) -> Result<(), Error> {
        self.start_again().await
    }
}
