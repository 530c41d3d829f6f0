//! Requests that make no sense, each answered with what is wrong before any service is troubled.

use axum::{
    body::Body,
    http::{Request, request::Builder},
};
use serde_json::json;

use crate::world::{World, accepted};

const PAUSE: &str = "/v1/cooperations/vestregionen/pause";

#[tokio::test]
async fn what_is_not_in_the_catalogue_is_answered_with_what_is() {
    let world = World::start().await;
    let problem =
        world.post("/v1/cooperations/x/explode", &[], "{}").await.problem(404, "unknown-command");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("found, admit-member"), "{detail}");
    let problem =
        world.post("/v1/unicorns/x/found", &[], "{}").await.problem(404, "unknown-collection");
    assert!(problem["detail"].as_str().unwrap().contains("cooperations"));
    world.get("/").await.problem(404, "unknown-path");
    world.get("/v2/cooperations").await.problem(404, "unknown-path");
}

#[tokio::test]
async fn another_method_is_told_which_ones_there_are() {
    let world = World::start().await;
    let answer = world.get(PAUSE).await;
    answer.problem(405, "wrong-method");
    assert_eq!(answer.header("allow"), "POST");
    let answer = world.post("/v1/cooperations/vestregionen", &[], "{}").await;
    answer.problem(405, "wrong-method");
    assert_eq!(answer.header("allow"), "GET, HEAD");
    let invented = Request::builder().method("BREW").uri("/livez").body(Body::empty());
    world.send(invented.unwrap()).await.problem(405, "wrong-method");
}

#[tokio::test]
async fn an_id_with_dots_or_wildcards_never_becomes_a_subject() {
    let world = World::start().await;
    world.serve("cmd.>", accepted()).await;
    for id in
        ["vest.regionen", "*", "%3E", "a:b:c", "V", "%C3%A5", "vestregionen%20x", "a%0Ab", "a%2Fb"]
    {
        let answer = world.post(&format!("/v1/cooperations/{id}/resume"), &[], "{}").await;
        assert_eq!(answer.problem(422, "invalid-id")["field"], "id");
    }
    world.post("/v1/cooperations/%FF/resume", &[], "{}").await.problem(400, "invalid-path");
    assert!(world.heard().is_empty());
}

#[tokio::test]
async fn a_header_that_makes_no_sense_is_refused_and_named() {
    let world = World::start().await;
    world.serve("cmd.>", accepted()).await;
    for (name, value, status, code) in [
        ("Idempotency-Key", "with space", 400, "invalid-idempotency-key"),
        ("Idempotency-Key", "", 400, "invalid-idempotency-key"),
        ("If-Match", "7", 400, "invalid-if-match"),
        ("If-Match", "W/\"7\"", 400, "invalid-if-match"),
        ("If-Match", "*", 400, "invalid-if-match"),
        ("Samvirke-Position", "NETWORKS", 400, "invalid-position"),
        ("Samvirke-Occurred-At", "2017-02-29T09:00", 400, "invalid-occurred-at"),
        ("Samvirke-Occurred-At", "2017-03-26T02:30", 400, "invalid-occurred-at"),
        ("Samvirke-Occurred-At", "2017-10-29T02:30", 400, "invalid-occurred-at"),
        ("Samvirke-Occurred-At", "+262142-12-31T23:30+00:00", 400, "invalid-occurred-at"),
        ("Samvirke-Occurred-At", "+10000-01-01T00:00:00Z", 400, "invalid-occurred-at"),
        ("Samvirke-Occurred-At", "0000-01-01T00:00:00Z", 400, "invalid-occurred-at"),
        ("Samvirke-Occurred-At", "2016-12-31T23:59:60Z", 400, "invalid-occurred-at"),
        ("Samvirke-Occurred-At", "2999-01-01T00:00:00Z", 422, "occurred-in-the-future"),
        ("Samvirke-Source", "%FF", 400, "invalid-source"),
        ("Samvirke-Illustrative", "perhaps", 400, "invalid-illustrative"),
    ] {
        let answer = world.post(PAUSE, &[(name, value)], "{}").await;
        assert_eq!(answer.problem(status, code)["field"], name);
    }
    assert!(world.heard().is_empty());
}

