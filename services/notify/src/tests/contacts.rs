//! Contacts over NATS: who may, what is kept where, and what is forgotten.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_nats::HeaderMap;
use futures::StreamExt;
use samvirke_kernel::{
    clock,
    log::Log,
    repository::Repository,
    service::Host,
    signature::MessageSigner,
    stream::{
        self,
        record::Records,
        set_up::{adopt, weigh},
    },
};
use samvirke_private_servers::StreamFiles;
use samvirke_schemas::{
    contacts::contact::{BelongsTo, Preferences},
    message::{CommandMessage, QueryMessage, SIGNATURE},
    principal::{Grant, Principal, Role},
    reply::{Accepted, Refused},
};
use serde_json::{Value, json, value::RawValue};
use tokio_util::sync::CancellationToken;

use super::{
    facts::{hearing_opened, sent_to_members, stopped},
    rig::{ASKER, BAERUM, Rig, at, contact_id, derived, of_member, person},
};
use crate::{
    address_book,
    contact::Request,
    inbox::CONTEXT,
    service::{Config, service},
    settings::{Key, Settings},
};

/// Gives a contact another address.
pub(super) async fn change(rig: &Rig, name: &str, to: &str) {
    let id = contact_id(name);
    let now = at("2017-09-15T11:00:00Z");
    address_book::write(&rig.pool, &id, derived(to), &person(to, "nb"), now).await.unwrap();
    rig.give(&id, Request::Change { person: derived(to) }, now).await;
    settled(rig).await;
}

/// Waits until the contacts are taken as far as their stream.
async fn settled(rig: &Rig) {
    let last = rig.log.last_sequence().await.unwrap();
    let mut progress = rig.intake.progress.clone();
    progress.wait_for(|progress| progress.sequence >= last).await.unwrap();
}

/// Everything in the database as text.
async fn everything(rig: &Rig) -> String {
    let mut all = String::new();
    for table in ["contact", "person", "outbox", "due", "awaited", "parked", "seat", "plan"] {
        let rows: Vec<String> = sqlx::query_scalar(&format!("SELECT t::text FROM {table} t"))
            .fetch_all(&rig.pool)
            .await
            .unwrap();
        all.push_str(&rows.join("\n"));
    }
    all
}

/// The whole stream of contacts as text.
async fn history(rig: &Rig) -> String {
    let last = rig.log.last_sequence().await.unwrap();
    let mut commits = rig.log.follow(0).await.unwrap();
    let mut all = String::new();
    loop {
        let commit = commits.next().await.unwrap().unwrap();
        all.push_str(std::str::from_utf8(&commit.payload).unwrap());
        if commit.sequence == last {
            return all;
        }
    }
}

struct Caller {
    client: async_nats::Client,
    signer: MessageSigner,
    principal: Principal,
}

impl Caller {
    /// Starts the service beside a rig, and somebody who asks it.
    fn start(rig: &Rig, principal: Principal) -> (Self, CancellationToken) {
        let signer = MessageSigner::new(&[7; 32]);
        let shutdown = CancellationToken::new();
        let host = Host::new(rig.client.clone(), 1, signer.verifier(), shutdown.clone());
        let config = Config {
            database_url: rig.world.database.url.expose().to_owned(),
            settings: Settings::default(),
            key: Key([5; 32]),
            url: "https://samvirke.example".into(),
        };
        tokio::spawn(service(host, config));
        (Self { client: rig.client.clone(), signer, principal }, shutdown)
    }

    fn by(&self, principal: Principal) -> Self {
        Self { client: self.client.clone(), signer: self.signer.clone(), principal }
    }

    async fn command(
        &self,
        name: &str,
        command: &str,
        key: &str,
        body: Value,
    ) -> Result<Accepted, Refused> {
        let id = contact_id(name);
        let message = CommandMessage {
            kind: "contact".into(),
            id: id.clone(),
            command: command.into(),
            body: RawValue::from_string(body.to_string()).unwrap(),
            command_id: derived(key),
            principal: self.principal.clone(),
            expected_version: None,
            at: None,
            provenance: None,
            after: Vec::new(),
            traceparent: None,
            deadline: clock::now() + chrono::TimeDelta::seconds(20),
        };
        self.ask(format!("cmd.contacts.vestregionen.contact.{}", id.local), &message).await
    }

