//! Commands straight to the services over NATS, signed as the gateway signs them.
//!
//! Invariant: a command is sent until a service has heard it, and only then answered.

use std::time::Duration;

use anyhow::{Context, bail};
use async_nats::HeaderMap;
use chrono::{DateTime, TimeDelta, Utc};
use samvirke_kernel::{
    answer::{self, AskError},
    clock,
    log::Log,
    signature::{MessageSigner, MessageVerifier},
};
use samvirke_schemas::{
    catalogue::{COLLECTIONS, QUERIES},
    id::AggregateId,
    local_time::LocalTime,
    message::{CommandMessage, QueryMessage, SIGNATURE},
    principal::{Grant, Principal, Role},
    reply::{Accepted, Refused},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, value::RawValue};
use tokio::time::Instant;
use uuid::Uuid;

/// How long a service may take until it listens.
const LISTENS_WITHIN: Duration = Duration::from_secs(30);
/// How often a service that does not listen yet is tried.
const TRY_EVERY: Duration = Duration::from_millis(20);
/// How long it may take until a service that listens has answered, before it is asked again.
const HEARD_WITHIN: Duration = Duration::from_secs(4);
/// How long a command may take.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);
/// The secret behind the signatures in tests.
const SECRET: [u8; 32] = [7; 32];

/// Somebody who may send commands in the gateway's name.
#[derive(Clone, Debug)]
pub struct Caller {
    client: async_nats::Client,
    signer: MessageSigner,
}

impl Caller {
    /// Connects to NATS.
    ///
    /// # Errors
    ///
    /// When NATS does not answer.
    pub async fn connect(url: &str) -> anyhow::Result<Self> {
        Ok(Self { client: async_nats::connect(url).await?, signer: MessageSigner::new(&SECRET) })
    }

    /// What the services check our messages with.
    pub fn verifier() -> MessageVerifier {
        MessageSigner::new(&SECRET).verifier()
    }

    /// A context's stream.
    ///
    /// # Errors
    ///
    /// When the stream cannot be used.
    pub async fn log(&self, context: &'static str) -> anyhow::Result<Log> {
        Ok(Log::set_up(self.client.clone(), context, 1).await?)
    }

    pub fn client(&self) -> &async_nats::Client {
        &self.client
    }

    /// Gives a command as the secretariat, or founds a cooperation as the operator. `to` is
    /// `<collection>/<id>/<command>` as in the API, `at` when it happened in Norway.
    ///
    /// # Errors
    ///
    /// When it is refused, or nobody answers.
    pub async fn give(&self, to: &str, at: &str, body: Value) -> anyhow::Result<Accepted> {
        match self.ask(to, at, body).await? {
            Ok(accepted) => Ok(accepted),
            Err(refused) => bail!("{to} is refused: {refused:?}"),
        }
    }

    /// As [`Caller::give`], where a refusal is an answer too.
    ///
    /// # Errors
    ///
    /// When nobody answers.
    pub async fn ask(
        &self,
        to: &str,
        at: &str,
        body: Value,
    ) -> anyhow::Result<Result<Accepted, Refused>> {
        let (subject, message) = message(to, at, &body)?;
        self.request(subject, serde_json::to_vec(&message)?).await
    }

    /// Asks a query as `principal`.
    ///
    /// # Errors
    ///
    /// When nobody answers.
    pub async fn query(
        &self,
        name: &str,
        principal: Principal,
        parameters: Value,
    ) -> anyhow::Result<Result<Value, Refused>> {
        let query = QUERIES.iter().find(|query| query.name == name);
        let query = query.with_context(|| format!("there is no query {name}"))?;
        let Value::Object(parameters) = parameters else { bail!("parameters have names") };
        let message = QueryMessage {
            name: name.to_owned(),
            cooperation: None,
            parameters,
            principal,
            person: None,
            after: Vec::new(),
            traceparent: None,
            deadline: deadline(),
        };
        let subject = format!("qry.{}.{name}", query.service);
        self.request(subject, serde_json::to_vec(&message)?).await
    }

    /// Sends a signed message until somebody has heard it, and reads the answer.
    async fn request<T: DeserializeOwned>(
        &self,
        subject: String,
        payload: Vec<u8>,
    ) -> anyhow::Result<T> {
        let mut headers = HeaderMap::new();
        headers.insert(SIGNATURE, self.signer.sign(&payload));
        let ask = async {
            let mut again = tokio::time::interval(TRY_EVERY);
            loop {
                again.tick().await;
                let until = Instant::now() + HEARD_WITHIN;
                let (headers, payload) = (headers.clone(), payload.clone().into());
                let asked =
                    answer::ask(&self.client, subject.clone(), headers, payload, until).await;
                // A service that was killed may take a message with it; the same command is the
                // same, however often it is sent.
                match &asked {
                    Err(AskError::NoResponders { .. } | AskError::Late) => (),
                    Ok(_)
                    | Err(
                        AskError::InvalidSubject { .. }
                        | AskError::TooLarge { .. }
                        | AskError::OutOfOrder { .. },
                    ) => return asked,
                }
            }
        };
        let answer = tokio::time::timeout(LISTENS_WITHIN, ask)
            .await
            .with_context(|| format!("no service listens on {subject}"))??;
        Ok(serde_json::from_slice(&answer)?)
    }
}

fn message(to: &str, at: &str, body: &Value) -> anyhow::Result<(String, CommandMessage)> {
    let parts: Vec<&str> = to.split('/').collect();
    let [plural, id, command] = parts[..] else { bail!("{to} is no command") };
    let collection = COLLECTIONS.iter().find(|collection| collection.plural == plural);
    let collection = collection.with_context(|| format!("there is no collection {plural}"))?;
    let id: AggregateId = id.parse()?;
    let at: LocalTime = at.parse()?;
    let role = if command == "found" { Role::Operator } else { Role::Secretariat };
    let subject =
        format!("cmd.{}.{}.{}.{}", collection.context, id.cooperation, collection.kind, id.local);
    let message = CommandMessage {
        kind: collection.kind.to_owned(),
        id,
        command: command.to_owned(),
        body: RawValue::from_string(body.to_string())?,
        // The same command at the same time is the same command, however often it is sent.
        command_id: Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{to} {at} {body}").as_bytes()),
        principal: Principal {
            subject: role.to_string(),
            member: None,
            supplier: None,
            grants: vec![Grant { role, cooperation: None }],
        },
        expected_version: None,
        at: Some(at.instant()),
        provenance: None,
        after: Vec::new(),
        traceparent: None,
        deadline: deadline(),
    };
    Ok((subject, message))
}

fn deadline() -> DateTime<Utc> {
    clock::now() + TimeDelta::from_std(ANSWERED_WITHIN).unwrap_or_default()
}
