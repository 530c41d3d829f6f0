//! What is longer than a message may be is answered whole. Beyond 32 MiB it is refused, which the tests of the kernel
//! hold: a case of that length is written too slowly here.

use samvirke_tests::api::{Api, Caller, admitting, establishing, founding, opening, recovers};
use serde_json::json;

use crate::samvirke;

/// The most characters of a text.
const CHARS: usize = 20_000;
/// Recommendations and tasks of the case.
const RECOMMENDATIONS: usize = 20;
const TASKS: usize = 20;
/// The default length of a page.
const DECISIONS: usize = 50;

async fn given(api: &Api) -> Caller {
    let secretariat = api.secretariat();
    let operator = api.caller(&["*:operator"], None);
    api.gives(&operator, "cooperations/prove/found", founding()).await;
    api.gives(&secretariat, "cooperations/prove/admit-member", admitting("920125298")).await;
    api.gives(&secretariat, "bodies/prove:sg/establish", establishing()).await;
    api.gives(&secretariat, "registers/prove:2017/open", json!({"year": 2017})).await;
    secretariat
}

/// Asks for something that was changed last at a position.
async fn asked(api: &Api, caller: &Caller, path: &str, after: &str) -> samvirke_tests::api::Answer {
    let seen = [("samvirke-position", after)];
    recovers(|| api.get(caller, path, &seen), |answer| answer.status != 503).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_of_several_megabytes_is_answered_whole() {
    let mut up = samvirke().unwrap();
    up.is_well().unwrap();
    let api = Api::of(&up);
    let secretariat = given(&api).await;
    let case = "cases/prove:a";
    api.gives(&secretariat, &format!("{case}/open"), opening("prove:sg", "Lang sak")).await;
    // Four bytes a character.
    let long = "\u{1d525}".repeat(CHARS);
    for number in 0..RECOMMENDATIONS {
        let body = json!({"from": format!("prove:r{number}"), "to": "prove:sg", "text": long});
        api.gives(&secretariat, &format!("{case}/recommend"), body).await;
    }
    let owner = json!({"body": {"body": "prove:sg"}});
    let mut position = String::new();
    for number in 0..TASKS {
        let body = json!({"follow_up": format!("t{number}"), "task": long, "owner": owner});
        let given = api.gives(&secretariat, &format!("{case}/assign-follow-up"), body).await;
        position = given.header("samvirke-position").to_owned();
    }
    let answer = asked(&api, &secretariat, case, &position).await;
    assert_eq!((answer.status, answer.code()), (200, ""));
    // Larger than a message may be, so that it comes in parts.
    let bytes = answer.body.to_string().len();
    assert!(bytes > 3 * 1024 * 1024, "{bytes}");
    let tasks = answer.body["follow_ups"].as_array().unwrap();
    assert_eq!(tasks.len(), TASKS);
    assert!(tasks.iter().all(|one| one["task"] == *long), "whole");
    let recommended = answer.body["recommendations"].as_array().unwrap();
    assert_eq!(recommended.len(), RECOMMENDATIONS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_decisions_with_long_texts_are_answered_whole_one_after_another() {
    let mut up = samvirke().unwrap();
    up.is_well().unwrap();
    let api = Api::of(&up);
    let secretariat = given(&api).await;
    let text = "\u{1d525}".repeat(CHARS);
    let mut position = String::new();
    for number in 0..DECISIONS {
        let case = format!("cases/prove:c{number}");
        api.gives(&secretariat, &format!("{case}/open"), opening("prove:sg", "Sak")).await;
        let plan = json!({"treatments": [
            {"treatment": "sg", "body": "prove:sg", "authority": "decides"}]});
        api.gives(&secretariat, &format!("{case}/plan-treatments"), plan).await;
        let outcome = json!({"of": {"id": {"treatment": "sg"}}, "item": "1", "outcome": "decided",
            "meeting": "prove:m", "text": text, "day": "2017-01-01"});
        let given = api.gives(&secretariat, &format!("{case}/record-outcome"), outcome).await;
        position = given.header("samvirke-position").to_owned();
    }
    let (mut path, mut seen) = ("decisions?cooperation=prove".to_owned(), 0);
    loop {
        let answer = asked(&api, &secretariat, &path, &position).await;
        assert_eq!((answer.status, answer.code()), (200, ""));
        let decisions = answer.body["items"].as_array().unwrap();
        assert!(decisions.iter().all(|one| one["text"] == *text), "whole");
        seen += decisions.len();
        let Some(next) = answer.body["next"].as_str() else { break };
        path = format!("decisions?cooperation=prove&after={next}");
        assert!(!decisions.is_empty());
    }
    assert_eq!(seen, DECISIONS);
}
