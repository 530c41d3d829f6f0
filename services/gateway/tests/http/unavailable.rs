//! What callers are told while the services, or the way to them, are away.

use std::time::Duration;

use async_nats::connection::State;
use serde_json::json;

use crate::world::{World, accepted};

const PAUSE: &str = "/v1/cooperations/vestregionen/pause";

#[tokio::test]
async fn a_service_that_does_not_run_did_nothing() {
    let world = World::start().await;
    let answer = world.post(PAUSE, &[], "{}").await;
    answer.problem(503, "service-away");
    assert_eq!(answer.header("retry-after"), "2");
    let answer = world.get("/v1/cooperations/vestregionen").await;
    answer.problem(503, "service-away");
}

#[tokio::test]
async fn a_service_that_keeps_silent_leaves_the_outcome_unknown() {
    let world = World::with(json!({"request_timeout_ms": 200}), "").await;
    world.serve(">", json!(null)).await;
    let answer = world.post(PAUSE, &[("idempotency-key", "a")], "{}").await;
    let problem = answer.problem(503, "outcome-unknown");
    assert!(problem["detail"].as_str().unwrap().contains("same Idempotency-Key"));
    assert_eq!(answer.header("retry-after"), "2");
    world.post(PAUSE, &[], "{}").await.problem(503, "outcome-unknown-without-key");
    world.get("/v1/cooperations/vestregionen").await.problem(503, "answer-late");
}

#[tokio::test]
async fn a_service_that_cannot_answer_now_is_asked_again_later() {
    let world = World::start().await;
    let away = json!({"Err": {"outcome": "unavailable", "detail": "the store is away",
        "detail_nb": "lageret er borte"}});
    world.serve("cmd.>", away).await;
    let answer = world.post(PAUSE, &[], "{}").await;
    assert_eq!(answer.problem(503, "unavailable")["detail"], "The store is away.");
    assert_eq!(answer.header("retry-after"), "2");
    let norwegian = world.post(PAUSE, &[("accept-language", "nb")], "{}").await;
    assert_eq!(norwegian.problem(503, "unavailable")["detail"], "Lageret er borte.");
}

/// The code says what a service knows: that nothing was done, and why; or that it does not know.
#[tokio::test]
async fn what_certainly_was_not_done_is_told_apart_from_what_is_unknown() {
    let told = |outcome: serde_json::Value| json!({ "Err": outcome });
    let words = json!({"detail": "nothing was done", "detail_nb": "ingenting ble gjort"});
    let with = |more: serde_json::Value| {
        let mut outcome = words.clone();
        outcome.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        told(outcome)
    };
    for (reply, status, code, retry_after) in [
        (with(json!({"outcome": "unavailable", "code": "store-busy"})), 503, "store-busy", "2"),
        (
            with(json!({"outcome": "unavailable", "code": "deadline-passed"})),
            503,
            "deadline-passed",
            "2",
        ),
        (with(json!({"outcome": "no-room"})), 507, "store-full", ""),
        (told(json!({"outcome": "outcome-unknown"})), 503, "outcome-unknown", "2"),
    ] {
        let world = World::start().await;
        world.serve("cmd.>", reply).await;
        let answer = world.post(PAUSE, &[("idempotency-key", "a")], "{}").await;
        let problem = answer.problem(status, code);
        assert_eq!(answer.header("retry-after"), retry_after, "{code}");
        let detail = problem["detail"].as_str().unwrap();
        assert_eq!(detail == "Nothing was done.", code != "outcome-unknown", "{detail}");
        if code == "outcome-unknown" {
            let without_key = world.post(PAUSE, &[], "{}").await;
            without_key.problem(503, "outcome-unknown-without-key");
        }
    }
}

#[tokio::test]
async fn what_broke_inside_is_for_the_log_and_not_for_the_caller() {
    for reply in [
        json!({"Err": {"outcome": "broken", "detail": "relation secret_table is missing"}}),
        json!("secret_table"),
        json!(""),
        json!({"Ok": {"secret_table": 1}}),
    ] {
        let world = World::start().await;
        world.serve("cmd.>", reply).await;
        let answer = world.post(PAUSE, &[], "{}").await;
        answer.problem(500, "broken");
        assert!(!String::from_utf8_lossy(&answer.body).contains("secret_table"));
    }
}

#[tokio::test]
async fn while_nats_is_away_nothing_is_sent_later_and_when_it_is_back_all_is_well() {
    let mut world = World::start().await;
    world.serve("cmd.>", accepted()).await;
    world.is_complete().await;
    assert_eq!(world.get("/readyz").await.status, 200);
    world.nats.kill().await;
    world.connection(State::Disconnected).await;
    world.post(PAUSE, &[], "{}").await.problem(503, "disconnected");
    let readiness = world.get("/readyz").await;
    assert_eq!(readiness.status, 503);
    assert_eq!(readiness.checks(), [("gateway", "ok"), ("nats", "away")]);
    assert_eq!(world.get("/livez").await.status, 200);

    world.nats.start_again().await.unwrap();
    world.connection(State::Connected).await;
    // The service has to subscribe again too, which the caller notices as a service that is away.
    let answered = async {
        while world.post(PAUSE, &[], "{}").await.status != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), answered).await.expect("it recovers by itself");
    let ready = async {
        while world.get("/readyz").await.status != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), ready).await.expect("it is ready again");
    // What was refused while NATS was away has not come after all.
    let commands = world.heard().into_iter().filter(|heard| heard.subject.starts_with("cmd."));
    assert_eq!(commands.count(), 1);
}

