//! What is made of the answers of streams and read models.

use samvirke_schemas::standing::ReadModelStatus;
use serde_json::{Value, json};

use super::*;

fn told(sequence: u64, halted: bool, behind: bool, database: bool) -> serde_json::Value {
    let ends = [("CASES".to_owned(), Ok(Some(2_000))), ("MEETINGS".to_owned(), Ok(None))];
    let (name, stream) = ("case_file".to_owned(), "CASES".to_owned());
    let behind_since = behind.then_some(DateTime::UNIX_EPOCH);
    let status = ReadModelStatus { name, stream, sequence, halted, behind_since };
    let models = ReadModels { database, read_models: vec![status] };
    json!(of_read_models(&ends, Some(models)))
}

#[test]
fn a_read_model_is_ready_until_it_does_not_keep_up_or_is_halted() {
    let line = |state: &str, at: u64, behind: Option<u64>, since: Option<&str>| {
        let mut line = json!({"what": "read model case_file on CASES", "state": state, "at": at});
        if let Some(behind) = behind {
            line["behind"] = json!(behind);
        }
        if let Some(since) = since {
            line["since"] = json!(since);
        }
        line
    };
    let since = Some("1970-01-01T00:00:00Z");
    assert_eq!(told(2_000, false, false, true)[1], line("ok", 2_000, None, None));
    // More may have come since the stream was asked.
    assert_eq!(told(2_003, false, false, true)[1], line("ok", 2_003, None, None));
    // A burst that came a moment ago.
    assert_eq!(told(0, false, false, true)[1], line("ok", 0, Some(2_000), None));
    assert_eq!(told(1_999, false, true, true)[1], line("behind", 1_999, Some(1), since));
    assert_eq!(told(2_000, true, false, true)[1], line("halted", 2_000, None, None));
    let behind = of_read_models(
        &[],
        serde_json::from_value(json!({"database": true,
        "read_models": [{"name": "case_file", "stream": "CASES", "sequence": 1, "halted": false,
            "behind_since": "1970-01-01T00:00:00Z"}]}))
        .unwrap(),
    );
    assert!(behind.iter().any(|check| !check.is_ok()));
    assert!(behind.iter().all(|check| !check.hinders()), "other queries and commands go on");
}

#[test]
fn a_task_that_does_not_keep_up_has_a_line_with_how_far_it_is_behind_and_since_when() {
    let since = "1970-01-01T00:00:00Z";
    let behind = json!({"task": "relay", "stream": "CASES", "messages": 12, "since": since});
    let tasks = serde_json::from_value(json!({"tasks": [], "behind": [behind]})).unwrap();
    let checks = of_tasks("feed", Some(tasks));
    let line = json!({"what": "task relay on CASES of feed", "state": "behind", "behind": 12,
        "since": since});
    assert_eq!(json!(checks), json!([line]));
    assert!(checks.iter().all(|check| !check.is_ok() && !check.hinders()));
}

#[test]
fn what_does_not_answer_is_away() {
    assert_eq!(told(2_000, false, false, false)[0]["state"], "away");
    let nobody = json!(of_read_models(&[], None));
    assert_eq!(nobody, json!([{"what": "read models", "state": "away"}]));
    let streams = [("CASES".to_owned(), Err(())), ("MEETINGS".to_owned(), Ok(None))];
    let states: Vec<_> = streams.iter().map(|one| of_stream(one).state).collect();
    assert_eq!(states, [Found::Away, Found::Missing]);
    assert!(streams.iter().all(|one| of_stream(one).hinders()));
}

#[test]
fn a_missing_feed_is_told_and_hinders_no_command() {
    let feed = of_stream(&("FEED".to_owned(), Ok(None)));
    assert_eq!((feed.state, feed.is_ok(), feed.hinders()), (Found::Missing, false, false));
    assert_eq!(json!(feed), json!({"what": "stream FEED", "state": "missing"}));
}

#[test]
fn a_task_that_does_not_run_has_a_line_with_its_reason_and_makes_the_gateway_degraded_only() {
    let task = |name: &str, state, reason: Option<&str>| TaskStatus {
        task: name.into(),
        state,
        reason: reason.map(str::to_owned),
        since: DateTime::UNIX_EPOCH,
        restarts: 0,
    };
    let relay = task("relay", TaskState::Running, Some("what was before"));
    let all_run = of_tasks("feed", Some(Tasks { tasks: vec![relay.clone()], ..Tasks::default() }));
    assert_eq!(json!(all_run), json!([{"what": "tasks of feed", "state": "ok"}]));

    let halted = task("deliveries", TaskState::Halted, Some("another stream"));
    let restarting = task("delivery a", TaskState::Restarting, None);
    let parked = ParkedEvent {
        task: "relay".into(),
        cooperation: "vestregionen".parse().unwrap(),
        event: "CASES:31".into(),
        reason: "too large".into(),
        since: DateTime::UNIX_EPOCH,
    };
    let tasks =
        Tasks { tasks: vec![relay, halted, restarting], parked: vec![parked], ..Tasks::default() };
    let some = of_tasks("feed", Some(tasks));
    let since = "1970-01-01T00:00:00Z";
    let deliveries: Value = json!({"what": "task deliveries of feed", "state": "halted",
        "reason": "another stream", "since": since});
    let one = json!({"what": "task delivery a of feed", "state": "restarting", "since": since});
    let waits = json!({"what": "CASES:31 for relay in vestregionen", "state": "parked",
        "reason": "too large", "since": since});
    assert_eq!(json!(some), json!([deliveries, one, waits]));

    let nobody = of_tasks("notify", None);
    assert_eq!(json!(nobody), json!([{"what": "tasks of notify", "state": "not-running"}]));
    assert!(some.iter().chain(&nobody).all(|check| !check.is_ok() && !check.hinders()));
}

#[test]
fn what_is_of_the_process_is_said_once_and_of_no_service() {
    let guard = TaskStatus {
        task: "guard of CASES, number 7".into(),
        state: TaskState::Halted,
        reason: Some("it is missing".into()),
        since: DateTime::UNIX_EPOCH,
        restarts: 0,
    };
    let said = |service: &str| {
        of_tasks(service, Some(Tasks { of_process: vec![guard.clone()], ..Tasks::default() }))
    };
    assert_eq!(said("cases"), said("networks"));
    assert!(said("cases").iter().all(|check| check.is_of_the_process));
    assert_eq!(json!(said("cases"))[0]["what"], "task guard of CASES, number 7");
}

#[test]
fn commands_go_on_without_the_feed_and_without_what_is_kept_beside_it() {
    for name in ["FEED", "FEED_ERASED", "PARKED"] {
        let check = of_stream(&(name.into(), Ok(None)));
        assert!(!check.is_ok() && !check.hinders(), "{name}");
    }
    assert!(of_stream(&("CASES".into(), Ok(None))).hinders());
}
