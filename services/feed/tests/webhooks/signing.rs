//! Signatures, as a library of Standard Webhooks checks them.

use std::collections::BTreeSet;

use samvirke_schemas::{principal::Role, reply::Refused};
use serde_json::json;
use standardwebhooks::Webhook;

use crate::world::{ASKER, BAERUM, ID, World, secretariat, somebody};
use samvirke_tests::{Endpoint, ReceivedRequest};

/// Checks a delivery with somebody else's code.
fn verifies(secret: &str, received: &ReceivedRequest) -> bool {
    let mut headers = http_headers(received);
    let checker = Webhook::new(secret).unwrap();
    let genuine = checker.verify(&received.body, &headers).is_ok();
    headers.insert("webhook-id", "another".parse().unwrap());
    assert!(checker.verify(&received.body, &headers).is_err(), "the id is signed");
    genuine
}

fn http_headers(received: &ReceivedRequest) -> reqwest::header::HeaderMap {
    ["webhook-id", "webhook-timestamp", "webhook-signature"]
        .into_iter()
        .map(|name| {
            (reqwest::header::HeaderName::from_static(name), received.header(name).parse().unwrap())
        })
        .collect()
}

#[tokio::test]
async fn a_delivery_is_signed_with_the_secret_that_its_owner_is_given() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    world.subscribe(&receiver).await;
    let received = receiver.next().await;
    let owner = somebody(Role::MemberIntegration, Some(BAERUM));
    let given = world.ask("subscription-secret", &owner, json!({"id": ID})).await.unwrap();
    assert!(verifies(given["secret"].as_str().unwrap(), &received));
    assert_eq!(received.header("webhook-id"), received.event().id.to_string());
    let other = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    assert!(!verifies(other, &received));
}

#[tokio::test]
async fn a_secret_is_given_to_the_owner_alone() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    world.subscribe(&receiver).await;
    for stranger in [
        secretariat(),
        somebody(Role::Operator, None),
        somebody(Role::Auditor, Some(BAERUM)),
        somebody(Role::MemberIntegration, Some(ASKER)),
    ] {
        let asked = world.ask("subscription-secret", &stranger, json!({"id": ID})).await;
        let Err(Refused::Rejected { code, .. }) = asked else { panic!("{asked:?}") };
        assert_eq!(code, "not-your-subscription");
    }
    let create = json!({"owner": {"secretariat": {}},
        "channel": {"webhook": {"endpoint": receiver.url()}}});
    world.tell("prove:sekretariat", "create", create).await;
    let own = json!({"id": "prove:sekretariat"});
    assert!(world.ask("subscription-secret", &secretariat(), own.clone()).await.is_ok());
    let baerum = somebody(Role::MemberIntegration, Some(BAERUM));
    assert!(world.ask("subscription-secret", &baerum, own).await.is_err());
}

#[tokio::test]
async fn after_a_rotation_both_secrets_sign() {
    let world = World::start().await;
    let _feed = world.feed();
    let receiver = Endpoint::start().await;
    world.subscribe(&receiver).await;
    let before = receiver.next().await;
    let owner = somebody(Role::Delegate, Some(BAERUM));
    let first = world.ask("subscription-secret", &owner, json!({"id": ID})).await.unwrap();
    let first = first["secret"].as_str().unwrap().to_owned();
    assert!(verifies(&first, &before));
    receiver.positions(2).await;

    world.tell(ID, "rotate-secret", json!({})).await;
    let given = world.ask("subscription-secret", &owner, json!({"id": ID})).await.unwrap();
    assert_eq!(given["generation"], 2);
    assert_eq!(given["previous"]["secret"], first.as_str());
    let second = given["secret"].as_str().unwrap();
    assert_ne!(second, first);
    world.happen(1).await;
    let received = receiver.next().await;
    let signatures: BTreeSet<&str> = received.header("webhook-signature").split(' ').collect();
    assert_eq!(signatures.len(), 2);
    assert!(verifies(&first, &received) && verifies(second, &received));
}
