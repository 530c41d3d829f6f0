//! Servers of its own for each test, and short words for contacts, facts and what arrived.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use mail_parser::{MessageParser, MimeHeaders};
use samvirke_kernel::{
    deadline::Deadline,
    execute::{CommandContext, NoFacts, execute},
    log::Log,
    projection::Progress,
    publication::{Outgoing, Publication},
    repository::Repository,
    scenario::role,
    supervision::Supervisor,
};
use samvirke_schemas::{
    Tagged,
    contacts::{
        contact::{BelongsTo, Desk, Preferences},
        person::Person,
    },
    feed::{self, Audience, CloudEvent, Concerns, Fact, RESTATED, Said, Subject},
    id::AggregateId,
    principal::Role,
};
use samvirke_tests::{Mail, Smtp, World};
use serde_json::json;
use sqlx::PgPool;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    address_book,
    contact::{Contact, Request},
    database, due,
    inbox::{CONTEXT, Inbox},
    intake::Intake,
    letter::Sender,
    mailer::{self, Mailer},
    sender::{self, RoundError},
    service,
    settings::{Key, MailServer, Settings},
};

pub(crate) const BAERUM: &str = "935478715";
pub(crate) const ASKER: &str = "920125298";
const KEY: Key = Key([5; 32]);

pub(crate) struct Rig {
    pub(crate) world: World,
    pub(crate) client: async_nats::Client,
    pub(crate) pool: PgPool,
    pub(crate) smtp: Smtp,
    pub(crate) mailer: Arc<Mailer>,
    pub(crate) sender: Sender,
    pub(crate) inbox: Inbox,
    pub(crate) intake: Intake,
    pub(crate) log: Log,
    publication: Publication,
    shutdown: CancellationToken,
}

impl Rig {
    pub(crate) async fn new() -> Self {
        let world = World::start().await.unwrap();
        let client = async_nats::connect(world.nats.url()).await.unwrap();
        let pool = database::connect(world.database.url.expose()).unwrap();
        database::prepare(&pool).await.unwrap();
        let log = Log::set_up(client.clone(), CONTEXT, 1).await.unwrap();
        let publication =
            Publication::make(client.clone(), feed::STREAM, feed::SUBJECTS, 1).await.unwrap();
        let shutdown = CancellationToken::new();
        let (progress, watched) = watch::channel(Progress::default());
        let supervisor = Supervisor::new(shutdown.clone());
        service::follow_contacts(&supervisor, pool.clone(), log.clone(), Arc::new(progress));
        let intake = Intake {
            pool: pool.clone(),
            publication: publication.clone(),
            settings: Settings::default(),
            contacts: log.clone(),
            progress: watched,
            put: watch::channel(()).0,
        };
        // The service is there before anything is said.
        intake.catch_up(at("2017-01-01T00:00:00Z")).await.unwrap();
        let smtp = Smtp::start().await;
        let server = mail_server(&smtp);
        let mailer = Arc::new(Mailer::new(&server).unwrap());
        let url = "https://samvirke.example".to_owned();
        let sender = Sender { from: mailer::from(&server).unwrap(), url, key: KEY };
        let contacts = Arc::new(Repository::new(log.clone()));
        let inbox = Inbox { contacts, pool: pool.clone(), key: KEY };
        Self {
            world,
            client,
            pool,
            smtp,
            mailer,
            sender,
            inbox,
            intake,
            log,
            publication,
            shutdown,
        }
    }

    /// Registers a contact as of the beginning of 2017; its address is `<name>@example.no`.
    pub(crate) async fn contact(&self, name: &str, belongs_to: BelongsTo) -> AggregateId {
        self.contact_with(name, belongs_to, "nb", Preferences::new()).await
    }

    pub(crate) async fn contact_with(
        &self,
        name: &str,
        belongs_to: BelongsTo,
        language: &str,
        preferences: Preferences,
    ) -> AggregateId {
        let id = contact_id(name);
        let place = derived(&format!("{name} {language}"));
        let now = at("2017-01-02T08:00:00Z");
        address_book::write(&self.pool, &id, place, &person(name, language), now).await.unwrap();
        self.give(&id, Request::Register { belongs_to, person: place, preferences }, now).await;
        id
    }

    /// Gives a command to a contact, decided at `now`.
    pub(crate) async fn give(&self, id: &AggregateId, request: Request, now: DateTime<Utc>) {
        let command = format!("{id} {} {now}", request.tag());
        let context: CommandContext<Contact> = CommandContext {
            id: id.clone(),
            command_id: derived(&command),
            digest: String::new(),
            request,
            after: Vec::new(),
            principal: role(Role::Secretariat),
            at: now,
            now,
            expected_version: None,
            provenance: None,
            cause: None,
            traceparent: None,
            deadline: Deadline::NONE,
        };
        execute(&self.inbox.contacts, &NoFacts, &context).await.unwrap();
    }

    /// Says something to the public, in the feed and then to us.
    pub(crate) async fn say(&self, tag: &str, fact: serde_json::Value, now: &str) {
        self.say_to(&[Audience::Public], tag, fact, now).await;
    }

    /// Says something to a member alone.
    pub(crate) async fn say_member(
        &self,
        member: &str,
        tag: &str,
        mut fact: serde_json::Value,
        now: &str,
    ) {
        if tag == "case.sent-to-members" {
            fact["own"] = super::facts::own(member);
        }
        self.say_to(&[Audience::Member(member.parse().unwrap())], tag, fact, now).await;
    }

    async fn say_to(&self, to: &[Audience], tag: &str, fact: serde_json::Value, now: &str) {
        let facts: Vec<_> = to.iter().map(|to| (to.clone(), fact.clone())).collect();
        self.publish(tag, &facts, at(now), at(now)).await;
        self.intake.catch_up(at(now)).await.unwrap();
    }

