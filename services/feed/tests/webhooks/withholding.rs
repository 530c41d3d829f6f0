//! What is withheld before it is delivered.

use std::time::Duration;

use samvirke_feed::relay::SOURCES;
use samvirke_kernel::publication::Outgoing;
use samvirke_schemas::feed::{
    Audience, CloudEvent, Concerns, EVENT_SUBJECTS, Fact, STREAM, Said, Subject,
};
use samvirke_tests::{Act, Endpoint};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::World;

/// How long something may take to become so.
const WITHIN: Duration = Duration::from_secs(30);
const SECRET: &str = "Sykefraværet";

fn said(fact: Value, origin: Uuid) -> Said {
    let fact: Fact = serde_json::from_value(fact).unwrap();
    let at = "2017-06-01T10:00:00Z".parse().unwrap();
    Said {
        audience: Audience::Public,
        about: "prove:1-2017".parse().unwrap(),
        plural: "cases",
        concerns: Concerns::default(),
        fact,
        origin,
        restates: false,
        replacement: false,
        occurred_at: at,
        recorded_at: at,
        traceparent: None,
    }
}

fn closed(title: &str, origin: Uuid) -> Said {
    let case = json!({"id": "prove:1-2017", "number": "1/2017", "title": title,
        "kind": "decision", "owner": {"id": "prove:sg"}, "withheld": false});
    said(json!({"case.closed": {"case": case}}), origin)
}

impl World {
    /// Says it as the relay does.
    async fn say(&self, all: &[Said]) {
        let last = self.publication.last().await.unwrap().unwrap();
        let sources = last.header(SOURCES).unwrap().to_owned();
        let message = |(sequence, said): (u64, &Said)| {
            let event = CloudEvent::new(said, sequence).unwrap();
            let subject = Subject {
                cooperation: "prove".parse().unwrap(),
                audience: said.audience.clone(),
                tag: event.tag().to_owned(),
            };
            Outgoing {
                subject: subject.to_string(),
                headers: vec![(SOURCES, sources.clone())],
                payload: serde_json::to_vec(&event).unwrap().into(),
            }
        };
        let messages: Vec<Outgoing> = (last.sequence + 1..).zip(all).map(message).collect();
        self.publication.publish(last.sequence, &messages).await.unwrap();
    }

    /// The fact that a secret was told, and what withholds it.
    fn secret() -> (Said, [Said; 2]) {
        let origin = Uuid::from_u128(9);
        let secret = closed(SECRET, origin);
        let case = json!({"case": "prove:1-2017", "events": [secret.id()]});
        let withheld = said(json!({"case.withheld": case}), Uuid::from_u128(10));
        let instead = Said { replacement: true, ..closed("Personalsak", origin) };
        (secret, [withheld, instead])
    }

    /// Lets the stream deny that anything is erased from it.
    async fn denies_erasing(&self) {
        let jetstream = async_nats::jetstream::new(self.caller.client().clone());
        let mut stream = jetstream.get_stream(STREAM).await.unwrap();
        let mut config = stream.info().await.unwrap().config.clone();
        config.deny_delete = true;
        jetstream.update_stream(config).await.unwrap();
    }

    /// Waits until the event at a place was delivered and is not acknowledged.
    async fn until_taken(&self, position: u64) {
        let taken = async {
            loop {
                let status = self.publication.consumer_status("subscription_prove_baerum_1").await;
                let status = status.unwrap().unwrap();
                if status.in_flight && status.acknowledged + 1 == position {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(WITHIN, taken).await.expect("it is taken in time");
    }

    /// Whether the stream still holds the secret.
    async fn holds_the_secret(&self) -> bool {
        let mut after = 0;
        while let Some(message) = self.publication.next(EVENT_SUBJECTS, after).await.unwrap() {
            after = message.sequence;
            if String::from_utf8_lossy(&message.payload).contains(SECRET) {
                return true;
            }
        }
        false
    }
}

/// What is delivered up to what takes the place of the secret.
async fn delivered(receiver: &Endpoint) -> Vec<CloudEvent> {
    let mut events = Vec::new();
    loop {
        let event = receiver.next().await.event();
        assert!(!event.data.get().contains(SECRET), "{event:?}");
        let is_last = event.replacement;
        events.push(event);
        if is_last {
            return events;
        }
    }
}

#[tokio::test]
async fn what_is_withheld_and_cannot_be_erased_is_not_delivered() {
    let world = World::start().await;
    {
        let _feed = world.feed();
        world.publication_reaches(3).await;
    }
    world.denies_erasing().await;
    let (secret, withheld) = World::secret();
    world.say(&[secret]).await;
    world.say(&withheld).await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    world.subscribe(&receiver).await;
    let events = delivered(&receiver).await;
    assert_eq!(events.last().unwrap().tag(), "case.closed", "what may still be known");
    assert!(world.holds_the_secret().await, "it is there, and was passed over");
}

#[tokio::test]
async fn what_is_withheld_while_it_waits_for_its_turn_is_not_delivered() {
    let world = World::start().await;
    let _feed = world.feed();
    world.publication_reaches(3).await;
    let (secret, withheld) = World::secret();
    world.say(&[secret]).await;
    let receiver = Endpoint::start().await;
    // One event in two seconds: after the third, the secret waits.
    receiver.to_asking([Act::Head(
        "200 OK\r\nWebHook-Allowed-Origin: samvirke.test\r\nWebHook-Allowed-Rate: 30",
    )]);
    world.subscribe(&receiver).await;
    for _ in 0..3 {
        receiver.next().await;
    }
    // It has been taken when its turn is waited for.
    world.until_taken(5).await;
    world.say(&withheld).await;
    delivered(&receiver).await;
}
