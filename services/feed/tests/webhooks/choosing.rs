//! What is wanted of the feed, and from where on.

use samvirke_schemas::principal::Role;
use serde_json::json;

use crate::world::{ASKER, BAERUM, ID, World, positions, somebody};
use samvirke_tests::Endpoint;

#[tokio::test]
async fn changed_filters_count_from_the_next_event_on() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    world.subscribe(&receiver).await;
    assert_eq!(receiver.positions(3).await, positions(1, 3));
    world.until(ID, |seen| seen["deliveries"]["position"] == "FEED:4").await;

    let filters = json!({"filters": {"types": ["cooperation.paused"]}});
    world.tell(ID, "change-filters", filters).await;
    world.happen(3).await;
    world.give("cooperations/prove/pause", json!({"reason": "Ferie"})).await;
    assert_eq!(receiver.positions(1).await, positions(7, 7));
    world.until(ID, |seen| seen["deliveries"]["position"] == "FEED:8").await;

    world.tell(ID, "change-filters", json!({"filters": {}})).await;
    world.give("cooperations/prove/resume", json!({})).await;
    assert_eq!(receiver.positions(1).await, positions(8, 8));
}

#[tokio::test]
async fn a_member_may_want_only_what_concerns_it_by_name() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    let own = json!({"concerning": "own"});
    world.subscribe_as("prove:asker", ASKER, &receiver, own).await;
    assert_eq!(receiver.next().await.event().position, "FEED:4");
    world.happen(2).await;
    let arrived = |seen: &serde_json::Value| seen["deliveries"]["position"] == "FEED:6";
    world.until("prove:asker", arrived).await;
    assert!(receiver.more().await.is_none());
}

#[tokio::test]
async fn a_member_is_told_a_fact_once_with_all_that_is_for_it() {
    let world = World::start().await;
    let _feed = world.feed();
    let (baerum, asker) = (Endpoint::start().await, Endpoint::start().await);
    world.subscribe(&baerum).await;
    world.subscribe_as("prove:asker", ASKER, &asker, json!({})).await;
    baerum.positions(3).await;
    asker.positions(3).await;
    // FEED:5 is for Bærum alone, FEED:6 tells the public the same.
    world.restate(BAERUM).await;
    assert_eq!(baerum.next().await.event().audience, BAERUM);
    assert_eq!(asker.next().await.event().audience, "public");
    world.happen(1).await;
    assert_eq!(baerum.next().await.event().position, "FEED:7");
    assert_eq!(asker.next().await.event().position, "FEED:7");
}

#[tokio::test]
async fn the_secretariat_is_sent_everything() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    let create = json!({"owner": {"secretariat": {}},
        "channel": {"webhook": {"endpoint": receiver.url()}},
        "from": {"position": {"after": "FEED:4"}}});
    world.publication_reaches(3).await;
    world.tell("prove:sekretariat", "create", create).await;
    world.restate(BAERUM).await;
    assert_eq!(receiver.positions(2).await, positions(4, 5));
}

#[tokio::test]
async fn a_subscription_goes_on_where_it_was_suspended() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    world.subscribe(&receiver).await;
    receiver.positions(3).await;
    world.tell(ID, "suspend", json!({"reason": "Vedlikehold"})).await;
    world.until_phase("suspended").await;
    world.happen(3).await;
    world.publication_reaches(6).await;
    assert!(receiver.more().await.is_none());
    world.tell(ID, "resume", json!({})).await;
    assert_eq!(receiver.positions(3).await, positions(4, 6));
}

#[tokio::test]
async fn what_was_delivered_can_be_had_again() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    world.subscribe(&receiver).await;
    receiver.positions(3).await;
    world.tell(ID, "replay", json!({"from": {"position": {"after": "FEED:2"}}})).await;
    assert_eq!(receiver.positions(2).await, positions(2, 3));
    world.tell(ID, "replay", json!({"from": {"time": {"since": "2017-01-01T00:00"}}})).await;
    assert_eq!(receiver.positions(3).await, positions(1, 3));
    world.until(ID, |seen| seen["deliveries"]["position"] == "FEED:4").await;
    // Nothing was told after now, so nothing comes again.
    world.tell(ID, "replay", json!({"from": {"now": {}}})).await;
    world.happen(1).await;
    assert_eq!(receiver.next().await.event().position, "FEED:5");
}

#[tokio::test]
async fn a_position_beyond_the_end_is_unknown() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    let mut create = crate::world::create(BAERUM, &receiver.url(), json!({}));
    create["from"] = json!({"position": {"after": "FEED:901"}});
    let refused = world.refuses_to_create(create).await;
    assert!(format!("{refused:?}").contains("unknown-position"), "{refused:?}");
}

#[tokio::test]
async fn only_members_of_the_cooperation_are_subscribed() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    let create = crate::world::create("964951373", &receiver.url(), json!({}));
    let refused = world.refuses_to_create(create).await;
    assert!(format!("{refused:?}").contains("not-a-member"), "{refused:?}");
}

#[tokio::test]
async fn a_test_event_is_sent_once_beside_the_feed() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    world.subscribe(&receiver).await;
    receiver.positions(3).await;
    world.tell(ID, "test-delivery", json!({})).await;
    let received = receiver.next().await;
    assert_eq!(received.event().kind, "no.samvirke.subscription.test.v1");
    // Created, agreed, asked for a test, concluded.
    world.until(ID, |seen| seen["version"] == 4).await;
    world.happen(1).await;
    assert_eq!(receiver.next().await.event().position, "FEED:5");
    let tried = world.attempts(ID).await;
    assert_eq!(tried.iter().filter(|one| one["what"] == "test").count(), 1);
}

#[tokio::test]
async fn an_ended_subscription_is_sent_nothing_more() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    world.subscribe(&receiver).await;
    receiver.positions(3).await;
    world.until(ID, |seen| seen["deliveries"]["position"] == "FEED:4").await;
    world.tell(ID, "end", json!({})).await;
    // Its place is given up.
    world.until(ID, |seen| seen["deliveries"]["position"].is_null()).await;
    world.happen(1).await;
    world.publication_reaches(4).await;
    assert!(receiver.more().await.is_none());
    let owner = somebody(Role::MemberIntegration, Some(BAERUM));
    let seen = world.ask("subscription", &owner, json!({"id": ID})).await.unwrap();
    assert_eq!(seen["phase"], "ended");
}

#[tokio::test]
async fn a_subscription_of_a_member_that_has_left_is_sent_what_is_public() {
    let world = World::start().await;
    let _feed = world.feed();
    let baerum = Endpoint::start().await;
    world.subscribe(&baerum).await;
    baerum.positions(3).await;
    let release = json!({"member": BAERUM, "to": "2016-12-31", "reason": "Går ut."});
    world.give("cooperations/prove/release-member", release).await;
    assert_eq!(baerum.next().await.event().position, "FEED:5");
    // FEED:6 is for Bærum alone, FEED:7 tells the public the same.
    world.restate(BAERUM).await;
    let told = baerum.next().await.event();
    assert_eq!((told.audience.as_str(), told.position.as_str()), ("public", "FEED:7"));
}
