//! A policy that cannot act on an event: the event is parked, its cooperation waits, the others go on.

use std::sync::{Arc, Mutex};

use async_nats::Client;
use chrono::DateTime;
use samvirke_kernel::{
    clock,
    committer::Pending,
    envelope::{ENVELOPE_VERSION, Envelope, Member},
    log::Log,
    parking::{Decision, EventPlace, Parking, Skipped},
    policy::{self, PolicyError},
    supervision::Supervisor,
};
use samvirke_private_servers::{
    NatsServer,
    temporary::{self, Temporary},
};
use samvirke_schemas::{
    id::{AggregateId, CooperationId},
    principal::Principal,
};
use tokio::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const POLICY: &str = "tests-policy";

struct World {
    _nats: Temporary<NatsServer>,
    client: Client,
    log: Log,
    parking: Parking,
    /// What was acted on, in order.
    acted: Arc<Mutex<Vec<String>>>,
    /// What cannot be acted on, and how.
    fails: Arc<Mutex<Vec<(String, PolicyError)>>>,
}

impl World {
    async fn new() -> Self {
        let nats = temporary::nats().await.unwrap();
        let client = async_nats::connect(nats.url()).await.unwrap();
        let log = Log::set_up(client.clone(), "test", 1).await.unwrap();
        let parking = Parking::make(client.clone(), 1).await.unwrap();
        let (acted, fails) = (Arc::default(), Arc::default());
        Self { _nats: nats, client, log, parking, acted, fails }
    }

