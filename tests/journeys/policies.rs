//! A message that a policy has yet to take is damaged: it halts and says so, passes over nothing, and goes on
//! once an operator has accepted the gap.

use std::time::Duration;

use async_nats::{
    ConnectOptions,
    jetstream::{self, consumer::PullConsumer, stream::Stream},
};
use chrono::TimeDelta;
use samvirke_kernel::{clock, log::Log};
use samvirke_private_servers::StreamFiles;
use samvirke_tests::{
    Policy, Up,
    api::{Api, admitting, establishing, founding, opening},
    history, until,
};
use serde_json::json;

use crate::samvirke;

const ASKER: &str = "920125298";
const POLICY: &str = "cases-outcome-of-a-treatment";
const CASE: &str = "prove:a";
/// How long it may take until a service that has just started says what is wrong.
const SAID_WITHIN: Duration = Duration::from_secs(60);

pub(crate) async fn client(up: &Up) -> async_nats::Client {
    let nats = up.addresses().unwrap().nats;
    let options = ConnectOptions::with_user_and_password(nats.user, nats.password);
    options.connect(nats.url).await.unwrap()
}

async fn meetings(client: &async_nats::Client) -> Stream {
    jetstream::new(client.clone()).get_stream("MEETINGS").await.unwrap()
}

/// How far the policy has acted.
async fn acted_to(stream: &Stream) -> u64 {
    let mut consumer: PullConsumer = stream.get_consumer(POLICY).await.unwrap();
    consumer.info().await.unwrap().ack_floor.stream_sequence
}

/// A case that a meeting decides, after another meeting was reported. The policy has seen neither.
async fn given(api: &Api, stream: &Stream) {
    let (secretariat, operator) = (api.secretariat(), api.caller(&["*:operator"], None));
    let give = async |to: &str, body| api.gives(&secretariat, to, body).await;
    api.gives(&operator, "cooperations/prove/found", founding()).await;
    give("cooperations/prove/admit-member", admitting(ASKER)).await;
    give("bodies/prove:sg/establish", establishing()).await;
    give("registers/prove:2017/open", json!({"year": 2017})).await;
    give("cases/prove:a/open", opening("prove:sg", "Handlingsplan")).await;
    let plan = json!({"treatments": [
        {"treatment": "sg", "body": "prove:sg", "authority": "decides"}]});
    give("cases/prove:a/plan-treatments", plan).await;
    let tomorrow = clock::now() + TimeDelta::days(1);
    stream.pause_consumer(POLICY, tomorrow).await.unwrap();
    let held = |day: &str| json!({"body": "prove:sg", "days": [{"day": day}]});
    give("meetings/prove:first/report-held", held("2016-11-01")).await;
    give("meetings/prove:second/report-held", held("2017-01-01")).await;
    let subject = json!({"case": {"case": CASE, "treatment": "sg"}});
    let item = json!({"item": "1", "kind": "PS", "title": "Handlingsplan", "subject": subject});
    give("meetings/prove:second/put-item", json!({"item": item})).await;
    let outcome = json!({"item": "1", "conclusion": {"decided": {"text": "Planen vedtas."}}});
    give("meetings/prove:second/record-outcome", outcome).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_halts_at_a_damaged_message_and_goes_on_once_it_is_accepted() {
    let mut up = samvirke().unwrap();
    up.is_well().unwrap();
    let nats = client(&up).await;
    let stream = meetings(&nats).await;
    given(&Api::of(&up), &stream).await;
    assert_eq!(acted_to(&stream).await, 0);
    let first = stream.get_raw_message(1).await.unwrap().payload;
    drop(nats);
    up.interrupt().unwrap();
    let files = StreamFiles::of(&up.data().join("nats"), "MEETINGS").unwrap();
    files.flip_bit_in(&first).unwrap();
    up.start_again().unwrap();

    let halted = async {
        while up.addresses().is_err() {
            tokio::task::yield_now().await;
        }
        let nats = client(&up).await;
        meetings(&nats).await.resume_consumer(POLICY).await.unwrap();
        let what = format!("task policy {POLICY} of cases");
        loop {
            let Some(check) = checked(&up, &what).await else { continue };
            if check["state"] == "halted" {
                return check;
            }
        }
    };
    let check = tokio::time::timeout(SAID_WITHIN, halted).await.expect("the policy halts");
    let reason = check["reason"].as_str().unwrap();
    assert!(reason.contains("MEETINGS") && reason.contains("at 1"), "{reason}");
    let doctor = up.command(&["doctor"]).output().unwrap();
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert_eq!(doctor.status.code(), Some(1), "{said}");
    assert!(said.contains("MEETINGS has messages that cannot be read, at 1"), "{said}");
    assert!(said.contains(POLICY), "{said}");
    let nats = client(&up).await;
    let stream = meetings(&nats).await;
    assert_eq!(acted_to(&stream).await, 0, "it passed over the gap");
    let cases = Log::open(nats.clone(), "cases", 1).await.unwrap();
    let decided =
        |event: &samvirke_tests::Happened| event.to(CASE) && event.tag == "outcome-recorded";
    assert!(!history(&cases).await.unwrap().iter().any(decided), "it acted beyond the gap");

    let adopted = up.command(&["streams", "adopt", "MEETINGS", "--yes"]).output().unwrap();
    assert!(adopted.status.success(), "{}", String::from_utf8_lossy(&adopted.stderr));
    until(&cases, decided).await.unwrap();
    Policy::of(&nats, "MEETINGS", POLICY).await.unwrap().is_done().await.unwrap();
    let well = async {
        let what = format!("task policy {POLICY} of cases");
        while checked(&up, &what).await.is_some() {}
    };
    tokio::time::timeout(SAID_WITHIN, well).await.expect("the policy goes on");
}

/// What `/readyz` says of a thing; nothing where all is well with it.
async fn checked(up: &Up, what: &str) -> Option<serde_json::Value> {
    let (_, checks) = Api::of(up).readiness().await;
    checks.into_iter().find(|check| check["what"] == what)
}