    async fn query(&self, name: &str, parameters: Value) -> Result<Value, Refused> {
        let Value::Object(parameters) = parameters else { panic!("parameters are an object") };
        let message = QueryMessage {
            name: name.into(),
            cooperation: None,
            parameters,
            principal: self.principal.clone(),
            person: None,
            after: Vec::new(),
            traceparent: None,
            deadline: clock::now() + chrono::TimeDelta::seconds(20),
        };
        self.ask(format!("qry.notify.{name}"), &message).await
    }

    async fn ask<M: serde::Serialize, A: serde::de::DeserializeOwned>(
        &self,
        subject: String,
        message: &M,
    ) -> Result<A, Refused> {
        let payload = serde_json::to_vec(message).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(SIGNATURE, self.signer.sign(&payload));
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
}

fn principal(role: Role, member: Option<&str>) -> Principal {
    Principal {
        subject: format!("test-{role}"),
        member: member.map(|member| member.parse().unwrap()),
        supplier: None,
        grants: vec![Grant { role, cooperation: None }],
    }
}

fn registration(name: &str, belongs_to: &BelongsTo) -> Value {
    json!({"belongs_to": belongs_to, "person":
        {"name": format!("Kontoret {name}"), "email": format!("{name}@example.no")}})
}

#[tokio::test]
async fn no_event_holds_a_name_or_an_address_and_forgetting_leaves_none_anywhere() {
    let rig = Rig::new().await;
    let (caller, shutdown) = Caller::start(&rig, principal(Role::Delegate, Some(BAERUM)));
    let body = registration("baerum", &of_member(BAERUM));
    caller.command("baerum", "register", "k1", body).await.unwrap();
    let changed = json!({"person": {"name": "Kontoret to", "email": "to@example.no"}});
    caller.command("baerum", "change", "k2", changed).await.unwrap();
    settled(&rig).await;
    let kept = everything(&rig).await;
    assert!(kept.contains("to@example.no") && !kept.contains("baerum@example.no"), "{kept}");
    let told = history(&rig).await;
    assert!(told.contains("registered") && !told.contains("example.no"), "{told}");
    assert!(!told.contains("Kontoret"), "{told}");

    caller.command("baerum", "forget", "k3", json!({})).await.unwrap();
    settled(&rig).await;
    // The first registration is repeated, as after an answer that was lost.
    let body = registration("baerum", &of_member(BAERUM));
    assert!(caller.command("baerum", "register", "k1", body).await.unwrap().repeated);
    let kept = everything(&rig).await;
    assert!(!kept.contains("example.no") && !kept.contains("Kontoret"), "{kept}");
    shutdown.cancel();
}

#[tokio::test]
async fn a_refused_command_leaves_nobody_in_the_address_book() {
    let rig = Rig::new().await;
    let (caller, shutdown) = Caller::start(&rig, principal(Role::Delegate, Some(BAERUM)));
    let body = registration("asker", &of_member(ASKER));
    let refused = caller.command("asker", "register", "k1", body).await.unwrap_err();
    assert!(matches!(refused, Refused::Rejected { code, .. } if code == "not-your-contact"));
    assert!(!everything(&rig).await.contains("example.no"));
    let bad = json!({"person": {"name": "x", "email": "x"}});
    let refused = caller.command("asker", "change", "k2", bad).await.unwrap_err();
    assert!(matches!(refused, Refused::Invalid { field, .. } if field == "person.email"));
    shutdown.cancel();
}

#[tokio::test]
async fn one_key_is_one_person() {
    let rig = Rig::new().await;
    let (caller, shutdown) = Caller::start(&rig, principal(Role::Secretariat, None));
    let body = registration("baerum", &of_member(BAERUM));
    let first = caller.command("baerum", "register", "k1", body.clone()).await.unwrap();
    let again = caller.command("baerum", "register", "k1", body).await.unwrap();
    assert_eq!((first.version, again.repeated), (again.version, true));
    let other = registration("annen", &of_member(BAERUM));
    let refused = caller.command("baerum", "register", "k1", other).await.unwrap_err();
    assert!(matches!(refused, Refused::Rejected { code, .. } if code == "idempotency-key-reused"));
    shutdown.cancel();
}

#[tokio::test]
async fn what_waits_for_a_forgotten_contact_is_dropped() {
    let rig = Rig::new().await;
    let id = rig.contact("baerum", of_member(BAERUM)).await;
    let sent = sent_to_members(&[BAERUM]);
    rig.say_member(BAERUM, "case.sent-to-members", sent, "2017-09-15T08:00:00Z").await;
    rig.give(&id, Request::Forget {}, at("2017-09-15T08:00:01Z")).await;
    settled(&rig).await;
    assert!(rig.send("2017-09-15T08:00:02Z").await.is_empty());
    assert_eq!(rig.count("dropped").await, 1);
    let opened = hearing_opened(BAERUM);
    rig.say_member(BAERUM, "hearing.opened", opened, "2017-09-15T10:00:00Z").await;
    assert_eq!(rig.count("waiting").await, 0);
}

#[tokio::test]
async fn a_place_that_a_crash_has_left_is_swept_and_no_other() {
    let rig = Rig::new().await;
    rig.contact("baerum", of_member(BAERUM)).await;
    settled(&rig).await;
    // Written, and then killed before the event.
    let id = contact_id("borte");
    let now = at("2017-09-15T08:00:00Z");
    address_book::write(&rig.pool, &id, derived("x"), &person("borte", "nb"), now).await.unwrap();
    assert_eq!(address_book::sweep(&rig.pool, at("2017-09-15T08:59:00Z")).await.unwrap(), 0);
    assert_eq!(address_book::sweep(&rig.pool, at("2017-09-15T09:01:00Z")).await.unwrap(), 1);
    let kept = everything(&rig).await;
    assert!(kept.contains("baerum@example.no") && !kept.contains("borte@example.no"), "{kept}");
}

#[tokio::test]
async fn a_member_reads_its_own_contacts_and_the_offices_read_all_and_the_outbox() {
    let rig = Rig::new().await;
    for (name, member) in [("baerum", BAERUM), ("asker", ASKER), ("asker2", ASKER)] {
        rig.contact_with(name, of_member(member), "nn", Preferences::new()).await;
        // Nothing is to be told of it later, which the service's own clock would bring about.
        rig.say_member(member, "subscription.stopped", stopped(), "2017-09-15T08:00:00Z").await;
    }
    let (secretariat, shutdown) = Caller::start(&rig, principal(Role::Secretariat, None));
    let all = secretariat.query("contacts", json!({"cooperation": "vestregionen"})).await.unwrap();
    assert_eq!(all["items"].as_array().unwrap().len(), 3);
    let member = secretariat.by(principal(Role::Delegate, Some(BAERUM)));
    let own = member.query("contacts", json!({"cooperation": "vestregionen"})).await.unwrap();
    let [own] = &own["items"].as_array().unwrap()[..] else { panic!("{own}") };
    assert_eq!(own["person"]["email"], "baerum@example.no");
    assert_eq!(
        (&own["person"]["language"], &own["preferences"]["minutes"]),
        (&json!("nn"), &json!("at-once"))
    );

    let asked = json!({"cooperation": "vestregionen", "limit": 3, "state": "waiting"});
    let page = secretariat.query("notifications", asked).await.unwrap();
    assert_eq!(page["items"].as_array().unwrap().len(), 3);
    assert_eq!(page["items"][0]["notice"], "delivery-stopped");
    assert!(!page.to_string().contains("example.no"), "{page}");
    let next = json!({"cooperation": "vestregionen", "limit": 3, "after": page["next"]});
    let rest = secretariat.query("notifications", next).await.unwrap();
    // Asker's second contact was there for one only, its first for two.
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));

    let first = json!({"cooperation": "vestregionen", "limit": 2});
    let first = secretariat.query("contacts", first).await.unwrap();
    let next = json!({"cooperation": "vestregionen", "limit": 2, "after": first["next"]});
    let next = secretariat.query("contacts", next).await.unwrap();
    assert_eq!((next["items"].as_array().unwrap().len(), &next["next"]), (1, &Value::Null));
    // A cursor of the other query names no place in this one.
    for (query, cursor) in [("contacts", &page["next"]), ("notifications", &first["next"])] {
        let wrong = json!({"cooperation": "vestregionen", "after": cursor});
        let wrong = secretariat.query(query, wrong).await;
        assert!(
            matches!(&wrong, Err(Refused::Invalid { field, .. }) if field == "after"),
            "{wrong:?}"
        );
    }

    for nobody in [principal(Role::Auditor, Some(BAERUM)), Principal::public()] {
        let nobody = secretariat.by(nobody);
        for query in ["contacts", "notifications"] {
            let asked = json!({"cooperation": "vestregionen"});
            let refused = nobody.query(query, asked).await.unwrap_err();
            assert!(
                matches!(refused, Refused::Rejected { code, .. } if code == "not-yours-to-read")
            );
        }
    }
    assert!(member.query("notifications", json!({"cooperation": "vestregionen"})).await.is_err());
    shutdown.cancel();
}

