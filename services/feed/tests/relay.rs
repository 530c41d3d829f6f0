//! The relay on a real NATS: each fact once and in one order, whoever is killed and however many relay.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::time::Duration;

use async_nats::jetstream::stream::Config;
use chrono::DateTime;
use futures::StreamExt;
use samvirke_feed::{
    MasterKey, Settings,
    relay::{self, BEHIND, Interrupted, SOURCES},
    service,
};
use samvirke_kernel::{
    clock,
    committer::{AppendError, Pending},
    envelope::{ENVELOPE_BYTES_MAX, ENVELOPE_VERSION, Envelope, Member},
    parking::{Decision, EventPlace, Parking},
    publication::{Outgoing, Publication, Published},
    supervision::Task,
};
use samvirke_private_servers::{
    NatsServer,
    temporary::{self, Temporary},
};
use samvirke_schemas::{
    feed::{self, CloudEvent, Fact},
    id::AggregateId,
    organisation::OrganisationNumber,
    principal::Principal,
};
use samvirke_tests::{Caller, Running, organisation_numbers};
use serde_json::json;
use uuid::Uuid;

const AT: &str = "2017-01-01T12:00";
/// How long the relay may take to tell what was committed.
const TOLD_WITHIN: Duration = Duration::from_secs(90);

/// How often an agreement is amended, so that catching up takes several batches.
const AMENDMENTS: usize = 2_500;
/// More commits than the relay takes in hand at once.
const SILENT: usize = 6_000;

struct World {
    nats: Temporary<NatsServer>,
    caller: Caller,
    publication: Publication,
    _networks: Running,
}

impl World {
    /// A founded cooperation and nobody who relays yet.
    async fn start() -> Self {
        let nats = temporary::nats().await.unwrap();
        let caller = Caller::connect(&nats.url()).await.unwrap();
        let networks = Running::start(&nats.url(), samvirke_networks::service).unwrap();
        let client = caller.client().clone();
        let publication = Publication::make(client, feed::STREAM, feed::SUBJECTS, 1).await.unwrap();
        let found = json!({"names": {"nb": "Prøvesamarbeidet"}, "legal_form": "alliance",
            "purpose": "Prøve.", "agreement": {"title": "Avtale", "version": "1"},
            "founded_on": "2001-01-01"});
        caller.give("cooperations/prove/found", AT, found).await.unwrap();
        Self { nats, caller, publication, _networks: networks }
    }

    fn relay(&self) -> Running {
        let service = |host| service(host, Settings::default(), MasterKey::new([7; 32]));
        Running::start(&self.nats.url(), service).unwrap()
    }

    async fn parking(&self) -> Parking {
        Parking::make(self.caller.client().clone(), 1).await.unwrap()
    }

    async fn admit(&self, member: &OrganisationNumber) {
        let admit = json!({"member": member, "names": {"nb": member}, "kind": "municipality",
            "from": "2001-01-01"});
        self.caller.give("cooperations/prove/admit-member", AT, admit).await.unwrap();
    }

    /// The first `count` messages of the feed, as soon as there are so many.
    async fn feed(&self, count: usize) -> Vec<Published> {
        let messages = self.publication.follow(vec![feed::EVENT_SUBJECTS.into()], 0).await.unwrap();
        let all = messages.take(count).map(Result::unwrap).collect();
        tokio::time::timeout(TOLD_WITHIN, all).await.expect("the feed tells it in time")
    }
}

/// So many who may be members.
fn members(count: usize) -> Vec<OrganisationNumber> {
    organisation_numbers().take(count).collect()
}

fn event(message: &Published) -> CloudEvent {
    serde_json::from_slice(&message.payload).unwrap()
}

/// Who was admitted, in the order of the feed, which begins with the founding, behind the message that
/// names the stream.
fn admitted(feed: &[Published]) -> Vec<OrganisationNumber> {
    for (index, message) in feed.iter().enumerate() {
        assert_eq!(event(message).position, format!("FEED:{}", index + 2));
    }
    assert!(matches!(event(&feed[0]).fact().unwrap(), Fact::CooperationFounded(_)));
    let admitted = |message| {
        let fact = event(message).fact().unwrap();
        let Fact::CooperationMemberAdmitted(fact) = fact else { panic!("{fact:?}") };
        fact.member
    };
    feed[1..].iter().map(admitted).collect()
}

