//! A stream is missing: the gateway answers all the same, and says which.

use std::time::Duration;

use samvirke_gateway::outbound;
use samvirke_private_servers::StreamFiles;
use samvirke_tests::{Up, api::Api};
use serde_json::Value;

use crate::samvirke;

/// How long it may take until a gateway that has just started answers.
const SAID_WITHIN: Duration = Duration::from_secs(60);

/// Starts it without the stream; returns what `/readyz` answered once it named it, and what is not well.
async fn without(up: &mut Up, stream: &str) -> (u16, Vec<Value>) {
    up.interrupt().unwrap();
    StreamFiles::of(&up.data().join("nats"), stream).unwrap().remove().unwrap();
    up.start_again().unwrap();
    let what = format!("stream {stream}");
    let told = async {
        loop {
            if up.addresses().is_ok() {
                let (status, checks) = Api::of(up).readiness().await;
                if let Some(check) = checks.iter().find(|check| check["what"] == what) {
                    assert_eq!(check["state"], "missing", "{check}");
                    return (status, checks);
                }
            }
            tokio::task::yield_now().await;
        }
    };
    let answer = tokio::time::timeout(SAID_WITHIN, told).await.expect("the gateway listens");
    let live = format!("{}/livez", up.addresses().unwrap().url);
    let client = outbound::client().no_proxy().build().unwrap();
    assert_eq!(client.get(live).send().await.unwrap().status(), 200);
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_networks_the_gateway_answers_that_it_is_not_ready_and_without_the_feed_that_it_is()
{
    let mut up = samvirke().unwrap();
    up.is_well().unwrap();
    without(&mut up, "FEED").await;
    // What is starting may still be away.
    let ready = async { while Api::of(&up).readiness().await.0 != 200 {} };
    tokio::time::timeout(SAID_WITHIN, ready).await.expect("a missing feed hinders no command");
    let (status, told) = without(&mut up, "NETWORKS").await;
    assert_eq!(status, 503, "{told:?}");
    let opening = "task opening of NETWORKS of gateway";
    let check = told.iter().find(|check| check["what"] == opening).unwrap();
    let reason = check["reason"].as_str().unwrap();
    assert!(reason.contains("there is no stream NETWORKS"), "{reason}");

    let adopted = up.command(&["streams", "adopt", "--yes"]).output().unwrap();
    assert!(adopted.status.success(), "{}", String::from_utf8_lossy(&adopted.stderr));
    let ready = async { while Api::of(&up).readiness().await.0 != 200 {} };
    tokio::time::timeout(SAID_WITHIN, ready).await.expect("it is ready without a restart");
}
