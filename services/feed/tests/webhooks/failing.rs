//! Endpoints that fail are tried again, in order, until they are given up.

use std::time::Duration;

use samvirke_feed::Settings;
use samvirke_schemas::feed::{Fact, Reader};
use serde_json::json;

use crate::world::{BAERUM, ID, World, positions, settings};
use samvirke_tests::{Act, Endpoint};

#[tokio::test]
async fn what_fails_is_sent_again_with_the_same_id_before_anything_else() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    receiver.to_deliveries([Act::Answer(500), Act::HangUp, Act::Late, Act::Answer(204)]);
    world.subscribe(&receiver).await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        let received = receiver.next().await;
        assert_eq!(received.event().position, "FEED:2");
        ids.push(received.header("webhook-id").to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(receiver.positions(2).await, positions(2, 3));

    world.until(ID, |seen| seen["deliveries"]["position"] == "FEED:4").await;
    let mut tried = world.attempts(ID).await;
    tried.retain(|one| one["position"] == "FEED:2");
    tried.reverse();
    let told: Vec<_> = tried
        .iter()
        .map(|one| (one["attempt"].as_u64().unwrap(), one["succeeded"].as_bool().unwrap()))
        .collect();
    assert_eq!(told, [(1, false), (2, false), (3, false), (4, true)]);
    assert_eq!(tried[0]["answer"], json!({"status": 500, "excerpt": "svar"}));
    assert!(tried[1]["answer"]["excerpt"].as_str().unwrap().contains("broke off"), "{}", tried[1]);
    assert_eq!(tried[2]["answer"], json!({"excerpt": "no answer within 1500 ms"}));
    assert_eq!(tried[2]["failing_since"], tried[0]["failing_since"]);
}

#[tokio::test]
async fn an_answer_that_breaks_off_after_its_status_counts() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    receiver.to_deliveries([Act::HalfAnAnswer, Act::Answer(204)]);
    world.subscribe(&receiver).await;
    assert_eq!(receiver.next().await.event().position, "FEED:2");
    assert_eq!(receiver.next().await.event().position, "FEED:3");
}

#[tokio::test]
async fn an_endpoint_may_ask_to_be_left_alone_for_a_while() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    receiver.to_deliveries([Act::Head("429 X\r\nRetry-After: 3600"), Act::Answer(204)]);
    world.subscribe(&receiver).await;
    receiver.next().await;
    let seen = world.until(ID, |seen| seen["deliveries"]["next_attempt"].is_string()).await;
    let failed = &seen["deliveries"]["last_failure"];
    let at = |field: &str| failed[field].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>();
    let pause = at("next").unwrap() - at("at").unwrap();
    assert!(pause.num_minutes() >= 59, "{pause}");

    // Whoever resumes is not made to wait for it.
    world.tell(ID, "suspend", json!({"reason": "Vedlikehold"})).await;
    world.tell(ID, "resume", json!({})).await;
    assert_eq!(receiver.positions(3).await, positions(1, 3));
}

#[tokio::test]
async fn deliveries_that_fail_too_often_stop_and_the_member_is_told() {
    let world = World::with(Settings { attempts_max: 3, ..settings() }).await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    receiver.to_deliveries([Act::Answer(204), Act::Answer(500)]);
    world.subscribe(&receiver).await;
    let seen = world.until_phase("stopped").await;
    assert_eq!(seen["stopped"]["reason"], "tried-too-often");
    let failure = &seen["stopped"]["failure"];
    assert_eq!((&failure["position"], &failure["attempts"]), (&json!("FEED:3"), &json!(3)));
    assert_eq!(failure["answer"], json!({"status": 500, "excerpt": "svar"}));

    let subject = format!("feed.prove.member.{BAERUM}.subscription.stopped");
    let mut told = world.publication.follow(vec![subject], 0).await.unwrap();
    let told = tokio::time::timeout(Duration::from_secs(30), futures::StreamExt::next(&mut told));
    let told = told.await.unwrap().unwrap().unwrap();
    let event: samvirke_schemas::feed::CloudEvent = serde_json::from_slice(&told.payload).unwrap();
    let Fact::SubscriptionStopped(fact) = event.fact().unwrap() else { panic!("{event}") };
    assert_eq!(fact.endpoint_host.as_str(), "127.0.0.1");
    assert_eq!(fact.last_position.as_deref(), Some("FEED:2"));
    let subject: samvirke_schemas::feed::Subject = told.subject.parse().unwrap();
    assert!(Reader::All.reads(&subject.audience, None), "the secretariat reads it too");

    for _ in 0..4 {
        receiver.next().await;
    }
    receiver.to_deliveries([Act::Answer(204)]);
    world.tell(ID, "resume", json!({})).await;
    // The fourth is what was told of the stop.
    assert_eq!(receiver.positions(3).await, positions(2, 4));
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_left_alone_at_once() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    receiver.to_deliveries([Act::Answer(410)]);
    world.subscribe(&receiver).await;
    let seen = world.until_phase("stopped").await;
    assert_eq!(seen["stopped"]["reason"], "gone");
    assert_eq!(seen["stopped"]["failure"]["attempts"], 1);
    receiver.next().await;
    assert!(receiver.more().await.is_none());
}

#[tokio::test]
async fn a_dead_endpoint_delays_nobody() {
    let world = World::with(Settings { answer_timeout_ms: 20_000, ..settings() }).await;
    let _feed = world.feed();
    let (dead, alive) = (Endpoint::start().await, Endpoint::start().await);
    dead.to_deliveries([Act::Late]);
    world.subscribe(&dead).await;
    dead.next().await;
    world.subscribe_as("prove:arkiv", BAERUM, &alive, json!({})).await;
    world.happen(10).await;
    assert_eq!(alive.positions(13).await, positions(1, 13));
    assert_eq!(world.seen(ID).await["deliveries"]["position"], "FEED:0");
}