#[tokio::test]
async fn a_fact_is_told_as_a_cloud_event_on_the_subject_of_its_audience() {
    let world = World::start().await;
    let _relay = world.relay();
    let feed = world.feed(1).await;
    assert_eq!(feed[0].subject, "feed.prove.public.cooperation.founded");
    assert_eq!(feed[0].header("Content-Type"), Some("application/cloudevents+json"));
    let event = event(&feed[0]);
    assert_eq!(event.kind, "no.samvirke.cooperation.founded.v1");
    assert_eq!(event.subject, "cooperations/prove:prove");
    assert_eq!(event.source, "/v1/cooperations/prove");
}

#[tokio::test]
async fn a_relay_that_is_killed_again_and_again_tells_each_fact_once() {
    let world = World::start().await;
    let members = members(60);
    for (round, some) in members.chunks(10).enumerate() {
        let relay = world.relay();
        for member in some {
            world.admit(member).await;
        }
        // At least one is told, and the others are on their way.
        world.feed(round * 10 + 2).await;
        relay.kill();
    }
    let _relay = world.relay();
    let feed = world.feed(members.len() + 1).await;
    assert_eq!(admitted(&feed), members);
    assert_eq!(world.publication.last_sequence().await.unwrap(), feed.len() as u64 + 1);
}

