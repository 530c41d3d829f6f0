//! Requests do not go inside, whatever an endpoint is called.

use samvirke_feed::Settings;
use serde_json::json;

use crate::world::{BAERUM, ID, World, create, settings};
use samvirke_tests::{Act, Endpoint};

#[tokio::test]
async fn an_endpoint_inside_is_refused_after_its_name_was_resolved() {
    let world = World::with(Settings { loopback_allowed: false, ..settings() }).await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    let port = receiver.port();
    let endpoints = [
        (format!("https://localhost:{port}/"), "is not a public address"),
        (format!("https://127.0.0.1:{port}/"), "127.0.0.1 is not a public address"),
        (format!("https://[::ffff:127.0.0.1]:{port}/"), "127.0.0.1 is not a public address"),
        (format!("https://2130706433:{port}/"), "127.0.0.1 is not a public address"),
        ("https://169.254.169.254/latest".into(), "169.254.169.254 is not a public address"),
        ("https://[fd00:ec2::254]/".into(), "fd00:ec2::254 is not a public address"),
        ("https://10.0.0.1/".into(), "10.0.0.1 is not a public address"),
    ];
    for (number, (endpoint, reason)) in endpoints.iter().enumerate() {
        let id = format!("prove:inne-{number}");
        world.tell(&id, "create", create(BAERUM, endpoint, json!({}))).await;
        let seen = world.until(&id, |seen| seen["phase"] == "refused").await;
        assert!(seen["reason"].as_str().unwrap().ends_with(reason), "{endpoint}: {seen}");
    }
}

#[tokio::test]
async fn where_this_machine_is_allowed_other_addresses_inside_are_not() {
    let world = World::start().await;
    let _feed = world.feed();
    world.tell(ID, "create", create(BAERUM, "http://192.168.0.1/", json!({}))).await;
    let seen = world.until_phase("refused").await;
    assert_eq!(seen["reason"], "192.168.0.1 is not a public address");
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    receiver.to_deliveries([Act::Head("307 X\r\nLocation: /annetsteds"), Act::Answer(204)]);
    world.subscribe(&receiver).await;
    for _ in 0..2 {
        let received = receiver.next().await;
        assert_eq!(received.path, "/hendelser?nokkel=1");
        assert_eq!(received.event().position, "FEED:2");
    }
}
