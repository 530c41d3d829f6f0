//! Bad tokens at the door. Every kind of failure is told on the verifier itself
//! (`identity/tests.rs`).

use axum::body::Body;
use chrono::{TimeDelta, Utc};
use samvirke_gateway::{
    demo_issuer::TokenRequest,
    identity::{Claims, Consumer},
};
use serde_json::json;

use crate::world::{Answer, SCOPE, World, accepted};

async fn with(world: &World, authorization: &str) -> Answer {
    let request = axum::http::Request::post("/v1/cooperations/vestregionen/resume")
        .header("content-type", "application/json")
        .header("authorization", authorization);
    world.send(request.body(Body::from("{}")).unwrap()).await
}

#[tokio::test]
async fn a_bad_token_is_answered_401_with_its_own_code_and_goes_no_further() {
    let world = World::start().await;
    world.serve("cmd.>", accepted()).await;
    let claims = Claims { sub: Some("office-4".into()), ..Claims::default() };
    let now = Utc::now();
    let mut elsewhere = TokenRequest::new(claims.clone(), now, TimeDelta::minutes(5));
    elsewhere.aud = "someone-else".into();
    let yesterday = TokenRequest::new(claims, now - TimeDelta::days(1), TimeDelta::minutes(5));
    let unsigned = world.issuer.sign(&json!({"alg": "none"}), &json!({}));
    for (authorization, code) in [
        (format!("Bearer {}", world.issuer.mint(&elsewhere)), "token-audience"),
        (format!("Bearer {}", world.issuer.mint(&yesterday)), "token-expired"),
        (format!("Bearer {unsigned}"), "token-unsigned"),
        ("Bearer x".into(), "token-malformed"),
        ("Basic eDp5".into(), "unsupported-authorization"),
    ] {
        let answer = with(&world, &authorization).await;
        answer.problem(401, code);
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with("Bearer realm=\"samvirke\", error=\"invalid_token\""));
        assert!(challenge.contains(code));
    }
    assert!(world.heard().is_empty());
}

#[tokio::test]
async fn a_machine_without_a_scope_is_answered_403_and_not_taken_for_the_public() {
    let world = World::start().await;
    world.serve("qry.>", json!({"Ok": {}})).await;
    let consumer = Some(Consumer::new(&"935478715".parse().unwrap()));
    let claims = Claims { client_id: Some("case-system".into()), consumer, ..Claims::default() };
    let token = TokenRequest::new(claims, Utc::now(), TimeDelta::minutes(5));
    let request = axum::http::Request::get("/v1/cooperations/vestregionen")
        .header("authorization", format!("Bearer {}", world.issuer.mint(&token)))
        .body(Body::empty());
    let answer = world.send(request.unwrap()).await;
    answer.problem(403, "issuer-without-scopes");
    assert!(answer.header("www-authenticate").contains("error=\"insufficient_scope\""));
    assert!(world.heard().is_empty());
}

#[tokio::test]
async fn the_vendor_of_a_machine_goes_with_its_command() {
    let world = World::with_machines().await;
    world.serve("cmd.>", accepted()).await;
    let organisation = |number: &str| Some(Consumer::new(&number.parse().unwrap()));
    let claims = Claims {
        client_id: Some("case-system".into()),
        scope: Some(SCOPE.into()),
        consumer: organisation("935478715"),
        supplier: organisation("974761076"),
        ..Claims::default()
    };
    let token = TokenRequest::new(claims, Utc::now(), TimeDelta::minutes(5));
    let request = axum::http::Request::post("/v1/cooperations/vestregionen/pause")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {}", world.issuer.mint(&token)))
        .body(r#"{"reason": "Valg"}"#.into());
    assert_eq!(world.send(request.unwrap()).await.status, 200);
    let heard = world.heard().remove(0);
    assert!(heard.trusted, "it is signed");
    assert_eq!(heard.message["principal"]["member"], "935478715");
    assert_eq!(heard.message["principal"]["supplier"], "974761076");
}

#[tokio::test]
async fn a_bad_token_does_not_make_a_reader_the_public() {
    let world = World::start().await;
    world.serve("qry.>", json!({"Ok": {}})).await;
    let request = axum::http::Request::get("/v1/cooperations/vestregionen")
        .header("authorization", "Bearer x")
        .body(Body::empty());
    world.send(request.unwrap()).await.problem(401, "token-malformed");
}