#[tokio::test]
async fn relays_that_catch_up_side_by_side_and_are_killed_tell_each_fact_once() {
    let world = World::start().await;
    for number in 0..AMENDMENTS {
        let agreement = json!({"title": "Avtale", "version": number.to_string()});
        let amend = json!({"agreement": agreement});
        world.caller.give("cooperations/prove/amend-agreement", AT, amend).await.unwrap();
    }
    for reached in [300, 1_200] {
        let (one, other) = (world.relay(), world.relay());
        world.feed(reached).await;
        one.kill();
        other.kill();
    }
    let _relay = world.relay();
    let feed = world.feed(AMENDMENTS + 1).await;
    let version = |message: &Published| {
        let fact = event(message).fact().unwrap();
        let Fact::CooperationAgreementAmended(fact) = fact else { panic!("{fact:?}") };
        fact.agreement.version.to_string()
    };
    let versions: Vec<String> = feed[1..].iter().map(version).collect();
    assert_eq!(versions, (0..AMENDMENTS).map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(world.publication.last_sequence().await.unwrap(), feed.len() as u64 + 1);
}

#[tokio::test]
async fn more_than_a_thousand_places_may_be_kept_also_in_a_stream_that_allowed_fewer() {
    let world = World::start().await;
    let client = world.caller.client().clone();
    let js = async_nats::jetstream::new(client.clone());
    let stream = js.get_stream(feed::STREAM).await.unwrap();
    // As an older samvirke made it, where nats-server sets its own limit.
    let earlier = Config { max_consumers: -1, ..stream.cached_info().config.clone() };
    js.update_stream(earlier).await.unwrap();
    let publication = Publication::make(client, feed::STREAM, feed::SUBJECTS, 1).await.unwrap();
    let names: Vec<String> = (0..1_050).map(|number| format!("place_{number}")).collect();
    futures::stream::iter(names)
        .for_each_concurrent(32, |name| {
            let publication = publication.clone();
            async move {
                publication.create_consumer(&name, &["feed.prove.>".into()], 0).await.unwrap();
            }
        })
        .await;
    assert_eq!(publication.consumer_names("place_").await.unwrap().len(), 1_050);
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_before_anything_is_sent() {
    let world = World::start().await;
    let message = |bytes: usize| Outgoing {
        subject: "feed.prove.public.cooperation.founded".into(),
        headers: Vec::new(),
        payload: vec![b' '; bytes].into(),
    };
    let (small, large) = (message(1), message(ENVELOPE_BYTES_MAX + 1));
    let refused = world.publication.publish(0, &[small, large]).await;
    assert_eq!(refused, Err(AppendError::TooLarge { bytes: ENVELOPE_BYTES_MAX + 1 }));
    assert_eq!(world.publication.last_sequence().await.unwrap(), 0);
}

#[tokio::test]
async fn commits_that_say_nothing_hold_nothing_up_however_many_there_are() {
    let world = World::start().await;
    let log = world.caller.log("cases").await.unwrap();
    let commits = (0..SILENT).map(|number| log.append(vec![silent(number)]));
    futures::future::try_join_all(commits).await.unwrap();
    let _relay = world.relay();
    world.feed(1).await;
    let members = members(3);
    for member in &members {
        world.admit(member).await;
    }
    assert_eq!(admitted(&world.feed(4).await), members);
}

/// A commit of a kind of which nothing is told.
fn silent(number: usize) -> Pending {
    let id: AggregateId = format!("prove:{number}").parse().unwrap();
    let envelope = Envelope {
        v: ENVELOPE_VERSION,
        aggregate: Member {
            kind: "register".into(),
            id: id.clone(),
            version_from: 1,
            version_to: 1,
        },
        command_id: Uuid::nil(),
        command: "register.open".into(),
        digest: String::new(),
        actor: Principal::public(),
        cause: None,
        traceparent: None,
        provenance: None,
        occurred_at: DateTime::UNIX_EPOCH,
        recorded_at: DateTime::UNIX_EPOCH,
        previous: None,
        events: Vec::new(),
    };
    let subject = format!("es.cases.prove.register.{}", id.local).into();
    Pending { subject, expected: 0, payload: envelope.write().unwrap() }
}

#[tokio::test]
async fn two_relays_at_once_neither_double_nor_reorder() {
    let world = World::start().await;
    let members = members(150);
    let _relays = [world.relay(), world.relay(), world.relay()];
    for member in &members {
        world.admit(member).await;
    }
    let feed = world.feed(members.len() + 1).await;
    assert_eq!(admitted(&feed), members);
    assert_eq!(world.publication.last_sequence().await.unwrap(), feed.len() as u64 + 1);
}

#[tokio::test]
async fn a_feed_made_from_another_stream_is_not_gone_on_with() {
    let world = World::start().await;
    let message = |sources: &str| Outgoing {
        subject: "feed.prove.public.cooperation.founded".into(),
        headers: vec![(SOURCES, sources.into())],
        payload: "{}".into(),
    };
    let logs = [world.caller.log("networks").await.unwrap()];
    world.publication.publish(0, &[message("NETWORKS@1:1")]).await.unwrap();
    let ended = relay::relay(
        &world.publication,
        &logs,
        &world.parking().await,
        &Task::unsupervised("relay"),
    )
    .await;
    assert!(matches!(ended, Err(Interrupted::OtherStream { stream }) if stream == "NETWORKS"));

    let created = logs[0].identity().created.timestamp_micros();
    let ahead = message(&format!("NETWORKS@{created}:900"));
    world.publication.publish(1, &[ahead]).await.unwrap();
    let ended = relay::relay(
        &world.publication,
        &logs,
        &world.parking().await,
        &Task::unsupervised("relay"),
    )
    .await;
    assert!(matches!(ended, Err(Interrupted::Truncated { told: 900, last: 1, .. })));

    // At the sequence that the stream has, another commit was told.
    let other = message(&format!("NETWORKS@{created}:1#beef"));
    world.publication.publish(2, &[other]).await.unwrap();
    let (parking, task) = (world.parking().await, Task::unsupervised("relay"));
    let ended = relay::relay(&world.publication, &logs, &parking, &task);
    let ended = tokio::time::timeout(TOLD_WITHIN, ended).await.unwrap();
    assert!(matches!(ended, Err(Interrupted::OtherStream { stream }) if stream == "NETWORKS"));
}

/// Gives a cooperation a name, and with it a first fact.
async fn found(world: &World, id: &str) {
    let body = json!({"names": {"nb": id}, "legal_form": "alliance", "purpose": "Prøve.",
        "agreement": {"title": "Avtale", "version": "1"}, "founded_on": "2001-01-01"});
    world.caller.give(&format!("cooperations/{id}/found"), AT, body).await.unwrap();
}

async fn admit_to(world: &World, id: &str, member: &OrganisationNumber) {
    let admit = json!({"member": member, "names": {"nb": member}, "kind": "municipality",
        "from": "2001-01-01"});
    world.caller.give(&format!("cooperations/{id}/admit-member"), AT, admit).await.unwrap();
}

/// Stores a commit that no program can read.
async fn break_in(world: &World, subject: &str) {
    let log = world.caller.log("networks").await.unwrap();
    let pending = Pending { subject: subject.into(), expected: 0, payload: "{}".into() };
    log.append(vec![pending]).await.unwrap();
}

/// The facts about one cooperation, in the order of the feed.
fn of<'a>(feed: &'a [Published], cooperation: &str) -> Vec<&'a Published> {
    let prefix = format!("feed.{cooperation}.");
    feed.iter().filter(|message| message.subject.starts_with(&prefix)).collect()
}