#[tokio::test]
async fn a_key_that_comes_twice_is_refused() {
    let world = World::start().await;
    let twice = [("idempotency-key", "a"), ("idempotency-key", "a")];
    let problem = world.post(PAUSE, &twice, "{}").await.problem(400, "repeated-header");
    assert_eq!(problem["field"], "Idempotency-Key");
}

#[tokio::test]
async fn a_repeated_key_with_another_body_is_refused_by_the_service() {
    let world = World::start().await;
    let reused = json!({"Err": {
        "outcome": "rejected",
        "code": "idempotency-key-reused",
        "kind": "value",
        "rule": "Idempotency-Key",
        "detail": "the key was used for another command",
        "detail_nb": "nøkkelen er brukt til en annen kommando",
    }});
    world.serve("cmd.>", reused).await;
    let answer = world.post(PAUSE, &[("idempotency-key", "a")], "{}").await;
    answer.problem(422, "idempotency-key-reused");
}

#[tokio::test]
async fn only_a_json_object_in_utf_8_is_a_command() {
    let world = World::start().await;
    world.serve("cmd.>", accepted()).await;
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    for (body, status, code) in [
        (&b""[..], 400, "malformed-json"),
        (b"{", 400, "malformed-json"),
        (b"{} {}", 400, "malformed-json"),
        (b"[]", 422, "not-an-object"),
        (b"null", 422, "not-an-object"),
        (b"{\"reason\":\"\xe6\"}", 400, "not-utf8"),
        (deep.as_bytes(), 400, "malformed-json"),
    ] {
        let request = world.command(PAUSE).body(Body::from(body.to_vec())).unwrap();
        world.send(request).await.problem(status, code);
    }
    assert!(world.heard().is_empty());
}