/// How long the contacts may take until they are folded anew.
const FOLDED_WITHIN: Duration = Duration::from_secs(60);

/// The ids of the contacts that are folded.
async fn folded(rig: &Rig) -> BTreeSet<String> {
    let ids: Vec<String> =
        sqlx::query_scalar("SELECT id FROM contact").fetch_all(&rig.pool).await.unwrap();
    ids.into_iter().collect()
}

fn ids(names: [&str; 2]) -> BTreeSet<String> {
    names.map(|name| contact_id(name).to_string()).into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_lost_commits_were_accepted_the_contacts_are_folded_anew_and_go_on() {
    let mut rig = Rig::new().await;
    let asker = || of_member(ASKER);
    rig.contact("kept", asker()).await;
    rig.contact("lost", asker()).await;
    settled(&rig).await;
    rig.log.guard().start();
    let records = Records::open(rig.log.jetstream()).await.unwrap().unwrap();
    let noted = async || records.of("CONTACTS").await.unwrap().unwrap().last;
    while noted().await.is_none_or(|last| last.sequence < 2) {
        tokio::task::yield_now().await;
    }
    rig.world.nats.stop().await;
    let files = StreamFiles::of(&rig.world.nats.directory().join("nats"), "CONTACTS").unwrap();
    files.cut_tail(100).unwrap();
    rig.world.nats.start_again().await.unwrap();
    let client = async_nats::connect(rig.world.nats.url()).await.unwrap();
    let adoption = weigh(&client, &stream::kinds::event_stream(CONTEXT, 1)).await.unwrap();
    assert!(adoption.is_needed());
    adopt(&client, 1, adoption).await.unwrap();

    let log = Log::open(client, CONTEXT, 1).await.unwrap();
    let contacts = Arc::new(Repository::new(log));
    let place = derived("new nb");
    let now = at("2017-01-03T08:00:00Z");
    let id = contact_id("new");
    let register =
        Request::Register { belongs_to: asker(), person: place, preferences: Preferences::new() };
    rig.inbox.contacts = contacts;
    rig.give(&id, register, now).await;
    let anew = async {
        while folded(&rig).await != ids(["kept", "new"]) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(FOLDED_WITHIN, anew).await.expect("the contacts are folded anew");
}

#[tokio::test]
async fn a_contact_that_is_registered_again_after_its_first_commit_was_lost_stops_nobody() {
    let rig = Rig::new().await;
    let asker = || of_member(ASKER);
    // What was folded of a commit that is lost.
    let left = contact_id("lost");
    sqlx::query(
        "INSERT INTO contact (id, cooperation, belongs_to, person, preferences, since)
         VALUES ($1, 'vestregionen', $2, NULL, '{}', now())",
    )
    .bind(left.to_string())
    .bind(sqlx::types::Json(asker()))
    .execute(&rig.pool)
    .await
    .unwrap();
    rig.contact("lost", asker()).await;
    rig.contact("other", asker()).await;
    settled(&rig).await;
    assert_eq!(folded(&rig).await, ids(["lost", "other"]));
}