fn members_of(feed: &[Published], cooperation: &str) -> Vec<OrganisationNumber> {
    let admitted = |message: &&Published| {
        let Fact::CooperationMemberAdmitted(fact) = event(message).fact().unwrap() else {
            return None;
        };
        Some(fact.member)
    };
    of(feed, cooperation).iter().filter_map(admitted).collect()
}

#[tokio::test]
async fn a_commit_that_cannot_be_read_holds_back_its_cooperation_only_and_nothing_is_lost_or_doubled()
 {
    let world = World::start().await;
    found(&world, "annet").await;
    let all = members(6);
    admit_to(&world, "prove", &all[0]).await;
    break_in(&world, "es.networks.prove.body.broken").await;
    for member in &all[1..3] {
        admit_to(&world, "prove", member).await;
        admit_to(&world, "annet", member).await;
    }
    let relay = world.relay();
    // Two foundings, one member of the one before the commit, two of the other.
    let feed = world.feed(5).await;
    assert_eq!(members_of(&feed, "prove"), all[..1]);
    assert_eq!(members_of(&feed, "annet"), all[1..3]);
    let parking = world.parking().await;
    let prove = "prove".parse().unwrap();
    let parked = parking.read(relay::TASK, &prove).await.unwrap().record.parked.unwrap();
    assert_eq!(parked.event.subject, "es.networks.prove.body.broken");

    // It survives a restart, and the others still go on.
    relay.kill();
    let relay = world.relay();
    admit_to(&world, "prove", &all[3]).await;
    admit_to(&world, "annet", &all[3]).await;
    let feed = world.feed(6).await;
    assert_eq!(members_of(&feed, "annet"), all[1..4]);
    assert_eq!(members_of(&feed, "prove"), all[..1]);

    let skip = Decision::Skip { by: "kari".into(), at: clock::now(), why: "agreed".into() };
    assert!(parking.decide(relay::TASK, &prove, skip).await.unwrap().is_some());
    let feed = world.feed(9).await;
    assert_eq!(members_of(&feed, "prove"), all[..4]);
    relay.kill();
    let _relay = world.relay();
    admit_to(&world, "prove", &all[4]).await;
    admit_to(&world, "annet", &all[4]).await;
    let feed = world.feed(11).await;
    assert_eq!(members_of(&feed, "prove"), all[..5]);
    assert_eq!(members_of(&feed, "annet"), all[1..5]);
    assert_eq!(world.publication.last_sequence().await.unwrap(), 12);
    assert_eq!(feed.last().unwrap().header(BEHIND), None, "nobody is behind any more");
}

#[tokio::test]
async fn what_waited_is_told_in_order_and_once_after_a_retry_also_with_two_relays() {
    let world = World::start().await;
    found(&world, "annet").await;
    let all = members(40);
    // As a program that could not read the second commit of the stream would leave it.
    let (parking, prove) = (world.parking().await, "prove".parse().unwrap());
    admit_to(&world, "prove", &all[0]).await;
    let event = EventPlace {
        stream: "NETWORKS".into(),
        sequence: 3,
        subject: "es.networks.prove.cooperation.prove".into(),
    };
    parking.park(relay::TASK, &prove, &event, "an older program").await.unwrap();
    let _relays = [world.relay(), world.relay()];
    for member in &all[1..20] {
        admit_to(&world, "prove", member).await;
        admit_to(&world, "annet", member).await;
    }
    let feed = world.feed(20).await;
    assert_eq!(members_of(&feed, "annet"), all[1..20]);
    let held = members_of(&feed, "prove");
    assert!(held.is_empty(), "{held:?}");
    let retry = Decision::Retry { by: "kari".into(), at: clock::now() };
    assert!(parking.decide(relay::TASK, &prove, retry).await.unwrap().is_some());
    for member in &all[20..] {
        admit_to(&world, "annet", member).await;
        admit_to(&world, "prove", member).await;
    }
    // Two foundings, 40 members of the one, 39 of the other.
    let feed = world.feed(81).await;
    assert_eq!(members_of(&feed, "prove"), all);
    assert_eq!(members_of(&feed, "annet"), all[1..]);
    let taken_off =
        async { while parking.read(relay::TASK, &prove).await.unwrap().record.parked.is_some() {} };
    tokio::time::timeout(TOLD_WITHIN, taken_off).await.expect("the record is taken off");
    assert_eq!(world.publication.last_sequence().await.unwrap(), 82);
}
