//! An event that no task can work, and an operator who passes it over.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{path::Path, process::Output, time::Duration};

use async_nats::{ConnectOptions, jetstream};
use samvirke_tests::{
    Up,
    api::{Api, founding},
};
use serde_json::Value;

const SAMVIRKE: &str = env!("CARGO_BIN_EXE_samvirke");
/// How long the tasks may take to see an event, and a decision.
const SEEN_WITHIN: Duration = Duration::from_secs(60);

/// Runs `samvirke parked`; returns its exit code and what it said.
fn parked(up: &Up, words: &[&str]) -> (i32, String) {
    let words: Vec<&str> = ["parked"].into_iter().chain(words.iter().copied()).collect();
    let Output { status, stdout, stderr } = up.command(&words).output().unwrap();
    let text = [stdout, stderr].map(|said| String::from_utf8(said).unwrap()).concat();
    (status.code().unwrap(), text)
}

/// The tasks with a parked event.
fn tasks(up: &Up) -> Vec<String> {
    let (_, listed) = parked(up, &["list", "--json"]);
    let all: Vec<Value> = serde_json::from_str(&listed).unwrap();
    all.iter().map(|one| one["task"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_worked_is_listed_and_passed_over_with_a_reason() {
    let mut up = Up::start(Path::new(SAMVIRKE), "127.0.0.1:0").unwrap();
    up.is_well().unwrap();
    let api = Api::of(&up);
    let operator = api.caller(&["*:operator"], None);
    api.gives(&operator, "cooperations/prove/found", founding()).await;
    assert_eq!(parked(&up, &["list"]), (0, "nothing is parked\n".to_owned()));

    let nats = up.addresses().unwrap().nats;
    let options = ConnectOptions::with_user_and_password(nats.user, nats.password);
    let js = jetstream::new(options.connect(nats.url).await.unwrap());
    js.publish("es.meetings.prove.meeting.a", "no commit".into()).await.unwrap().await.unwrap();
    let seen = async {
        while !tasks(&up).contains(&"relay".to_owned()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SEEN_WITHIN, seen).await.expect("what is parked is listed");
    let (code, listed) = parked(&up, &["list"]);
    assert!(code == 1 && listed.contains("relay prove: MEETINGS:1 since "), "{listed}");

    let (code, said) = parked(&up, &["skip", "relay", "annet", "--by", "o", "--reason", "r"]);
    assert!(code == 2 && said.contains("nothing of annet is parked in relay"), "{said}");
    let skip = ["skip", "relay", "prove", "--by", "drift", "--reason", "Ingen hendelse."];
    let (code, said) = parked(&up, &[&skip[..], &["--dry-run"]].concat());
    assert!(code == 0 && said.contains("MEETINGS:1 would be passed over"), "{said}");
    let (code, said) = parked(&up, &["retry", "relay", "prove", "--by", "drift"]);
    assert!(code == 0 && said.contains("MEETINGS:1 is tried again"), "{said}");

    let passed_over = async {
        loop {
            let tasks = tasks(&up);
            if tasks.is_empty() {
                return;
            }
            for task in &tasks {
                let mut skip = skip;
                skip[1] = task;
                // One that is just being tried again is refused, and asked for once more.
                parked(&up, &skip);
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SEEN_WITHIN, passed_over).await.expect("all is passed over");
    assert_eq!(parked(&up, &["list"]), (0, "nothing is parked\n".to_owned()));
}
