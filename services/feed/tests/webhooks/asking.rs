//! Nothing is sent to an endpoint before it has agreed.

use serde_json::json;

use crate::world::{ID, World, positions, settings};
use samvirke_tests::{AGREES, Act, Endpoint};

#[tokio::test]
async fn an_endpoint_is_asked_and_then_sent_what_has_happened_in_order() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    world.subscribe(&receiver).await;
    let asked = receiver.asked().await;
    assert_eq!(asked.header("webhook-request-origin"), "samvirke.test");
    assert!(asked.header("webhook-request-rate").parse::<u32>().unwrap() > 0);
    assert_eq!(asked.path, "/hendelser?nokkel=1");
    let first = receiver.next().await;
    assert_eq!(first.header("content-type"), "application/cloudevents+json; charset=UTF-8");
    assert_eq!(first.event().kind, "no.samvirke.cooperation.founded.v1");
    assert_eq!(receiver.positions(2).await, positions(2, 3));
    world.happen(5).await;
    assert_eq!(receiver.positions(5).await, positions(4, 8));
    let seen = world.until(ID, |seen| seen["deliveries"]["position"] == "FEED:9").await;
    assert_eq!(seen["deliveries"]["pending"], 0);
    assert_eq!(seen["deliveries"]["last_success"]["answer"]["status"], 204);
}

#[tokio::test]
async fn an_endpoint_that_does_not_agree_is_sent_nothing_and_is_told_why() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    receiver.to_asking([Act::Answer(200)]);
    world.subscribe(&receiver).await;
    let seen = world.until_phase("refused").await;
    assert_eq!(seen["reason"], "its answer has no WebHook-Allowed-Origin");

    for (act, reason) in [
        (
            Act::Head("200 OK\r\nWebHook-Allowed-Origin: elsewhere.test"),
            "it allows deliveries from another origin than samvirke.test",
        ),
        (Act::Answer(405), "it answered 405 Method Not Allowed"),
        (
            Act::Head("200 OK\r\nWebHook-Allowed-Origin: *\r\nWebHook-Allowed-Rate: 0"),
            "its WebHook-Allowed-Rate is not a rate",
        ),
    ] {
        receiver.to_asking([act]);
        let version = world.seen(ID).await["version"].as_u64().unwrap();
        let endpoint = format!("{}&{version}", receiver.url());
        world.tell(ID, "change-endpoint", json!({"endpoint": endpoint})).await;
        let seen = world
            .until(ID, |seen| {
                seen["phase"] == "refused" && seen["version"].as_u64().unwrap() >= version + 2
            })
            .await;
        assert_eq!(seen["reason"], reason);
    }
    assert!(receiver.more().await.is_none(), "nothing was sent");

    receiver.to_asking([AGREES]);
    world.tell(ID, "resume", json!({})).await;
    assert_eq!(receiver.positions(3).await, positions(1, 3));
}

#[tokio::test]
async fn an_endpoint_that_is_silent_is_asked_again_and_at_last_given_up() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    receiver.to_asking([Act::Answer(503), Act::HangUp, Act::Late, AGREES]);
    world.subscribe(&receiver).await;
    assert_eq!(receiver.positions(3).await, positions(1, 3));
    let tried = world.attempts(ID).await;
    let askings = tried.iter().filter(|one| one["what"] == "handshake").count();
    assert_eq!(askings, 4);

    receiver.to_asking([Act::HangUp]);
    world.tell(ID, "suspend", json!({"reason": "Vedlikehold"})).await;
    world.until_phase("suspended").await;
    world.tell(ID, "resume", json!({})).await;
    let seen = world.until_phase("refused").await;
    assert!(seen["reason"].as_str().unwrap().contains("broke off"), "{seen}");
}

#[tokio::test]
async fn an_endpoint_is_sent_no_more_a_minute_than_it_allows() {
    let world = World::with(settings()).await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    let rate = "200 OK\r\nWebHook-Allowed-Origin: *\r\nWebHook-Allowed-Rate: 240";
    receiver.to_asking([Act::Head(rate)]);
    world.subscribe(&receiver).await;
    receiver.next().await;
    let begun = tokio::time::Instant::now();
    receiver.next().await;
    receiver.next().await;
    // Two pauses of 250 ms, the first of which may have begun before the first arrived.
    assert!(begun.elapsed().as_millis() >= 400, "{:?}", begun.elapsed());
}
