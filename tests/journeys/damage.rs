//! The files under an installation are damaged: it is noticed at once, and nothing goes on as if all were
//! well.

use std::{process::Output, time::Duration};

use samvirke_private_servers::StreamFiles;
use samvirke_tests::{
    Up,
    api::{Answer, Api, admitting, establishing, founding, opening, recovers},
};
use serde_json::{Value, json};

use crate::samvirke;

const DAMAGED: &str = "samvirke_stream_damaged{stream=\"CASES\"}";
const ASKER: &str = "920125298";
/// How long it may take until a service that has just started says what is wrong.
const SAID_WITHIN: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_tail_is_noticed_and_nothing_goes_on_until_an_operator_accepts_it() {
    let mut up = samvirke().unwrap();
    up.is_well().unwrap();
    let api = Api::of(&up);
    let (secretariat, operator) = (api.secretariat(), api.caller(&["*:operator"], None));
    api.gives(&operator, "cooperations/prove/found", founding()).await;
    api.gives(&secretariat, "cooperations/prove/admit-member", admitting(ASKER)).await;
    api.gives(&secretariat, "bodies/prove:sg/establish", establishing()).await;
    api.gives(&secretariat, "registers/prove:2017/open", json!({"year": 2017})).await;
    api.gives(&secretariat, "cases/prove:a/open", opening("prove:sg", "Handlingsplan")).await;
    let amended = api.gives(&secretariat, "cases/prove:a/amend", amending("Budsjett")).await;
    let position = amended.header("samvirke-position").to_owned();
    let end: u64 = position.rsplit(':').next().unwrap().parse().unwrap();
    noted(&up, end).await;
    up.is_well().unwrap();
    up.interrupt().unwrap();

    let nats = up.data().join("nats");
    StreamFiles::of(&nats, "CASES").unwrap().cut_tail(100).unwrap();
    up.start_again().unwrap();
    let refused = refused(&up, "stream-damaged").await;
    assert!(
        refused.body["detail"].as_str().unwrap().contains("its tail is lost"),
        "{}",
        refused.body
    );
    counted(&Api::of(&up), 1.0).await;
    let doctor = up.command(&["doctor"]).output().unwrap();
    let said = text(&doctor);
    assert_eq!(doctor.status.code(), Some(1), "{said}");
    assert!(
        said.contains(&format!("CASES: it ends at {}, and had come to {end}", end - 1)),
        "{said}"
    );

    let dry = up.command(&["streams", "adopt", "CASES", "--dry-run"]).output().unwrap();
    assert_eq!(dry.status.code(), Some(1), "{}", text(&dry));
    let unasked = up.command(&["streams", "adopt", "CASES"]).output().unwrap();
    assert_eq!(unasked.status.code(), Some(1), "nobody confirmed it: {}", text(&unasked));
    let adopted = up.command(&["streams", "adopt", "CASES", "--yes"]).output().unwrap();
    assert!(adopted.status.success(), "{}", text(&adopted));

    let api = Api::of(&up);
    let secretariat = api.secretariat();
    let again = accepted(&api, &secretariat).await;
    assert_eq!(again.header("samvirke-position"), position, "the sequence is taken anew");
    counted(&api, 0.0).await;
    // The sequence is there again, and with it the read models would seem up to date.
    let doctor = text(&up.command(&["doctor"]).output().unwrap());
    assert!(doctor.contains("case_file on CASES has halted"), "{doctor}");
    let rebuilt = up.command(&["projections", "rebuild"]).output().unwrap();
    assert!(rebuilt.status.success(), "{}", text(&rebuilt));
    let doctor = text(&up.command(&["doctor"]).output().unwrap());
    assert!(!doctor.contains("has halted"), "{doctor}");
    let seen = [("samvirke-position", position.as_str())];
    // The services take up what was built beside them.
    let asked = || api.get(&secretariat, "cases/prove:a", &seen);
    let case = recovers(asked, |case| case.status == 200).await;
    assert_eq!(case.body["title"], "Regnskap", "{}", case.body);
}

fn amending(title: &str) -> Value {
    json!({"title": title, "public_title": title})
}

fn text(output: &Output) -> String {
    let streams = [&output.stdout, &output.stderr];
    streams.map(|stream| String::from_utf8_lossy(stream).into_owned()).concat()
}

/// Waits until the list of streams knows that CASES has come so far.
async fn noted(up: &Up, end: u64) {
    let noted = async {
        loop {
            let listed = up.command(&["streams", "list", "--json"]).output().unwrap();
            let lines: Value = serde_json::from_slice(&listed.stdout).unwrap();
            let cases = lines.as_array().unwrap().iter().find(|line| line["stream"] == "CASES");
            if cases.unwrap()["noted"].as_u64() >= Some(end) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SAID_WITHIN, noted).await.expect("the end of CASES is noted");
}

/// Amends the case until that is refused with `code`, and not because the services are starting.
async fn refused(up: &Up, code: &str) -> Answer {
    let refused = async {
        loop {
            if up.addresses().is_ok() {
                let api = Api::of(up);
                let amend = amending("Regnskap");
                let answer = api.send(&api.secretariat(), "cases/prove:a/amend", &[], amend).await;
                assert_ne!(answer.status, 200, "it was acknowledged: {}", answer.body);
                if answer.body["type"] == format!("urn:samvirke:problem:{code}") {
                    return answer;
                }
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SAID_WITHIN, refused).await.expect("the damage is told")
}

/// Waits until the metrics say whether CASES is damaged.
async fn counted(api: &Api, wanted: f64) {
    let counted = async { while api.metric(DAMAGED).await != Some(wanted) {} };
    tokio::time::timeout(SAID_WITHIN, counted).await.expect("the metrics know it");
}

/// Amends the case until the service has seen that the stream is accepted.
async fn accepted(api: &Api, secretariat: &samvirke_tests::api::Caller) -> Answer {
    let accepted = async {
        loop {
            let amend = amending("Regnskap");
            let answer = api.send(secretariat, "cases/prove:a/amend", &[], amend).await;
            if answer.status == 200 {
                return answer;
            }
        }
    };
    tokio::time::timeout(SAID_WITHIN, accepted).await.expect("commands go on")
}
