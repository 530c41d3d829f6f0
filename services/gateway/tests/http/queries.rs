//! A query on its way to the read models and back.

use axum::{body::Body, http::Request};
use serde_json::json;

use crate::world::World;

const OVERVIEW: &str = "/v1/cooperations/vestregionen";

#[tokio::test]
async fn a_query_carries_its_parameters_and_passes_the_answer_on() {
    let world = World::start().await;
    world.serve("qry.>", json!({"Ok": {"version": 3, "phase": "active"}})).await;
    let request = Request::get("/v1/cooperations/vestregionen?on=2017-06-01")
        .header("samvirke-position", "NETWORKS:17")
        .body(Body::empty())
        .unwrap();
    let answer = world.send(request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({"version": 3, "phase": "active"}));
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("vary"), "Authorization");

    let heard = world.heard().remove(0);
    assert!(heard.trusted);
    assert_eq!(heard.subject, "qry.readmodels.cooperation-overview");
    assert_eq!(heard.message["cooperation"], "vestregionen");
    assert_eq!(heard.message["parameters"], json!({"id": "vestregionen", "on": "2017-06-01"}));
    assert_eq!(heard.message["after"], json!(["NETWORKS:17"]));
}

#[tokio::test]
async fn an_answer_reaches_the_caller_byte_for_byte_as_the_service_wrote_it() {
    let world = World::start().await;
    let written = r#"{"version": 3,  "b": 1.50, "a": "\u00e5", "list":[ 1 ,2]}"#;
    world.serve("qry.>", format!("{{\"Ok\":{written}}}").into()).await;
    let answer = world.get(OVERVIEW).await;
    assert_eq!(answer.body, written);
}

#[tokio::test]
async fn an_answer_the_caller_has_is_not_sent_again() {
    let world = World::start().await;
    world.serve("qry.>", json!({"Ok": {"version": 3}})).await;
    let etag = world.get(OVERVIEW).await.header("etag").to_owned();
    assert!(etag.starts_with("\"3-"), "{etag}");
    for (tags, status) in [
        (etag.clone(), 304),
        (format!("\"x\", W/{etag}"), 304),
        ("*".into(), 304),
        ("\"2\"".into(), 200),
    ] {
        let request = Request::get(OVERVIEW).header("if-none-match", &tags).body(Body::empty());
        let answer = world.send(request.unwrap()).await;
        assert_eq!(answer.status, status, "{tags}");
        assert_eq!(answer.header("etag"), etag);
        assert_eq!(answer.body.is_empty(), status == 304);
    }
    // The tag of a query is fit for the next command.
    world.serve("cmd.>", crate::world::accepted()).await;
    let path = format!("{OVERVIEW}/resume");
    assert_eq!(world.post(&path, &[("if-match", &etag)], "{}").await.status, 200);
    assert_eq!(world.heard().last().unwrap().message["expected_version"], 3);
}

#[tokio::test]
async fn an_answer_without_a_version_has_no_tag() {
    let world = World::start().await;
    world.serve("qry.>", json!({"Ok": []})).await;
    let answer = world.get(OVERVIEW).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.headers.contains_key("etag"));
}

#[tokio::test]
async fn what_is_missing_is_a_problem() {
    let world = World::start().await;
    let missing = json!({"Err": {
        "outcome": "rejected",
        "code": "no-such-cooperation",
        "kind": "missing",
        "rule": "",
        "detail": "there is no such cooperation",
        "detail_nb": "samarbeidet finnes ikke",
    }});
    world.serve("qry.>", missing).await;
    world.get(OVERVIEW).await.problem(404, "no-such-cooperation");
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_refused_by_name() {
    let world = World::start().await;
    let problem = world.get(&format!("{OVERVIEW}?at=2017")).await.problem(400, "unknown-parameter");
    assert_eq!(problem["field"], "at");
    assert!(problem["detail"].as_str().unwrap().contains("there are on"));
    world.get(&format!("{OVERVIEW}?on=%FF")).await.problem(400, "undecodable-query");
    world.get(&format!("{OVERVIEW}?on=1&on=2")).await.problem(400, "repeated-parameter");
    world.get("/v1/cooperations/vest.*").await.problem(422, "invalid-id");
    assert!(world.heard().is_empty());
}

#[tokio::test]
async fn what_may_be_a_secret_is_stored_by_nobody_on_its_way() {
    let world = World::start().await;
    world.serve("qry.>", json!({"Ok": {"generation": 1, "secret": "whsec_x"}})).await;
    let answer = world.get("/v1/subscriptions/vestregionen:baerum/secret").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(world.heard().remove(0).subject, "qry.feed.subscription-secret");
    assert_eq!(world.get(OVERVIEW).await.header("cache-control"), "private, no-cache");
}