#[tokio::test]
async fn more_than_the_limit_at_once_are_turned_away() {
    let world = World::with(json!({"in_flight_max": 0}), "").await;
    let answer = world.post(PAUSE, &[], "{}").await;
    answer.problem(503, "too-busy");
    assert_eq!(answer.header("retry-after"), "2");
    assert_eq!(world.get("/livez").await.status, 200);
}

#[tokio::test]
async fn readiness_tells_every_stream_and_read_model_in_a_line_of_its_own() {
    let world = World::start().await;
    let answer = world.get("/readyz").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), "2");
    assert_eq!(answer.json()["status"], "not-ready");
    let missing = [
        ("gateway", "ok"),
        ("nats", "ok"),
        ("stream CASES", "missing"),
        ("stream CONTACTS", "missing"),
        ("stream MEETINGS", "missing"),
        ("stream NETWORKS", "ok"),
        ("stream SUBSCRIPTIONS", "missing"),
        ("stream FEED", "missing"),
        ("stream FEED_ERASED", "missing"),
        ("stream PARKED", "missing"),
        ("read models", "away"),
        ("tasks of networks", "not-running"),
        ("tasks of cases", "not-running"),
        ("tasks of meetings", "not-running"),
        ("tasks of readmodels", "not-running"),
        ("tasks of feed", "not-running"),
        ("tasks of notify", "not-running"),
        ("tasks of gateway", "ok"),
    ];
    assert_eq!(answer.checks(), missing);
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    assert_eq!(text.lines().count(), missing.len() + 2);
}

#[tokio::test]
async fn a_halted_read_model_is_told_and_hinders_nobody() {
    let world = World::start().await;
    world.is_complete_but(json!({"halted": true})).await;
    let answer = world.get("/readyz").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["status"], "degraded");
    assert!(answer.checks().contains(&("read model case_file on CASES", "halted")));
}

#[tokio::test]
async fn a_background_task_that_does_not_run_is_reported_and_makes_the_gateway_degraded() {
    let world = World::start().await;
    world.is_complete().await;
    let task = json!({"task": "relay", "state": "halted", "reason": "another stream",
        "since": "2031-01-01T00:00:00Z", "restarts": 3});
    world.serve("tasks.feed", json!({"Ok": {"tasks": [task]}})).await;
    let answer = world.get("/readyz").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["status"], "degraded");
    let checks = answer.json()["checks"].clone();
    let line = json!({"what": "task relay of feed", "state": "halted", "reason": "another stream",
        "since": "2031-01-01T00:00:00Z"});
    assert!(checks.as_array().unwrap().contains(&line), "{checks}");
}

/// Services in one process report the same, which is told once.
#[tokio::test]
async fn a_store_that_takes_no_commits_makes_the_gateway_unready() {
    let world = World::start().await;
    world.is_complete().await;
    assert_eq!(world.get("/readyz").await.status, 200);
    let store = json!({"stream": "CASES", "state": "full", "reason": "maximum bytes exceeded",
        "since": "2031-01-01T00:00:00Z"});
    for service in ["cases", "meetings"] {
        let tasks = json!({"Ok": {"tasks": [], "stores": [store]}});
        world.serve(&format!("tasks.{service}"), tasks).await;
    }
    let unready = async {
        loop {
            let answer = world.get("/readyz").await;
            if answer.status == 503 {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    };
    let answer = tokio::time::timeout(Duration::from_secs(10), unready).await.unwrap();
    assert_eq!(answer.json()["status"], "not-ready");
    let stores = answer.checks().into_iter().filter(|(what, _)| what.starts_with("store"));
    assert_eq!(stores.collect::<Vec<_>>(), [("store of CASES", "full")]);
}

/// The services are asked once, however many ask the gateway at once.
#[tokio::test]
async fn asking_often_does_not_make_work_for_the_services() {
    let world = World::start().await;
    world.is_complete().await;
    let answers = futures::future::join_all((0..20).map(|_| world.get("/readyz"))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(world.heard().len(), 1);
}

#[tokio::test]
async fn services_that_keep_silent_do_not_hold_readiness_up() {
    let world = World::start().await;
    world.serve("qry.>", json!(null)).await;
    let asking = tokio::time::timeout(Duration::from_secs(5), world.get("/readyz"));
    let answer = asking.await.expect("it answers in time");
    assert!(answer.checks().contains(&("read models", "away")));
}