    /// Publishes one fact in several tellings: what members are told stands in for the public one.
    pub(crate) async fn publish(
        &self,
        tag: &str,
        tellings: &[(Audience, serde_json::Value)],
        occurred_at: DateTime<Utc>,
        recorded_at: DateTime<Utc>,
    ) {
        let mut last = self.publication.last_sequence().await.unwrap();
        let origin = derived(&format!("{tag} {last}"));
        let members: Vec<String> = tellings
            .iter()
            .filter(|(audience, _)| *audience != Audience::Public)
            .map(|(audience, _)| audience.to_string())
            .collect();
        for (audience, fact) in tellings {
            let fact: Fact = serde_json::from_value(json!({tag: fact})).unwrap();
            let said = Said {
                audience: audience.clone(),
                about: "vestregionen:x".parse().unwrap(),
                plural: "cases",
                concerns: Concerns::default(),
                fact,
                origin,
                restates: *audience != Audience::Public && tellings.len() > 1,
                replacement: false,
                occurred_at,
                recorded_at,
                traceparent: None,
            };
            let event = CloudEvent::new(&said, last + 1).unwrap();
            let cooperation = said.about.cooperation.clone();
            let subject = Subject { cooperation, audience: audience.clone(), tag: tag.to_owned() };
            let headers = match audience {
                Audience::Public if !members.is_empty() => vec![(RESTATED, members.join(","))],
                Audience::Public | Audience::Member(_) => Vec::new(),
            };
            let payload = serde_json::to_vec(&event).unwrap().into();
            let message = Outgoing { subject: subject.to_string(), headers, payload };
            last = self.publication.publish(last, &[message]).await.unwrap();
        }
    }

    /// Lets fall due and sends what is to be sent at `now`; returns what arrived.
    pub(crate) async fn send(&self, now: &str) -> Vec<Read> {
        due::fire(&self.pool, &self.intake.settings, at(now)).await.unwrap();
        self.round(at(now)).await.unwrap();
        self.smtp.take().iter().map(Read::of).collect()
    }

    /// Does not wait long for the mail server, where a test makes it keep silent.
    pub(crate) fn hurry(&mut self) {
        let server = MailServer { timeout_ms: 3_000, ..mail_server(&self.smtp) };
        self.mailer = Arc::new(Mailer::new(&server).unwrap());
    }

    pub(crate) async fn round(&self, now: DateTime<Utc>) -> Result<u64, RoundError> {
        sender::round(&self.pool, &self.mailer, &self.sender, now).await
    }

    /// How many rows of the outbox are in a state.
    pub(crate) async fn count(&self, state: &str) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM outbox WHERE state = $1")
            .bind(state)
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

pub(crate) fn mail_server(smtp: &Smtp) -> MailServer {
    serde_json::from_value(json!({
        "host": smtp.address.ip().to_string(), "port": smtp.address.port(), "encryption": "none",
        "from": "Vestregionen <post@samvirke.example>", "timeout_ms": 30_000,
    }))
    .unwrap()
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn contact_id(name: &str) -> AggregateId {
    format!("vestregionen:{}", derived(name)).parse().unwrap()
}

pub(crate) fn derived(text: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes())
}

pub(crate) fn person(name: &str, language: &str) -> Person {
    serde_json::from_value(json!({
        "name": format!("Kontoret {name}"), "email": format!("{name}@example.no"),
        "language": language,
    }))
    .unwrap()
}

pub(crate) fn of_member(member: &str) -> BelongsTo {
    BelongsTo::Member { member: member.parse().unwrap(), desk: Desk::Registry }
}

pub(crate) fn of_seat(seat: &str) -> BelongsTo {
    BelongsTo::Seat { body: "vestregionen:sg".parse().unwrap(), seat: seat.parse().unwrap() }
}

/// A mail as a mail program reads it.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) calendar: Option<String>,
    pub(crate) message_id: String,
    raw: Vec<u8>,
}

impl Read {
    pub(crate) fn of(mail: &Mail) -> Self {
        let read = MessageParser::default().parse(&mail.raw).unwrap();
        let calendar = read.attachments().next().map(|part| {
            let kind = part.content_type().unwrap();
            assert_eq!((kind.ctype(), kind.subtype()), ("text", Some("calendar")));
            assert_eq!(kind.attribute("method"), Some("PUBLISH"));
            String::from_utf8(part.contents().to_vec()).unwrap()
        });
        Self {
            to: mail.to.clone(),
            subject: read.subject().unwrap().to_owned(),
            text: read.body_text(0).unwrap().replace("\r\n", "\n"),
            html: read.body_html(0).unwrap().into_owned(),
            calendar,
            message_id: read.message_id().unwrap().to_owned(),
            raw: mail.raw.clone(),
        }
    }

    /// The value of a header, unfolded.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let read = MessageParser::default().parse(&self.raw).unwrap();
        let raw = read.header_raw(name.to_owned())?;
        Some(raw.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Whether a line of the calendar file is there, once lines are unfolded (RFC 5545 § 3.1).
    #[track_caller]
    pub(crate) fn calendar_line(&self, wanted: &str) -> bool {
        let calendar = self.calendar.as_ref().expect("there is a calendar file");
        calendar.replace("\r\n ", "").lines().any(|line| line == wanted)
    }
}

/// Whom mails went to, in order.
pub(crate) fn receivers(mails: &[Read]) -> Vec<String> {
    let mut receivers: Vec<String> =
        mails.iter().map(|mail| mail.to.trim_end_matches("@example.no").to_owned()).collect();
    receivers.sort_unstable();
    receivers
}
