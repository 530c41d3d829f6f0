//! The last message of a stream is lost, and an operator accepts that: everything else goes on.

use std::time::Duration;

use async_nats::jetstream;
use samvirke_private_servers::StreamFiles;
use samvirke_tests::api::{Api, Caller, admitting, establishing, founding, opening, recovers};
use serde_json::json;

use crate::{policies::client, samvirke};

/// How long a service that has just started may take until it answers.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_feed_goes_on_after_an_end_that_was_accepted_as_lost() {
    let mut up = samvirke().unwrap();
    up.is_well().unwrap();
    let api = Api::of(&up);
    let (secretariat, operator) = (api.secretariat(), api.caller(&["*:operator"], None));
    api.gives(&operator, "cooperations/prove/found", founding()).await;
    api.gives(&secretariat, "bodies/prove:sg/establish", establishing()).await;
    api.gives(&secretariat, "registers/prove:2017/open", json!({"year": 2017})).await;
    api.gives(&secretariat, "cooperations/prove/admit-member", admitting("920125298")).await;
    // That it was told shows that the relay has taken it.
    in_the_feed(&api, "920125298").await;
    let nats = jetstream::new(client(&up).await);
    let stream = nats.get_stream("NETWORKS").await.unwrap();
    let last = stream.cached_info().state.last_sequence;
    let payload = stream.get_raw_message(last).await.unwrap().payload;
    drop((nats, stream));
    up.interrupt().unwrap();
    let files = StreamFiles::of(&up.data().join("nats"), "NETWORKS").unwrap();
    files.flip_bit_in(&payload).unwrap();
    up.start_again().unwrap();
    let answering = async {
        while up.addresses().is_err() {
            tokio::task::yield_now().await
        }
    };
    tokio::time::timeout(ANSWERED_WITHIN, answering).await.expect("it starts");

    let adopted = up.command(&["streams", "adopt", "NETWORKS", "--yes"]).output().unwrap();
    assert!(adopted.status.success(), "{}", String::from_utf8_lossy(&adopted.stderr));
    let (api, open) = (Api::of(&up), opening("prove:sg", "Etter tapet"));
    let opened = || api.send(&secretariat, "cases/prove:after/open", &[], open.clone());
    recovers(opened, |answer| answer.status == 200).await;
    in_the_feed(&api, "prove:after").await;
    let seen = || api.get(&Caller::public(), "cases/prove:after", &[]);
    recovers(seen, |answer| answer.status == 200).await;
}

/// Waits until the public feed says a word.
async fn in_the_feed(api: &Api, word: &str) {
    let asked = || api.get(&Caller::public(), "feed?after=FEED:0&limit=500", &[]);
    recovers(asked, |answer| answer.body["events"].to_string().contains(word)).await;
}
