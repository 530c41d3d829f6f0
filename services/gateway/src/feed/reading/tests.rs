//! What a page shows while nothing is at hand yet.

use chrono::{DateTime, Utc};
use samvirke_kernel::{publication::Outgoing, supervision::Supervisor};
use samvirke_private_servers::temporary;
use samvirke_schemas::{
    Tagged,
    feed::{self, Audience, CloudEvent, Concerns, Fact, Said, Subject},
    id::AggregateId,
    principal::Principal,
    queries::feed::Wanted,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::*;
use crate::{feed::rights::Rights, identity::Caller, offices::Offices};

fn said(about: &str, fact: Value) -> Said {
    let at: DateTime<Utc> = "2017-06-01T10:00:00Z".parse().unwrap();
    Said {
        audience: Audience::Public,
        about: about.parse().unwrap(),
        plural: "cooperations",
        concerns: Concerns::default(),
        fact: serde_json::from_value::<Fact>(fact).unwrap(),
        origin: Uuid::from_u128(1),
        restates: false,
        replacement: false,
        occurred_at: at,
        recorded_at: at,
        traceparent: None,
    }
}

fn message(said: &Said, sequence: u64) -> Outgoing {
    let AggregateId { cooperation, .. } = said.about.clone();
    let tag = said.fact.tag().to_owned();
    let subject = Subject { cooperation, audience: said.audience.clone(), tag };
    let event = CloudEvent::new(said, sequence).unwrap();
    let payload = serde_json::to_vec(&event).unwrap().into();
    Outgoing { subject: subject.to_string(), headers: Vec::new(), payload }
}

#[tokio::test]
async fn a_page_does_not_show_what_the_feed_withholds_further_on_in_it() {
    let nats = temporary::nats().await.expect("nats-server starts: set SAMVIRKE_NATS_SERVER");
    let client = async_nats::connect(nats.url()).await.unwrap();
    let publication =
        Publication::make(client.clone(), feed::STREAM, feed::SUBJECTS, 1).await.unwrap();
    let secret = said("vest", json!({"cooperation.resumed": {"cooperation": {"id": "vest"}}}));
    let withheld = json!({"case.withheld": {"case": "vest:24-2017", "events": [secret.id()]}});
    let withheld = said("vest:24-2017", withheld);
    publication.publish(0, &[message(&secret, 1), message(&withheld, 2)]).await.unwrap();

    let tasks = Supervisor::new(CancellationToken::new());
    let rights = Rights::new(Caller::public(), Offices::follow(client, 1, &tasks));
    let asked = FeedQuery::new(&Principal::public(), rights, Wanted::default()).unwrap();
    let mut reading = Reading::new(publication, Arc::new(Newest::default()), asked, 0);
    let found = reading.next(10).await.unwrap();
    assert_eq!(found.events.iter().map(|event| event.sequence).collect::<Vec<_>>(), [2]);
}
