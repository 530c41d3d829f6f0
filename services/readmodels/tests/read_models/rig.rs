//! Servers of its own for each test, and short words for writing to the streams and asking.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use async_nats::{Client, HeaderMap};
use samvirke_kernel::{
    clock,
    committer::Pending,
    envelope::{ENVELOPE_VERSION, Envelope, Member, digest, record},
    log::Log,
    position::Position,
    service::{Host, tasks_subject},
    signature::MessageSigner,
};
use samvirke_private_servers::{
    NatsServer,
    temporary::{self, Temporary, TemporaryDatabase},
};
use samvirke_schemas::{
    Tagged,
    message::{QueryMessage, SIGNATURE},
    principal::{Grant, Principal, Role},
    reply::Refused,
    standing::{self, ReadModels, Tasks},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What is answered while tables are made and caught up.
const STARTING: [&str; 2] = ["the read models do not answer; try again", " yet; try again"];
/// How long that may take.
const STARTED_WITHIN: Duration = Duration::from_secs(15);

pub(crate) struct Rig {
    _nats: Temporary<NatsServer>,
    database: TemporaryDatabase,
    pub(crate) client: Client,
    signer: MessageSigner,
    shutdown: CancellationToken,
    count: AtomicU64,
    networks: Log,
    cases: Log,
    meetings: Log,
}

impl Rig {
    pub(crate) async fn new() -> anyhow::Result<Self> {
        let (nats, database) = (temporary::nats().await?, temporary::database().await?);
        let client = async_nats::connect(nats.url()).await?;
        let open = |context| Log::set_up(client.clone(), context, 1);
        Ok(Self {
            networks: open("networks").await?,
            cases: open("cases").await?,
            meetings: open("meetings").await?,
            _nats: nats,
            database,
            client: client.clone(),
            signer: MessageSigner::new(&[7; 32]),
            shutdown: CancellationToken::new(),
            count: AtomicU64::new(1),
        })
    }

    /// Starts one instance of the service.
    pub(crate) fn serve(&self) {
        let (client, shutdown) = (self.client.clone(), self.shutdown.clone());
        let host = Host::new(client, 1, self.signer.verifier(), shutdown);
        let url = self.database_url();
        tokio::spawn(async move { samvirke_readmodels::service(host, &url).await.unwrap() });
    }

    pub(crate) fn database_url(&self) -> String {
        self.database.url.expose().to_owned()
    }

    pub(crate) async fn pool(&self) -> PgPool {
        PgPool::connect(&self.database_url()).await.unwrap()
    }

    /// Stores one commit of an aggregate; `from` is the version of its first event.
    pub(crate) async fn commit<E: Tagged>(
        &self,
        kind: &str,
        id: &str,
        from: u64,
        events: &[Value],
    ) -> Position {
        let typed: Vec<E> =
            events.iter().map(|event| serde_json::from_value(event.clone()).unwrap()).collect();
        let recorded =
            typed.iter().map(|event| record(event, self.uuid()).unwrap()).collect::<Vec<_>>();
        self.commit_recorded(kind, id, from, recorded).await
    }

    /// As [`Rig::commit`], also of events that no program knows.
    pub(crate) async fn commit_recorded(
        &self,
        kind: &str,
        id: &str,
        from: u64,
        events: Vec<samvirke_kernel::envelope::Recorded>,
    ) -> Position {
        let id = id.parse().unwrap();
        let log = match kind {
            "case" => &self.cases,
            "meeting" => &self.meetings,
            _ => &self.networks,
        };
        let subject = log.subject(kind, &id);
        let expected = log.read_from_leader(&subject, 0).await.unwrap();
        let envelope = Envelope {
            v: ENVELOPE_VERSION,
            aggregate: Member {
                kind: kind.to_owned(),
                id,
                version_from: from,
                version_to: from + events.len() as u64 - 1,
            },
            command_id: self.uuid(),
            command: format!("{kind}.test"),
            digest: String::new(),
            actor: principal(Role::Secretariat),
            cause: None,
            traceparent: None,
            provenance: None,
            occurred_at: "2017-06-01T07:00:00Z".parse().unwrap(),
            recorded_at: clock::now(),
            previous: expected.last().map(|last| digest(&last.payload)),
            events,
        };
        let pending = Pending {
            subject: subject.into(),
            expected: expected.last().map_or(0, |last| last.sequence),
            payload: envelope.write().unwrap(),
        };
        let sequences = log.append(vec![pending]).await.unwrap();
        log.position(*sequences.last().unwrap())
    }

    /// Asks a query, and waits for a position first.
    pub(crate) async fn ask(
        &self,
        name: &str,
        parameters: Value,
        principal: &Principal,
        after: &Position,
    ) -> Result<Value, Refused> {
        self.ask_as(name, parameters, (principal, None), after).await
    }

    /// As [`Rig::ask`], as somebody whom the issuer vouches for by an id that NETWORKS knows.
    pub(crate) async fn ask_as(
        &self,
        name: &str,
        parameters: Value,
        (principal, person): (&Principal, Option<Uuid>),
        after: &Position,
    ) -> Result<Value, Refused> {
        let Value::Object(parameters) = parameters else { panic!("parameters are an object") };
        let message = QueryMessage {
            name: name.to_owned(),
            cooperation: None,
            parameters,
            principal: principal.clone(),
            person,
            after: vec![after.to_string()],
            traceparent: None,
            deadline: clock::now() + chrono::Duration::seconds(40),
        };
        let subject = format!("qry.readmodels.{name}");
        let until = Instant::now() + STARTED_WITHIN;
        loop {
            let answer = self.request(subject.clone(), &message).await;
            let is_starting = matches!(&answer, Err(Refused::Unavailable { detail, .. })
                if STARTING.iter().any(|one| detail.ends_with(one)));
            if !is_starting || Instant::now() > until {
                return answer;
            }
        }
    }

    /// How the service's background tasks are.
    pub(crate) async fn tasks(&self) -> Tasks {
        self.standing(standing::TASKS, tasks_subject("readmodels")).await
    }

    /// How the read models are.
    pub(crate) async fn read_models(&self) -> ReadModels {
        self.standing(standing::QUERY, format!("qry.readmodels.{}", standing::QUERY)).await
    }

    async fn standing<T: DeserializeOwned>(&self, name: &str, subject: String) -> T {
        let message = QueryMessage {
            name: name.to_owned(),
            cooperation: None,
            parameters: serde_json::Map::new(),
            principal: Principal::public(),
            person: None,
            after: Vec::new(),
            traceparent: None,
            deadline: clock::now() + chrono::Duration::seconds(40),
        };
        self.request(subject, &message).await.unwrap()
    }

    async fn request<T: DeserializeOwned>(
        &self,
        subject: String,
        message: &QueryMessage,
    ) -> Result<T, Refused> {
        let payload = serde_json::to_vec(message).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(SIGNATURE, self.signer.sign(&payload).as_str());
        loop {
            let asked = self.client.request_with_headers(
                subject.clone(),
                headers.clone(),
                payload.clone().into(),
            );
            match asked.await {
                Ok(answer) => return serde_json::from_slice(&answer.payload).unwrap(),
                // The service is starting.
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }

    pub(crate) fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.count.fetch_add(1, Ordering::Relaxed)))
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

pub(crate) fn principal(role: Role) -> Principal {
    Principal {
        subject: format!("test-{role}"),
        member: None,
        supplier: None,
        grants: vec![Grant { role, cooperation: None }],
    }
}

pub(crate) fn machine(member: &str) -> Principal {
    Principal { member: Some(member.parse().unwrap()), ..principal(Role::MemberIntegration) }
}

pub(crate) fn delegate(member: &str) -> Principal {
    Principal { member: Some(member.parse().unwrap()), ..principal(Role::Delegate) }
}
