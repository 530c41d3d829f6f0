//! A command on its way to its service and back.

use axum::body::Body;
use samvirke_schemas::message::CommandMessage;
use serde_json::json;

use crate::world::{World, accepted};

const PAUSE: &str = "/v1/cooperations/vestregionen/pause";
const BODY: &str = r#"{ "reason": "Fram til valget." }"#;

#[tokio::test]
async fn a_command_reaches_its_service_signed_and_its_answer_comes_back() {
    let world = World::start().await;
    world.serve("cmd.>", accepted()).await;
    let answer = world.post(PAUSE, &[("idempotency-key", "line-17")], BODY).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), accepted()["Ok"]);
    assert_eq!(answer.header("etag"), "\"3\"");
    assert_eq!(answer.header("samvirke-position"), "NETWORKS:17");
    assert_eq!(answer.header("cache-control"), "no-store");

    let heard = world.heard().remove(0);
    assert!(heard.trusted);
    assert_eq!(heard.subject, "cmd.networks.vestregionen.cooperation.vestregionen");
    let message: CommandMessage = serde_json::from_value(heard.message).unwrap();
    assert_eq!(message.command, "pause");
    assert_eq!(message.kind, "cooperation");
    assert_eq!(message.id.to_string(), "vestregionen:vestregionen");
    assert_eq!(message.principal.grants.len(), 1);
    assert_eq!(message.at, None);
    assert_eq!(message.provenance, None);
}

#[tokio::test]
async fn the_body_is_passed_on_byte_for_byte() {
    let world = World::start().await;
    let mut asked = world.client.subscribe("cmd.>").await.unwrap();
    world.client.flush().await.unwrap();
    let (_, question) = tokio::join!(
        async {
            let limited = std::time::Duration::from_secs(1);
            tokio::time::timeout(limited, world.post(PAUSE, &[], BODY)).await
        },
        futures::StreamExt::next(&mut asked),
    );
    let message: CommandMessage = serde_json::from_slice(&question.unwrap().payload).unwrap();
    assert_eq!(message.body.get(), BODY);
}

#[tokio::test]
async fn the_same_key_is_the_same_command_and_no_key_is_a_new_one() {
    let world = World::start().await;
    world.serve("cmd.>", accepted()).await;
    for headers in [&[("idempotency-key", "a")][..], &[("idempotency-key", "a")], &[], &[]] {
        assert_eq!(world.post(PAUSE, headers, BODY).await.status, 200);
    }
    let ids: Vec<_> =
        world.heard().into_iter().map(|heard| heard.message["command_id"].clone()).collect();
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
    assert_ne!(ids[2], ids[3]);
}

#[tokio::test]
async fn headers_say_what_was_known_and_when_it_happened() {
    let world = World::start().await;
    world.serve("cmd.>", accepted()).await;
    let headers = [
        ("if-match", "\"2\""),
        ("samvirke-position", "NETWORKS:16, CASES:4"),
        ("samvirke-occurred-at", "2017-06-01T09:00"),
        ("samvirke-source", "M%C3%B8teprotokoll"),
        ("samvirke-illustrative", "true"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ];
    assert_eq!(world.post(PAUSE, &headers, BODY).await.status, 200);
    let message = world.heard().remove(0).message;
    assert_eq!(message["expected_version"], 2);
    assert_eq!(message["after"], json!(["NETWORKS:16", "CASES:4"]));
    assert_eq!(message["at"], "2017-06-01T07:00:00Z");
    assert_eq!(message["provenance"], json!({"source": "Møteprotokoll", "illustrative": true}));
    let trace = message["traceparent"].as_str().unwrap();
    assert!(trace.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
}

#[tokio::test]
async fn an_id_may_be_percent_encoded() {
    let world = World::start().await;
    world.serve("cmd.>", accepted()).await;
    for id in ["vestregionen:sg", "vestregionen%3Asg"] {
        let answer = world.post(&format!("/v1/cooperations/{id}/resume"), &[], "{}").await;
        assert_eq!(answer.status, 200);
    }
    for heard in world.heard() {
        assert_eq!(heard.subject, "cmd.networks.vestregionen.cooperation.sg");
    }
}

#[tokio::test]
async fn without_a_token_the_service_hears_of_the_public() {
    let world = World::start().await;
    world.serve("cmd.>", accepted()).await;
    let request = axum::http::Request::post(PAUSE).header("content-type", "application/json");
    world.send(request.body(Body::from(BODY)).unwrap()).await;
    assert_eq!(world.heard()[0].message["principal"], json!({"subject": "public"}));
}

/// What a service refuses, and the problem that the caller is told.
#[tokio::test]
async fn a_rejection_is_a_problem_with_its_rule() {
    for (kind, status) in
        [("state", 409), ("value", 422), ("forbidden", 403), ("missing", 404), ("stale", 412)]
    {
        let world = World::start().await;
        let rejected = json!({"Err": {
            "outcome": "rejected",
            "code": "already-founded",
            "kind": kind,
            "rule": "R3",
            "detail": "the cooperation is founded already",
            "detail_nb": "samarbeidet er opprettet allerede",
            "field": "names.nb",
        }});
        world.serve("cmd.>", rejected).await;
        let problem = world.post(PAUSE, &[], BODY).await.problem(status, "already-founded");
        assert_eq!(problem["detail"], "The cooperation is founded already.");
        assert_eq!(problem["rule"], "R3");
        assert_eq!(problem["field"], "names.nb");
        let norwegian = world.post(PAUSE, &[("accept-language", "nn, en;q=0.5")], BODY).await;
        assert_eq!(norwegian.header("content-language"), "nb");
        assert_eq!(norwegian.json()["detail"], "Samarbeidet er opprettet allerede.");
    }
}

#[tokio::test]
async fn an_invalid_field_is_named() {
    let world = World::start().await;
    let invalid = json!({"Err": {
        "outcome": "invalid",
        "field": "founded_on",
        "detail": "premature end of input",
        "detail_nb": "datoen er ufullstendig",
    }});
    world.serve("cmd.>", invalid).await;
    let problem = world.post(PAUSE, &[], BODY).await.problem(422, "invalid");
    assert_eq!(problem["field"], "founded_on");
    assert_eq!(problem["detail"], "Premature end of input.");
    let norwegian = world.post(PAUSE, &[("accept-language", "nb")], BODY).await;
    assert_eq!(norwegian.json()["detail"], "Datoen er ufullstendig.");
}
