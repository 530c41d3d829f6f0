//! Tokens of an issuer that publishes its keys over HTTP: from one key to the next, and while it is
//! away.

use axum::{Router, routing::get};
use samvirke_gateway::demo_issuer::{DemoIssuer, ISSUER};
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::CancellationToken;

use crate::world::{World, accepted};

const PAUSE: &str = "/v1/cooperations/vestregionen/pause";

#[tokio::test]
async fn a_new_key_is_found_by_its_first_token_and_an_issuer_that_is_away_turns_nobody_away() {
    let [first, second] = [DemoIssuer::generate(ISSUER), DemoIssuer::generate(ISSUER)];
    let (published, keys) = watch::channel(first.jwks().to_string());
    let router = Router::new().route("/jwks", get(async move || keys.borrow().clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    let away = CancellationToken::new();
    let serving = tokio::spawn(
        axum::serve(listener, router)
            .with_graceful_shutdown(away.clone().cancelled_owned())
            .into_future(),
    );

    let mut world = World::with_keys_at(&url, first).await;
    world.serve("cmd.>", accepted()).await;
    assert_eq!(world.post(PAUSE, &[], "{}").await.status, 200);

    published.send_replace(second.jwks().to_string());
    world.issuer = second;
    assert_eq!(world.post(PAUSE, &[], "{}").await.status, 200);

    away.cancel();
    serving.await.unwrap().unwrap();
    assert_eq!(world.post(PAUSE, &[], "{}").await.status, 200);
}

#[tokio::test]
async fn while_an_issuers_keys_were_never_seen_its_tokens_are_asked_to_come_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    // Whoever calls is hung up on.
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let world = World::with_keys_at(&url, DemoIssuer::generate(ISSUER)).await;
    world.serve("cmd.>", accepted()).await;
    let answer = world.post(PAUSE, &[], "{}").await;
    answer.problem(503, "issuer-away");
    assert_eq!(answer.header("retry-after"), "2");
    assert!(world.heard().is_empty());
}
