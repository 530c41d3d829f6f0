//! Commands to contacts, from message to answer.
//!
//! Invariant: a name and an address leave the message here and go to the address book; what is
//! decided, stored and digested knows only their place. The place is the command's id, so a
//! repeated command finds its own.

use std::sync::Arc;

use chrono::TimeDelta;
use samvirke_kernel::{
    Decider, clock,
    execute::NoFacts,
    inbox::{self, carry_out, unknown_kind},
    repository::Repository,
    service::CommandHandler,
};
use samvirke_schemas::{
    Tagged,
    contacts::{
        contact::{self as published, Frequency, Topic},
        person::Person,
    },
    id::AggregateId,
    message::CommandMessage,
    principal::Principal,
    reply::{Accepted, Refused, RejectionKind},
};
use serde_json::{json, value::RawValue};
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    address_book,
    contact::{Contact, Request},
    settings::Key,
    unsubscribe,
};

/// The context and the first token of its subjects.
pub const CONTEXT: &str = Contact::CONTEXT;
/// How long a link for unsubscribing may take.
const UNSUBSCRIBED_WITHIN: TimeDelta = TimeDelta::seconds(10);
/// Names the commands that links for unsubscribing give.
const UNSUBSCRIPTIONS: Uuid = Uuid::from_u128(0x7b0e_8a52_1c4f_4f6a_8d11_90ce_3e57_2d46);

/// What commands are carried out with.
pub(crate) struct Inbox {
    pub(crate) contacts: Arc<Repository<Contact>>,
    pub(crate) pool: PgPool,
    pub(crate) key: Key,
}

impl CommandHandler for Inbox {
    async fn answer(&self, message: CommandMessage) -> Result<Accepted, Refused> {
        if message.kind != Contact::KIND {
            return Err(unknown_kind(&message));
        }
        let asked: published::Request = inbox::request(&message.command, message.body.get())?;
        let place = message.command_id;
        let (request, person) = Request::sealed(asked, place);
        let message = CommandMessage { body: body(&request)?, ..message };
        let Some(person) = person else {
            return carry_out(&self.contacts, &NoFacts, &message).await;
        };
        self.write(&message.id, place, &person).await?;
        let answer = carry_out(&self.contacts, &NoFacts, &message).await;
        // Refused, repeated or overtaken: only what an event names stays written.
        let unknown = matches!(
            answer,
            Err(Refused::OutcomeUnknown {} | Refused::Damaged { .. } | Refused::Broken { .. })
        );
        if !unknown {
            self.keep_if_in_use(&message.id, place).await?;
        }
        answer
    }
}

impl Inbox {
    async fn write(&self, id: &AggregateId, place: Uuid, person: &Person) -> Result<(), Refused> {
        let written = address_book::write(&self.pool, id, place, person, clock::now()).await;
        match written {
            Ok(true) => Ok(()),
            // The same key was used for somebody else.
            Ok(false) => Err(Refused::Rejected {
                code: "idempotency-key-reused".into(),
                kind: RejectionKind::Value,
                rule: "Idempotency-Key".into(),
                detail: "the key was used for another request; use a new one".into(),
                detail_nb: "nøkkelen er brukt for en annen forespørsel; bruk en ny".into(),
                field: Some("Idempotency-Key".into()),
            }),
            Err(error) => Err(unavailable(&error)),
        }
    }

    async fn keep_if_in_use(&self, id: &AggregateId, place: Uuid) -> Result<(), Refused> {
        let contact = self.contacts.current(id).await.map_err(|error| error.refusal())?;
        if contact.person() == Some(place) {
            return Ok(());
        }
        address_book::empty(&self.pool, id, place).await.map_err(|error| unavailable(&error))
    }

    /// Declines the topics that a link names.
    pub(crate) async fn unsubscribe(&self, token: &str) -> Result<Vec<Topic>, Refused> {
        let (id, topics) = unsubscribe::read(&self.key, token).ok_or_else(unknown_link)?;
        let preferences = topics.iter().map(|topic| (*topic, Frequency::Never)).collect();
        let request = Request::Prefer { preferences };
        let now = clock::now();
        let message = CommandMessage {
            kind: Contact::KIND.to_owned(),
            id,
            command: request.tag().to_owned(),
            body: body(&request)?,
            // Declined, taken up again and declined anew are three commands.
            command_id: Uuid::new_v5(&UNSUBSCRIPTIONS, format!("{token} {now}").as_bytes()),
            principal: Principal::system("unsubscribe"),
            expected_version: None,
            at: None,
            provenance: None,
            after: Vec::new(),
            traceparent: None,
            deadline: now + UNSUBSCRIBED_WITHIN,
        };
        carry_out(&self.contacts, &NoFacts, &message).await?;
        Ok(topics)
    }
}

/// The fields of a request, as the body of its command.
fn body(request: &Request) -> Result<Box<RawValue>, Refused> {
    let broken = |error: serde_json::Error| Refused::Broken { detail: error.to_string() };
    let tagged = serde_json::to_value(request).map_err(broken)?;
    let fields = tagged.get(request.tag()).cloned().unwrap_or_else(|| json!({}));
    RawValue::from_string(fields.to_string()).map_err(broken)
}

pub(crate) fn unavailable(error: &sqlx::Error) -> Refused {
    tracing::warn!(error = %error, "the database of notifications does not answer");
    Refused::unavailable(
        "the database of contacts does not answer; try again",
        "databasen med kontakter svarer ikke; prøv igjen",
    )
}

fn unknown_link() -> Refused {
    Refused::Rejected {
        code: "unknown-link".into(),
        kind: RejectionKind::Missing,
        rule: "RFC 8058".into(),
        detail: "this link was not made here, or was cut off".into(),
        detail_nb: "denne lenken er ikke laget her, eller den er avkortet".into(),
        field: None,
    }
}
