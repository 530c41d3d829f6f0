//! Servers of its own for each test, and short words for what tests do with the store.

use std::time::Duration;

use samvirke_kernel::{
    clock,
    committer::{Pending, Tuning},
    deadline::Deadline,
    envelope,
    execute::{CommandContext, CommandOutcome, ExecuteError, NoFacts, execute},
    log::Log,
    repository::Repository,
};
use samvirke_private_servers::{
    NatsCluster, NatsServer,
    temporary::{self, Temporary},
};
use samvirke_schemas::{id::AggregateId, principal::Principal};
use uuid::Uuid;

use crate::tally::{Event, Rejection, Request, Tally};

pub(crate) const CONTEXT: &str = "tallies";

#[expect(dead_code, reason = "held so that the servers live as long as the test")]
enum Servers {
    One(Box<Temporary<NatsServer>>),
    Three(Temporary<NatsCluster>),
}

pub(crate) struct Rig {
    _servers: Servers,
    pub url: String,
    pub replicas: usize,
}

pub(crate) type Executed = Result<CommandOutcome<Event>, ExecuteError<Rejection>>;

impl Rig {
    pub(crate) async fn of_one() -> anyhow::Result<Self> {
        let server = temporary::nats().await?;
        let url = server.url();
        Ok(Self { _servers: Servers::One(Box::new(server)), url, replicas: 1 })
    }

    pub(crate) async fn of_three() -> anyhow::Result<Self> {
        let cluster = temporary::nats_cluster(3).await?;
        let url = cluster.urls();
        Ok(Self { _servers: Servers::Three(cluster), url, replicas: 3 })
    }

    pub(crate) async fn client(&self) -> anyhow::Result<async_nats::Client> {
        let servers: Vec<&str> = self.url.split(',').collect();
        Ok(async_nats::connect(servers).await?)
    }

    /// A handle of its own on the stream, as another process would have.
    pub(crate) async fn log(&self) -> anyhow::Result<Log> {
        open(self.client().await?, self.replicas).await
    }

    /// A repository with a connection and a cache of its own.
    pub(crate) async fn repository(&self) -> anyhow::Result<Repository<Tally>> {
        Ok(Repository::new(self.log().await?))
    }
}

/// Opens the stream, which is set up where it never was.
pub(crate) async fn open(client: async_nats::Client, replicas: usize) -> anyhow::Result<Log> {
    Log::set_up(client.clone(), CONTEXT, replicas).await?;
    let tuning = Tuning { ack_timeout: Duration::from_millis(1_500), ..Tuning::default() };
    Ok(Log::open_tuned(client, CONTEXT, replicas, tuning).await?)
}

pub(crate) fn id(name: &str) -> AggregateId {
    format!("test:{name}").parse().unwrap()
}

pub(crate) fn command_context(name: &str, command_id: Uuid, amount: i64) -> CommandContext<Tally> {
    CommandContext {
        id: id(name),
        command_id,
        digest: amount.to_string(),
        request: Request::Add { amount },
        after: Vec::new(),
        principal: Principal::system("test"),
        at: clock::now(),
        now: clock::now(),
        expected_version: None,
        provenance: None,
        cause: None,
        traceparent: None,
        deadline: Deadline::NONE,
    }
}

pub(crate) async fn add(repository: &Repository<Tally>, name: &str, amount: i64) -> Executed {
    execute(repository, &NoFacts, &command_context(name, new_id(), amount)).await
}

#[expect(clippy::disallowed_methods, reason = "a test's command needs an id of its own")]
pub(crate) fn new_id() -> Uuid {
    Uuid::new_v4()
}

/// A commit with one event, as the first version of an aggregate, expecting `expected`.
pub(crate) fn pending(log: &Log, name: &str, expected: u64) -> Pending {
    next_pending(log, name, expected, 1, None)
}

/// A commit with one event, as `version` of an aggregate, decided after the commit `previous`.
pub(crate) fn next_pending(
    log: &Log,
    name: &str,
    expected: u64,
    version: u64,
    previous: Option<&[u8]>,
) -> Pending {
    let body = serde_json::json!({
        "v": 1,
        "aggregate": {
            "kind": "tally", "id": id(name), "version_from": version, "version_to": version,
        },
        "command_id": new_id(), "command": "tally.add", "digest": "", "actor": {"subject": "test"},
        "occurred_at": clock::now(), "recorded_at": clock::now(),
        "previous": previous.map(envelope::digest),
        "events": [{"id": new_id(), "type": "added", "version": 1, "data": {"amount": 1}}],
    });
    Pending {
        subject: log.subject("tally", &id(name)).into(),
        expected,
        payload: body.to_string().into(),
    }
}
