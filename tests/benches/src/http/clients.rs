//! Clients of the API, each with a connection and a token of its own, in a closed loop.

use std::sync::Arc;

use bytes::Bytes;
use samvirke_tests::api::Api;
use tokio::sync::Mutex;

use super::connection::Connection;
use crate::drive::{Measured, Window, drive};

/// Clients that act at the same time.
#[derive(Clone)]
pub(crate) struct Clients(Arc<Vec<Mutex<Connection>>>);

impl Clients {
    /// Connects `count` clients of the secretariat to `authority`. The gateway gives each caller a share, so
    /// each has a name of its own.
    pub(crate) async fn of_secretariat(
        api: &Api,
        authority: &str,
        count: usize,
    ) -> anyhow::Result<Self> {
        let mut connections = Vec::with_capacity(count);
        for number in 0..count {
            let caller = api.caller_named(&format!("client-{number}"), &["*:secretariat"]);
            connections.push(Mutex::new(Connection::open(authority, caller.token()).await?));
        }
        Ok(Self(Arc::new(connections)))
    }

    /// Connects `count` clients of the public.
    pub(crate) async fn of_the_public(authority: &str, count: usize) -> anyhow::Result<Self> {
        let mut connections = Vec::with_capacity(count);
        for _ in 0..count {
            connections.push(Mutex::new(Connection::open(authority, None).await?));
        }
        Ok(Self(Arc::new(connections)))
    }

    /// Lets each give one command after the other: its path and body are worked out from the client's
    /// number and turn.
    pub(crate) async fn give(
        &self,
        window: Window,
        command: impl Fn(usize, u64) -> (String, String) + Clone + Send + 'static,
    ) -> anyhow::Result<Measured> {
        let clients = self.0.clone();
        drive(clients.len(), window, move |client, turn| {
            let (clients, (path, body)) = (clients.clone(), command(client, turn));
            async move { clients[client].lock().await.post(&path, body).await.map(|_| 1) }
        })
        .await
    }

    /// Lets each ask one question after the other; `check` looks at each answer.
    pub(crate) async fn ask(
        &self,
        window: Window,
        question: impl Fn(usize, u64) -> String + Clone + Send + 'static,
        check: impl Fn(&Bytes) -> anyhow::Result<()> + Clone + Send + Sync + 'static,
    ) -> anyhow::Result<Measured> {
        let clients = self.0.clone();
        drive(clients.len(), window, move |client, turn| {
            let (clients, path, check) = (clients.clone(), question(client, turn), check.clone());
            async move {
                let answer = clients[client].lock().await.get(&path).await?;
                check(&answer)?;
                Ok(1)
            }
        })
        .await
    }
}
