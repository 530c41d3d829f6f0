//! Whoever is killed, nothing is lost, and what comes twice has the same id.

use serde_json::json;

use crate::world::{BAERUM, World, positions};
use samvirke_tests::{Act, Endpoint};

#[tokio::test]
async fn a_feed_that_is_killed_in_the_middle_loses_nothing() {
    let world = World::start().await;
    let receiver = Endpoint::start().await;
    let mut feed = world.feed();
    world.subscribe(&receiver).await;
    receiver.positions(3).await;
    let mut told = 3;
    for _ in 0..3 {
        receiver.to_deliveries([Act::Answer(204), Act::Answer(500), Act::Late, Act::Answer(204)]);
        world.happen(4).await;
        // One has arrived, another is under way or has failed.
        receiver.next().await;
        receiver.next().await;
        feed.kill();
        feed = world.feed();
        told += 4;
        let after = receiver.positions_until(told + 1).await;
        let wanted = positions(told - 3, told);
        assert!(wanted.ends_with(&after) && after.len() >= 2, "{after:?}");
    }
    drop(feed);
}

#[tokio::test]
async fn two_feeds_at_once_deliver_in_order() {
    let world = World::start().await;
    let receiver = Endpoint::start().await;
    let _feeds = [world.feed(), world.feed()];
    world.subscribe_as("prove:to", BAERUM, &receiver, json!({})).await;
    world.happen(30).await;
    assert_eq!(receiver.positions(33).await, positions(1, 33));
}