    /// Stores a commit of `cooperation:local`.
    async fn commit(&self, id: &str) {
        let id: AggregateId = id.parse().unwrap();
        let kind = "tally".to_owned();
        let subject = self.log.subject(&kind, &id).into();
        let envelope = Envelope {
            v: ENVELOPE_VERSION,
            aggregate: Member { kind, id, version_from: 1, version_to: 1 },
            command_id: Uuid::nil(),
            command: "tally.add".into(),
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
        let payload = envelope.write().unwrap();
        self.log.append(vec![Pending { subject, expected: 0, payload }]).await.unwrap();
    }

    /// Runs the policy until the guard is dropped.
    fn run(&self) -> tokio_util::sync::DropGuard {
        let shutdown = CancellationToken::new();
        let supervisor = Supervisor::new(shutdown.clone());
        let (acted, fails) = (self.acted.clone(), self.fails.clone());
        let act = move |_, envelope: Envelope| {
            let (acted, fails) = (acted.clone(), fails.clone());
            async move {
                let id = envelope.aggregate.id.to_string();
                let failing = fails.lock().unwrap().iter().find(|(one, _)| *one == id).cloned();
                if let Some((_, error)) = failing {
                    assert_ne!(error, panics(), "a bad day");
                    return Err(error);
                }
                acted.lock().unwrap().push(id);
                Ok(())
            }
        };
        policy::supervise(&supervisor, &self.parking, POLICY, self.log.clone(), act);
        shutdown.drop_guard()
    }

    fn fail(&self, id: &str, error: PolicyError) {
        self.fails.lock().unwrap().push((id.to_owned(), error));
    }

    fn mend(&self) {
        self.fails.lock().unwrap().clear();
    }

    async fn has_acted_on(&self, wanted: &[&str]) {
        let look = async {
            while *self.acted.lock().unwrap() != wanted {
                tokio::task::yield_now().await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(30), look).await.is_err() {
            panic!("acted on {:?} and not on {wanted:?}", self.acted.lock().unwrap());
        }
    }

    async fn parked(&self) -> Option<samvirke_kernel::parking::Parked> {
        self.parking.read(POLICY, &cooperation()).await.unwrap().record.parked
    }

    async fn nothing_is_parked(&self) {
        let look = async { while self.parked().await.is_some() {} };
        tokio::time::timeout(Duration::from_secs(30), look).await.expect("it is taken off");
    }

    async fn decide(&self, decision: Decision) {
        assert!(self.parking.decide(POLICY, &cooperation(), decision).await.unwrap().is_some());
    }
}

fn cooperation() -> CooperationId {
    "prove".parse().unwrap()
}

fn park() -> PolicyError {
    PolicyError::Park { reason: "too large".into() }
}

fn panics() -> PolicyError {
    PolicyError::Park { reason: "panic".into() }
}

fn retry() -> Decision {
    Decision::Retry { by: "drift".into(), at: clock::now() }
}

#[tokio::test]
async fn the_later_events_of_a_cooperation_wait_behind_a_parked_one_until_it_is_retried() {
    let world = World::new().await;
    world.fail("prove:2", park());
    let running = world.run();
    for id in ["prove:1", "prove:2", "annet:1", "prove:3", "annet:2"] {
        world.commit(id).await;
    }
    world.has_acted_on(&["prove:1", "annet:1", "annet:2"]).await;
    let parked = world.parked().await.unwrap();
    assert_eq!((parked.event.sequence, parked.reason.as_str()), (2, "too large"));

    // Another instance that begins anew lets them wait too.
    drop(running);
    let _running = (world.run(), world.run());
    world.commit("prove:4").await;
    world.commit("annet:3").await;
    world.has_acted_on(&["prove:1", "annet:1", "annet:2", "annet:3"]).await;

    world.mend();
    world.decide(retry()).await;
    world.nothing_is_parked().await;
    world.commit("prove:5").await;
    let waits_for_last = async {
        while world.acted.lock().unwrap().last().map(String::as_str) != Some("prove:5") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waits_for_last).await.unwrap();
    // Two instances may both do what was decided, each event acts once by its command's id.
    let mut own: Vec<String> = world.acted.lock().unwrap().clone();
    own.retain(|id| id.starts_with("prove"));
    let mut first = Vec::new();
    own.into_iter().for_each(|id| {
        if !first.contains(&id) {
            first.push(id)
        }
    });
    assert_eq!(first, ["prove:1", "prove:2", "prove:3", "prove:4", "prove:5"]);
}

#[tokio::test]
async fn a_skipped_event_is_passed_over_and_recorded_with_who_and_why() {
    let world = World::new().await;
    world.fail("prove:1", panics());
    let _running = world.run();
    for id in ["prove:1", "annet:1", "prove:2"] {
        world.commit(id).await;
    }
    world.has_acted_on(&["annet:1"]).await;
    let skip = Decision::Skip { by: "kari".into(), at: clock::now(), why: "agreed".into() };
    world.decide(skip).await;
    world.has_acted_on(&["annet:1", "prove:2"]).await;
    world.nothing_is_parked().await;
    let record = world.parking.read(POLICY, &cooperation()).await.unwrap().record;
    let skipped = &record.skipped[0];
    assert_eq!(
        (skipped.event.sequence, skipped.by.as_str(), skipped.why.as_str()),
        (1, "kari", "agreed")
    );
    assert!(skipped.reason.contains("a bad day"), "{}", skipped.reason);
}

#[tokio::test]
async fn an_event_that_fails_again_stays_parked_and_the_attempts_are_counted() {
    let world = World::new().await;
    world.fail("prove:1", park());
    let _running = world.run();
    world.commit("prove:1").await;
    world.commit("prove:2").await;
    world.commit("annet:1").await;
    world.has_acted_on(&["annet:1"]).await;
    world.decide(retry()).await;
    let look = async { while world.parked().await.unwrap().attempts < 2 {} };
    tokio::time::timeout(Duration::from_secs(30), look).await.unwrap();
    assert_eq!(world.parked().await.unwrap().decision, None);
    world.has_acted_on(&["annet:1"]).await;
}

#[tokio::test]
async fn what_will_pass_is_tried_again_and_parks_nothing() {
    let world = World::new().await;
    world.fail("prove:1", PolicyError::TryAgain { reason: "away".into() });
    let _running = world.run();
    world.commit("prove:1").await;
    let consumer = async {
        let stream =
            async_nats::jetstream::new(world.client.clone()).get_stream("TEST").await.unwrap();
        loop {
            let found = stream.consumer_info(POLICY).await;
            if found.is_ok_and(|info| info.num_redelivered > 0) {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), consumer).await.expect("it comes again");
    assert_eq!(world.parked().await, None);
    world.mend();
    world.has_acted_on(&["prove:1"]).await;
}

#[tokio::test]
async fn of_changes_to_one_record_at_the_same_time_none_is_lost() {
    const WRITERS: u64 = 12;
    let world = World::new().await;
    let cooperation = cooperation();
    let change = |sequence| {
        let (parking, cooperation) = (&world.parking, &cooperation);
        let subject = "es.test.prove.tally.1".to_owned();
        let skipped = Skipped {
            event: EventPlace { stream: "TEST".into(), sequence, subject },
            reason: "too large".into(),
            by: "kari".into(),
            at: clock::now(),
            why: "agreed".into(),
        };
        async move {
            let change = parking.change(POLICY, cooperation, |record| {
                record.skipped.push(skipped.clone());
            });
            change.await.unwrap();
        }
    };
    // All read the record before the first of them writes it.
    futures::future::join_all((1..=WRITERS).map(change)).await;
    let record = world.parking.read(POLICY, &cooperation).await.unwrap().record;
    let mut kept: Vec<u64> = record.skipped.iter().map(|one| one.event.sequence).collect();
    kept.sort_unstable();
    assert_eq!(kept, (1..=WRITERS).collect::<Vec<_>>());
}
