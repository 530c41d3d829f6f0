//! Answers to queries: the contacts, the outbox, and the links that decline topics.

use chrono::{DateTime, Utc};
use samvirke_kernel::query::{PageRequest, parameters};
use samvirke_schemas::{
    contacts::contact::{BelongsTo, Preferences},
    id::CooperationId,
    message::QueryMessage,
    organisation::OrganisationNumber,
    principal::{Principal, Role},
    queries::{
        contacts::{self, Bounced, Contact},
        notifications::{self, Notification},
        page::Page,
    },
    reply::{Refused, RejectionKind},
};
use serde_json::{Value, json};
use sqlx::{PgPool, Postgres, QueryBuilder, types::Json};
use uuid::Uuid;

use crate::{
    address_book::Entry,
    database::from_row,
    inbox::{Inbox, unavailable},
};

/// Who sees the contacts of everyone, and the outbox.
const OFFICES: &[Role] = &[Role::Secretariat, Role::Operator];

/// Answers one query.
pub(crate) async fn answer(inbox: &Inbox, message: QueryMessage) -> Result<Value, Refused> {
    match message.name.as_str() {
        "contacts" => json_of(&contacts(&inbox.pool, &message).await?),
        "notifications" => json_of(&notifications(&inbox.pool, &message).await?),
        "unsubscribe" => {
            let token = message.parameters.get("token").and_then(Value::as_str);
            let declined = inbox.unsubscribe(token.unwrap_or_default()).await?;
            Ok(json!({"declined": declined}))
        }
        _ => Err(Refused::Broken { detail: format!("there is no query {:?}", message.name) }),
    }
}

async fn contacts(pool: &PgPool, message: &QueryMessage) -> Result<contacts::Answer, Refused> {
    let asked: contacts::Parameters = parameters(message.parameters.clone())?;
    let principal = &message.principal;
    let own = own_only(principal, &asked.cooperation)?;
    let mut sql = QueryBuilder::new(
        "SELECT contact.id, belongs_to, preferences, forgotten,
                person.name, person.email, person.language, person.bounced_at, person.bounce
         FROM contact LEFT JOIN person
           ON person.contact = contact.id AND person.id = contact.person
         WHERE cooperation = ",
    );
    sql.push_bind(asked.cooperation.to_string());
    for member in [own.as_ref(), asked.member.as_ref()].into_iter().flatten() {
        sql.push(" AND member = ").push_bind(member.to_string());
    }
    if let Some(body) = &asked.body {
        sql.push(" AND body = ").push_bind(body.to_string());
    }
    let request = PageRequest::try_new("contacts", asked.after.as_ref(), asked.limit)?;
    if let Some(after) = request.after() {
        sql.push(" AND contact.id > ").push_bind(after.to_owned());
    }
    sql.push(" ORDER BY contact.id LIMIT ").push_bind(request.to_read() as i64);
    let rows: Vec<ContactRow> =
        sql.build_query_as().fetch_all(pool).await.map_err(|error| unavailable(&error))?;
    let items = rows.into_iter().map(ContactRow::read).collect::<Result<Vec<_>, _>>()?;
    Ok(request.page(items, |contact| contact.id.to_string()))
}

/// The member whose contacts are all that may be seen; none where everyone's may.
fn own_only(
    principal: &Principal,
    cooperation: &CooperationId,
) -> Result<Option<OrganisationNumber>, Refused> {
    if principal.is_any(OFFICES, cooperation) {
        return Ok(None);
    }
    match &principal.member {
        Some(member) if principal.speaks_for(member, cooperation) => Ok(Some(member.clone())),
        Some(_) | None => Err(forbidden(
            "only a member, the secretariat and the operator may read contacts",
            "bare et medlem, sekretariatet og drift kan lese kontakter",
        )),
    }
}

struct ContactRow {
    id: String,
    belongs_to: Json<BelongsTo>,
    preferences: Json<Preferences>,
    forgotten: bool,
    name: Option<String>,
    email: Option<String>,
    language: Option<String>,
    bounced_at: Option<DateTime<Utc>>,
    bounce: Option<String>,
}

from_row!(ContactRow {
    id,
    belongs_to,
    preferences,
    forgotten,
    name,
    email,
    language,
    bounced_at,
    bounce
});

