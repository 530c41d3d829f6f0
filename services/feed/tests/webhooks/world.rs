//! A cooperation with a feed, and members who subscribe to it.

use std::time::Duration;

use samvirke_feed::{MasterKey, Settings, relay::SOURCES, service};
use samvirke_kernel::publication::{Outgoing, Publication};
use samvirke_private_servers::{
    NatsServer,
    temporary::{self, Temporary},
};
use samvirke_schemas::{
    feed::{self, Audience, CloudEvent, Concerns, RESTATED, Said, Subject, fact},
    principal::{Grant, Principal, Role},
    reply::Refused,
};
use samvirke_tests::{Caller, Endpoint, Running, organisation_numbers};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const BAERUM: &str = "935478715";
pub(crate) const ASKER: &str = "920125298";
pub(crate) const ID: &str = "prove:baerum";
const AT: &str = "2017-01-01T12:00";
/// How long something may take to become so.
const SO_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(crate) struct World {
    nats: Temporary<NatsServer>,
    pub(crate) caller: Caller,
    pub(crate) publication: Publication,
    settings: Settings,
    _networks: Running,
}

/// Settings that let a test be over soon.
pub(crate) fn settings() -> Settings {
    Settings {
        origin: "samvirke.test".into(),
        loopback_allowed: true,
        retry_first_ms: 10,
        retry_longest_ms: 40,
        answer_timeout_ms: 1_500,
        ..Settings::default()
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(settings()).await
    }

    /// A founded cooperation with two members; the feed does not run yet. It tells FEED:2 to FEED:4.
    pub(crate) async fn with(settings: Settings) -> Self {
        let nats = temporary::nats().await.unwrap();
        let caller = Caller::connect(&nats.url()).await.unwrap();
        let networks = Running::start(&nats.url(), samvirke_networks::service).unwrap();
        let client = caller.client().clone();
        let publication = Publication::make(client, feed::STREAM, feed::SUBJECTS, 1).await.unwrap();
        let world = Self { nats, caller, publication, settings, _networks: networks };
        let found = json!({"names": {"nb": "Prøvesamarbeidet"}, "legal_form": "alliance",
            "purpose": "Prøve.", "agreement": {"title": "Avtale", "version": "1"},
            "founded_on": "2001-01-01"});
        world.give("cooperations/prove/found", found).await;
        world.admit(BAERUM).await;
        world.admit(ASKER).await;
        world
    }

    /// Runs the feed.
    pub(crate) fn feed(&self) -> Running {
        let settings = self.settings.clone();
        let service = |host| service(host, settings, MasterKey::new([7; 32]));
        Running::start(&self.nats.url(), service).unwrap()
    }

    pub(crate) async fn give(&self, to: &str, body: Value) {
        self.caller.give(to, AT, body).await.unwrap();
    }

    /// Gives a command to a subscription.
    pub(crate) async fn tell(&self, id: &str, command: &str, body: Value) {
        self.give(&format!("subscriptions/{id}/{command}"), body).await;
    }

    /// Why a subscription cannot be created.
    pub(crate) async fn refuses_to_create(&self, create: Value) -> Refused {
        let to = format!("subscriptions/{ID}/create");
        self.caller.ask(&to, AT, create).await.unwrap().unwrap_err()
    }

    pub(crate) async fn admit(&self, member: &str) {
        let admit = json!({"member": member, "names": {"nb": member}, "kind": "municipality",
            "from": "2001-01-01"});
        self.give("cooperations/prove/admit-member", admit).await;
    }

    /// Lets so many things happen that everybody is told of.
    pub(crate) async fn happen(&self, count: usize) {
        let last = self.publication.last_sequence().await.unwrap();
        let told = usize::try_from(last).unwrap() - 1;
        for member in organisation_numbers().skip(told).take(count) {
            self.admit(member.as_str()).await;
        }
    }

    /// Subscribes Bærum from the beginning of the feed.
    pub(crate) async fn subscribe(&self, receiver: &Endpoint) {
        self.subscribe_as(ID, BAERUM, receiver, json!({})).await;
    }

    pub(crate) async fn subscribe_as(
        &self,
        id: &str,
        member: &str,
        receiver: &Endpoint,
        filters: Value,
    ) {
        let create = create(member, &receiver.url(), filters);
        self.tell(id, "create", create).await;
    }

    /// A subscription as the secretariat sees it.
    pub(crate) async fn seen(&self, id: &str) -> Value {
        let asked = self.ask("subscription", &secretariat(), json!({"id": id})).await;
        asked.unwrap_or_else(|refused| panic!("{id}: {refused:?}"))
    }

    pub(crate) async fn ask(
        &self,
        query: &str,
        principal: &Principal,
        parameters: Value,
    ) -> Result<Value, Refused> {
        self.caller.query(query, principal.clone(), parameters).await.unwrap()
    }

    /// Waits until a subscription is as wanted.
    #[track_caller]
    pub(crate) fn until(
        &self,
        id: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> impl Future<Output = Value> {
        let location = std::panic::Location::caller();
        async move {
            let mut last = Value::Null;
            let look = async {
                let mut again = tokio::time::interval(LOOK_EVERY);
                loop {
                    again.tick().await;
                    last = self.seen(id).await;
                    if wanted(&last) {
                        return last.clone();
                    }
                }
            };
            let found = tokio::time::timeout(SO_WITHIN, look).await;
            found.unwrap_or_else(|_| panic!("{id} has not become so at {location}: {last:#}"))
        }
    }

    #[track_caller]
    pub(crate) fn until_phase(&self, phase: &str) -> impl Future<Output = Value> {
        let phase = phase.to_owned();
        self.until(ID, move |seen| seen["phase"] == *phase)
    }

    pub(crate) async fn attempts(&self, id: &str) -> Vec<Value> {
        let asked = self.ask("subscription-attempts", &secretariat(), json!({"id": id})).await;
        asked.unwrap()["items"].as_array().unwrap().clone()
    }

    /// Waits until so many events have been told.
    pub(crate) async fn publication_reaches(&self, sequence: u64) {
        let all = vec![feed::SUBJECTS.to_owned()];
        let mut told = self.publication.follow(all, sequence).await.unwrap();
        let told = tokio::time::timeout(SO_WITHIN, futures::StreamExt::next(&mut told)).await;
        told.expect("it is told in time").unwrap().unwrap();
    }

    /// Says something to one member with more in it than the public is told just after.
    pub(crate) async fn restate(&self, member: &str) {
        let last = self.publication.last().await.unwrap().unwrap();
        let sources = last.header(SOURCES).unwrap().to_owned();
        let said = |audience: Audience, restates| Said {
            audience,
            about: "prove".parse().unwrap(),
            plural: "cooperations",
            concerns: Concerns::default(),
            fact: samvirke_schemas::feed::Fact::CooperationResumed(fact::cooperation::Resumed {
                cooperation: fact::brief::Cooperation { id: "prove".parse().unwrap(), names: None },
            }),
            origin: Uuid::from_u128(1),
            restates,
            replacement: false,
            occurred_at: last.stored_at,
            recorded_at: last.stored_at,
            traceparent: None,
        };
        let own = said(Audience::Member(member.parse().unwrap()), true);
        let public = said(Audience::Public, false);
        let mut messages = Vec::new();
        for (said, sequence) in [(&own, last.sequence + 1), (&public, last.sequence + 2)] {
            let subject = Subject {
                cooperation: "prove".parse().unwrap(),
                audience: said.audience.clone(),
                tag: "cooperation.resumed".into(),
            };
            let event = CloudEvent::new(said, sequence).unwrap();
            messages.push(Outgoing {
                subject: subject.to_string(),
                headers: vec![(SOURCES, sources.clone())],
                payload: serde_json::to_vec(&event).unwrap().into(),
            });
        }
        messages[1].headers.push((RESTATED, member.to_owned()));
        self.publication.publish(last.sequence, &messages).await.unwrap();
    }
}

pub(crate) fn create(member: &str, endpoint: &str, filters: Value) -> Value {
    json!({"owner": {"member": {"member": member}}, "channel": {"webhook": {"endpoint": endpoint}},
        "filters": filters, "from": {"position": {"after": "FEED:0"}}})
}

pub(crate) fn secretariat() -> Principal {
    somebody(Role::Secretariat, None)
}

pub(crate) fn somebody(role: Role, member: Option<&str>) -> Principal {
    Principal {
        subject: role.to_string(),
        member: member.map(|member| member.parse().unwrap()),
        supplier: None,
        grants: vec![Grant { role, cooperation: None }],
    }
}

/// Where the events `from` to `to` stand, counted from 1: behind the message that names the stream.
pub(crate) fn positions(from: u64, to: u64) -> Vec<String> {
    (from..=to).map(|number| format!("FEED:{}", number + 1)).collect()
}