#[tokio::test]
async fn another_type_or_a_compressed_body_is_refused() {
    let world = World::start().await;
    let send = async |name: &str, value: &str| {
        let request = Request::post(PAUSE).header(name, value).body(Body::from("{}"));
        world.send(request.unwrap()).await
    };
    send("content-type", "text/plain").await.problem(415, "wrong-content-type");
    send("x-nothing", "").await.problem(415, "wrong-content-type");
    let answer = world.post(PAUSE, &[("content-encoding", "gzip")], "{}").await;
    answer.problem(415, "encoded-body");
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_whether_announced_or_not() {
    let world = World::with(json!({"body_bytes_max": 100}), "").await;
    world.serve("cmd.>", accepted()).await;
    let body = |bytes: usize| format!("{{\"reason\":\"{}\"}}", "x".repeat(bytes - 13));
    assert_eq!(world.post(PAUSE, &[], &body(100)).await.status, 200);
    world.post(PAUSE, &[], &body(101)).await.problem(413, "too-large");
    world.post(PAUSE, &[("content-length", "101")], "{}").await.problem(413, "too-large");
    let stream = futures::stream::iter(vec![Ok::<_, std::io::Error>(body(60)), Ok(body(60))]);
    let request = world.command(PAUSE).body(Body::from_stream(stream)).unwrap();
    world.send(request).await.problem(413, "too-large");
}

#[tokio::test]
async fn a_body_that_nats_cannot_carry_is_too_large_too() {
    let world = World::with(json!({}), "max_payload: 4096").await;
    world.serve("cmd.>", accepted()).await;
    let body = format!("{{\"reason\":\"{}\"}}", "x".repeat(5000));
    world.post(PAUSE, &[], &body).await.problem(413, "too-large");
    assert_eq!(world.post(PAUSE, &[], "{}").await.status, 200);
}

#[tokio::test]
async fn a_body_that_breaks_off_or_never_ends_does_nothing() {
    let world = World::with(json!({"request_timeout_ms": 200}), "").await;
    world.serve("cmd.>", accepted()).await;
    let broken = futures::stream::iter([Ok("{"), Err(std::io::Error::other("gone"))]);
    let request = world.command(PAUSE).body(Body::from_stream(broken)).unwrap();
    world.send(request).await.problem(400, "body-interrupted");
    let endless = futures::stream::pending::<Result<String, std::io::Error>>();
    let request = world.command(PAUSE).body(Body::from_stream(endless)).unwrap();
    world.send(request).await.problem(408, "body-too-slow");
    assert!(world.heard().is_empty());
}

#[tokio::test]
async fn a_problem_is_told_in_the_callers_language() {
    let world = World::start().await;
    let answer = world.post(PAUSE, &[("accept-language", "nb-NO, en;q=0.3")], "[]").await;
    let problem = answer.problem(422, "not-an-object");
    assert_eq!(problem["title"], "Ikke et objekt");
    assert_eq!(answer.header("content-language"), "nb");
}

#[tokio::test]
async fn a_request_without_exactly_one_host_is_refused() {
    let world = World::start().await;
    world.serve(">", accepted()).await;
    for (hosts, code) in [
        (&[][..], "missing-host"),
        (&["a.example", "b.example"], "repeated-header"),
        (&["a.example", "a.example"], "repeated-header"),
        (&[""], "invalid-host"),
        (&["a.example/b"], "invalid-host"),
    ] {
        for request in [world.command(PAUSE), Request::get("/livez"), Request::get("/nowhere")] {
            let add = |request: Builder, host: &&str| request.header("host", *host);
            let request = hosts.iter().fold(request, add).body(Body::from("{}")).unwrap();
            let answer = world.send_as_it_is(request).await;
            assert_eq!(answer.problem(400, code)["field"], "Host", "{hosts:?}");
        }
    }
    assert!(world.heard().is_empty());
}

/// An answer that repeated what it refuses would be as large as the request.
#[tokio::test]
async fn of_what_is_refused_an_answer_repeats_no_more_than_an_excerpt() {
    let world = World::start().await;
    let long = "x".repeat(60_000);
    let refused = json!({"Err": {"outcome": "invalid", "field": long, "detail": long,
        "detail_nb": long}});
    world.serve("cmd.>", refused).await;
    let body = format!("{{\"reason\":\"{long}\"}}");
    let as_key = format!("{{\"{long}\":}}");
    let role = world.token(&[&format!("vest:{}", "x".repeat(4_000))]);
    let with_role =
        Request::get("/v1/cooperations/x").header("authorization", format!("Bearer {role}"));
    for (code, answer) in [
        ("invalid", world.post(PAUSE, &[], &body).await),
        ("malformed-json", world.post(PAUSE, &[], &as_key).await),
        ("unknown-command", world.post(&format!("/v1/cases/x/{long}"), &[], "{}").await),
        ("unknown-collection", world.post(&format!("/v1/{long}/x/found"), &[], "{}").await),
        ("invalid-id", world.post(&format!("/v1/cases/{long}/open"), &[], "{}").await),
        ("invalid-id", world.get(&format!("/v1/cases/{long}:x")).await),
        ("unknown-parameter", world.get(&format!("/v1/cases/a:b?{long}=1")).await),
        ("invalid", world.get(&format!("/v1/feed?types={long}")).await),
        ("wrong-parameter-type", world.get(&format!("/v1/feed?limit={long}")).await),
        ("invalid-position", world.post(PAUSE, &[("samvirke-position", &long)], "{}").await),
        ("invalid-occurred-at", world.post(PAUSE, &[("samvirke-occurred-at", &long)], "{}").await),
        ("invalid-source", world.post(PAUSE, &[("samvirke-source", &long)], "{}").await),
        ("invalid-if-match", world.post(PAUSE, &[("if-match", &long)], "{}").await),
        ("invalid-idempotency-key", world.post(PAUSE, &[("idempotency-key", &long)], "{}").await),
        ("token-claim-invalid", world.send(with_role.body(Body::empty()).unwrap()).await),
        ("token-too-large", {
            let request = Request::get("/v1/cooperations/x");
            let request = request.header("authorization", format!("Bearer {long}"));
            world.send(request.body(Body::empty()).unwrap()).await
        }),
    ] {
        let kind = format!("urn:samvirke:problem:{code}");
        assert_eq!(answer.json()["type"], kind, "{}", answer.json()["detail"]);
        assert!(answer.body.len() < 5_000, "{code}: {} bytes", answer.body.len());
    }
}