impl ContactRow {
    fn read(self) -> Result<Contact, Refused> {
        let entry = match (self.name, self.email, self.language) {
            (Some(name), Some(email), Some(language)) => {
                Entry::of((name, email, language, self.bounced_at, self.bounce))
            }
            _ => None,
        };
        let bounced = entry.as_ref().and_then(|entry| entry.bounced.clone());
        Ok(Contact {
            id: read(&self.id)?,
            belongs_to: self.belongs_to.0,
            person: entry.map(|entry| entry.person),
            preferences: Contact::filled_in(&self.preferences.0),
            forgotten: self.forgotten,
            bounced: bounced.map(|(at, reason)| Bounced { at, reason }),
        })
    }
}

async fn notifications(
    pool: &PgPool,
    message: &QueryMessage,
) -> Result<notifications::Answer, Refused> {
    let asked: notifications::Parameters = parameters(message.parameters.clone())?;
    if !message.principal.is_any(OFFICES, &asked.cooperation) {
        return Err(forbidden(
            "only the secretariat and the operator may read notifications",
            "bare sekretariatet og drift kan lese varslinger",
        ));
    }
    let mut sql: QueryBuilder<'_, Postgres> = QueryBuilder::new(
        "SELECT id, sort, contact, topic, kind, position, state, attempts, last_answer, created_at,
                next_attempt, settled_at, digest
         FROM outbox WHERE cooperation = ",
    );
    sql.push_bind(asked.cooperation.to_string());
    if let Some(state) = asked.state {
        sql.push(" AND state = ").push_bind(state.to_string());
    }
    if let Some(contact) = &asked.contact {
        sql.push(" AND contact = ").push_bind(contact.to_string());
    }
    let request = PageRequest::try_new("notifications", asked.after.as_ref(), asked.limit)?;
    if let Some(after) = request.after_key::<i64>()? {
        sql.push(" AND sort < ").push_bind(after);
    }
    sql.push(" ORDER BY sort DESC LIMIT ").push_bind(request.to_read() as i64);
    let rows: Vec<NotificationRow> =
        sql.build_query_as().fetch_all(pool).await.map_err(|error| unavailable(&error))?;
    let page = request.page(rows, |row| row.sort.to_string());
    let items = page.items.into_iter().map(NotificationRow::read).collect::<Result<_, _>>()?;
    Ok(Page { items, next: page.next })
}

struct NotificationRow {
    id: Uuid,
    sort: i64,
    contact: String,
    topic: String,
    kind: String,
    position: Option<String>,
    state: String,
    attempts: i32,
    last_answer: Option<String>,
    created_at: DateTime<Utc>,
    next_attempt: DateTime<Utc>,
    settled_at: Option<DateTime<Utc>>,
    digest: Option<Uuid>,
}

from_row!(NotificationRow {
    id,
    sort,
    contact,
    topic,
    kind,
    position,
    state,
    attempts,
    last_answer,
    created_at,
    next_attempt,
    settled_at,
    digest
});

impl NotificationRow {
    fn read(self) -> Result<Notification, Refused> {
        Ok(Notification {
            id: self.id,
            contact: read(&self.contact)?,
            topic: read(&self.topic)?,
            notice: self.kind,
            position: self.position,
            state: read(&self.state)?,
            attempts: u32::try_from(self.attempts).unwrap_or(0),
            last_answer: self.last_answer,
            created_at: self.created_at,
            next_attempt: self.settled_at.is_none().then_some(self.next_attempt),
            settled_at: self.settled_at,
            digest: self.digest,
        })
    }
}

/// Reads what this program has written.
fn read<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Refused> {
    text.parse().map_err(|error: T::Err| Refused::Broken { detail: error.to_string() })
}

fn json_of(answer: &impl serde::Serialize) -> Result<Value, Refused> {
    serde_json::to_value(answer).map_err(|error| Refused::Broken { detail: error.to_string() })
}

fn forbidden(detail: &str, detail_nb: &str) -> Refused {
    Refused::Rejected {
        code: "not-yours-to-read".into(),
        kind: RejectionKind::Forbidden,
        rule: "personopplysningsloven".into(),
        detail: detail.into(),
        detail_nb: detail_nb.into(),
        field: None,
    }
}
