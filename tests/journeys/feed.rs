//! From a command to those who listen: over pages, as a stream, and on the command line.

use serde_json::Value;

use samvirke_tests::api::{Answer, Api, Caller, admitting, founding, recovers};

use crate::samvirke;

const MEMBER: &str = "920125298";
/// What happens on the journey, in order.
const TOLD: [&str; 2] =
    ["no.samvirke.cooperation.founded.v1", "no.samvirke.cooperation.member-admitted.v1"];

#[tokio::test]
async fn what_was_commanded_is_told_to_everyone_who_listens() {
    let mut up = samvirke().unwrap();
    up.is_well().unwrap();
    let api = Api::of(&up);
    let public = Caller::public();
    let listening = || api.get(&public, "feed?cooperation=prove", &[]);
    let nothing = recovers(listening, |answer| answer.status == 200).await;
    assert_eq!(nothing.body["events"], Value::Array(Vec::new()));
    let stream = api.stream(&public, "feed/stream?cooperation=prove&after=FEED:0").await;
    assert_eq!(stream.status(), 200);

    let operator = api.caller(&["*:operator"], None);
    api.gives(&operator, "cooperations/prove/found", founding()).await;
    api.gives(&api.secretariat(), "cooperations/prove/admit-member", admitting(MEMBER)).await;

    let both = |answer: &Answer| types(&answer.body) == TOLD;
    let waiting = || api.get(&public, "feed?cooperation=prove&wait=10", &[]);
    recovers(waiting, both).await;
    assert_eq!(streamed(stream).await, ["cooperation.founded", "cooperation.member-admitted"]);

    let tail = |words: &[&str]| {
        let tail = ["feed", "tail", "--cooperation", "prove"];
        let output = up.command(&[&tail, words].concat()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let all = tail(&[]);
    assert!(all.contains("Samarbeid stiftet: Prøvesamarbeidet"), "{all}");
    let own = tail(&["--member", "En kommune", "--types", "cooperation.member-admitted"]);
    assert!(own.contains("Nytt medlem: En kommune") && !own.contains("stiftet"), "{own}");
    assert_eq!(tail(&["--since", "2017-01-02"]), "", "both happened on the first day of the year");
    assert_eq!(tail(&["--json"]).lines().count(), 2);
}

fn types(page: &Value) -> Vec<&str> {
    let events = page["events"].as_array().into_iter().flatten();
    events.filter_map(|event| event["type"].as_str()).collect()
}

/// The names of the first two events of a stream.
async fn streamed(mut stream: reqwest::Response) -> Vec<String> {
    let mut text = String::new();
    loop {
        let names: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
        if names.len() == 2 && text.ends_with("\n\n") {
            return names.into_iter().map(str::to_owned).collect();
        }
        let more = stream.chunk().await.unwrap().expect("the stream goes on");
        text.push_str(std::str::from_utf8(&more).unwrap());
    }
}
