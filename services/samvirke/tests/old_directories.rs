//! Installations from before: a FEED that nothing can be erased from, and a directory without a list of
//! streams. They are taken as they are, and what the papers for operators say is what happens.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{
    fs,
    path::Path,
    process::{Child, Command, Output},
    time::Duration,
};

use async_nats::{
    ConnectOptions, HeaderMap,
    jetstream::{
        self,
        stream::{Compression, Config, DiscardPolicy, RetentionPolicy, StorageType, Stream},
    },
};
use samvirke_private_servers::{StreamFiles, temporary};
use samvirke_schemas::feed::{Audience, CloudEvent, Concerns, Said};
use samvirke_tests::{
    Caller, Up,
    api::{Api, founding, recovers},
};
use serde_json::{Value, json};
use uuid::Uuid;

const SAMVIRKE: &str = env!("CARGO_BIN_EXE_samvirke");
const AT: &str = "2017-02-01T15:00";
const NAMED: &str = "Navn Navnesen";
/// How long the services may take to see what happened.
const SEEN_WITHIN: Duration = Duration::from_secs(60);

/// A stream as the first samvirke made it.
fn made_long_ago(name: &str, subjects: &str) -> Config {
    Config {
        name: name.into(),
        subjects: vec![subjects.into()],
        storage: StorageType::File,
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::New,
        num_replicas: 1,
        max_bytes: -1,
        max_messages: -1,
        max_messages_per_subject: -1,
        max_message_size: -1,
        max_consumers: -1,
        duplicate_window: Duration::from_secs(120),
        allow_direct: true,
        deny_delete: true,
        deny_purge: true,
        allow_atomic_publish: true,
        compression: Some(Compression::S2),
        ..Config::default()
    }
}

/// A cooperation was founded, and the feed has told it, as its first message.
async fn old_streams(js: &jetstream::Context) -> Uuid {
    let (event, at) = (Uuid::from_u128(1), "2001-01-01T12:00:00Z");
    let networks = js.create_stream(made_long_ago("NETWORKS", "es.networks.>")).await.unwrap();
    js.create_stream(made_long_ago("FEED", "feed.>")).await.unwrap();
    let commit = json!({
        "v": 1, "command_id": Uuid::from_u128(2), "command": "cooperation.found", "digest": "",
        "aggregate": {"kind": "cooperation", "id": "prove:prove", "version_from": 1, "version_to": 1},
        "actor": {"subject": "test"}, "occurred_at": at, "recorded_at": at,
        "events": [{"id": event, "type": "founded", "version": 1, "data": founding()}],
    });
    let subject = "es.networks.prove.cooperation.prove";
    js.publish(subject, commit.to_string().into()).await.unwrap().await.unwrap();
    let said = Said {
        audience: Audience::Public,
        about: "prove".parse().unwrap(),
        plural: "cooperations",
        concerns: Concerns::default(),
        fact: serde_json::from_value(json!({"cooperation.founded": founding()})).unwrap(),
        origin: event,
        restates: false,
        replacement: false,
        occurred_at: at.parse().unwrap(),
        recorded_at: at.parse().unwrap(),
        traceparent: None,
    };
    let told = serde_json::to_vec(&CloudEvent::new(&said, 1).unwrap()).unwrap();
    let created = networks.cached_info().created.timestamp_micros();
    let mut headers = HeaderMap::new();
    headers.insert("Content-Type", "application/cloudevents+json");
    headers.insert("Samvirke-Sources", format!("NETWORKS@{created}:1"));
    let subject = "feed.prove.public.cooperation.founded";
    js.publish_with_headers(subject, headers, told.into()).await.unwrap().await.unwrap();
    said.id()
}

/// The executable against a server of one's own.
struct Installation {
    nats: String,
    data: tempfile::TempDir,
}

impl Installation {
    fn run(&self, words: &[&str]) -> (i32, String) {
        let Output { status, stdout, stderr } = self.command(words).output().unwrap();
        let said = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
        (status.code().unwrap(), said)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(SAMVIRKE);
        command.args(words).arg("--data").arg(self.data.path());
        command.env("SAMVIRKE_NATS__URL", &self.nats);
        command
    }

    fn log(&self) -> String {
        fs::read_to_string(self.data.path().join("log")).unwrap_or_default()
    }

    fn serve(&self) -> Serving {
        let log = fs::File::create(self.data.path().join("log")).unwrap();
        let services = ["serve", "networks", "cases", "meetings", "feed"];
        Serving(self.command(&services).stderr(log).spawn().unwrap())
    }
}

struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

/// Every event of the feed: its subject and itself.
async fn events(feed: &mut Stream) -> Vec<(String, Value)> {
    let last = feed.info().await.unwrap().state.last_sequence;
    let mut found = Vec::new();
    for sequence in 1..=last {
        // What was erased is not there.
        let Ok(message) = feed.get_raw_message(sequence).await else { continue };
        let event = serde_json::from_slice(&message.payload).unwrap();
        found.push((message.subject.to_string(), event));
    }
    found
}

/// Waits until the feed is as wanted.
async fn until(js: &jetstream::Context, wanted: impl Fn(&[(String, Value)]) -> bool) {
    let look = async {
        loop {
            if let Ok(mut feed) = js.get_stream("FEED").await
                && wanted(&events(&mut feed).await)
            {
                return;
            }
        }
    };
    tokio::time::timeout(SEEN_WITHIN, look).await.expect("the feed comes so far");
}

fn is_withheld(events: &[(String, Value)]) -> bool {
    events.iter().any(|(subject, _)| subject.ends_with("case.withheld"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_that_nothing_can_be_erased_from_is_taken_in_and_made_anew_as_the_papers_say() {
    let nats = temporary::nats().await.unwrap();
    let caller = Caller::connect(&nats.url()).await.unwrap();
    let js = jetstream::new(caller.client().clone());
    let founded = old_streams(&js).await;
    let own = Installation { nats: nats.url(), data: tempfile::tempdir().unwrap() };
    fs::write(own.data.path().join("gateway.pub"), Caller::verifier().to_string()).unwrap();
    assert_eq!(own.run(&["keys", "create", "feed"]).0, 0);

    let (code, said) = own.run(&["setup"]);
    assert_eq!(code, 0, "{said}");
    for name in ["FEED", "NETWORKS"] {
        let line = said.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
        assert!(line.contains("was there before, and is listed from now on"), "{line}");
    }
    let serving = own.serve();
    caller.give("registers/prove:2017/open", AT, json!({"year": 2017})).await.unwrap();
    let description = json!({"title": NAMED, "public_title": "Personalsak"});
    let open = json!({"kind": "decision", "description": description, "owner": "prove:sg",
        "register": "2017"});
    caller.give("cases/prove:a/open", AT, open).await.unwrap();
    // What is restricted before it is published is never published in clear, and needs no erasing.
    let is_named = |events: &[(String, Value)]| {
        events.iter().any(|(_, event)| event.to_string().contains(NAMED))
    };
    until(&js, is_named).await;
    let restrict = json!({"legal_basis": {"act": "offentleglova", "provision": "§ 13"},
        "scope": {"everything": {}}});
    caller.give("cases/prove:a/restrict", AT, restrict).await.unwrap();
    until(&js, is_withheld).await;
    let told = async {
        while !own.log().contains("made by an older samvirke so that nothing in it can be erased") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SEEN_WITHIN, told).await.expect("it says what it cannot erase");
    assert!(own.log().contains("deploy/nats-accounts.md"));
    let mut feed = js.get_stream("FEED").await.unwrap();
    let before = events(&mut feed).await;
    assert_eq!(before[0].1["id"], founded.to_string(), "the old ones stay, without a set-up");
    let told_once = before.iter().filter(|(_, event)| event["id"] == founded.to_string());
    assert_eq!(told_once.count(), 1, "and are not told again");
    assert!(before.iter().any(|(_, event)| event.to_string().contains(NAMED)));
    drop(serving);

    // As deploy/nats-accounts.md says.
    js.delete_stream("FEED").await.unwrap();
    let (code, said) = own.run(&["setup"]);
    assert!(code == 1 && said.contains("is LOST"), "nothing is made behind the operator: {said}");
    let (code, said) = own.run(&["streams", "adopt", "FEED", "--yes"]);
    assert_eq!(code, 0, "{said}");
    let _serving = own.serve();
    until(&js, |events| {
        is_withheld(events) && !events.iter().any(|(_, event)| event.to_string().contains(NAMED))
    })
    .await;
    let mut feed = js.get_stream("FEED").await.unwrap();
    let after = events(&mut feed).await;
    assert_eq!(after[0].0, "feed.set-up");
    let ids = |all: &[(String, Value)]| {
        let mut ids: Vec<String> = all.iter().map(|(_, event)| event["id"].to_string()).collect();
        ids.sort();
        ids.dedup();
        ids
    };
    let again = ids(&after[1..]);
    assert!(ids(&before).iter().all(|id| again.contains(id)), "{before:?}\n{after:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_from_before_there_was_a_list_of_streams_is_taken_in_whole() {
    let mut up = Up::start(Path::new(SAMVIRKE), "127.0.0.1:0").unwrap();
    up.is_well().unwrap();
    let api = Api::of(&up);
    api.gives(&api.caller(&["*:operator"], None), "cooperations/prove/found", founding()).await;
    up.is_well().unwrap();
    let address = up.addresses().unwrap().nats;
    let options = ConnectOptions::with_user_and_password(address.user, address.password);
    let js = jetstream::new(options.connect(address.url).await.unwrap());
    let list =
        || String::from_utf8(up.command(&["streams", "list", "--json"]).output().unwrap().stdout);
    let lines: Vec<Value> = serde_json::from_str(&list().unwrap()).unwrap();
    let names: Vec<String> =
        lines.iter().map(|line| line["stream"].as_str().unwrap().to_owned()).collect();
    // What the list left in the streams themselves, beside them and in the directory.
    for name in &names {
        let mut config = js.get_stream(name).await.unwrap().cached_info().config.clone();
        config.metadata.retain(|key, _| !key.starts_with("samvirke"));
        js.update_stream(config).await.unwrap();
    }
    drop(js);
    up.interrupt().unwrap();
    StreamFiles::of(&up.data().join("nats"), "STREAMS").unwrap().remove().unwrap();
    let file = up.data().join("streams");
    fs::remove_file(&file).unwrap();

    up.start_again().unwrap();
    up.is_well().unwrap();
    let listed = fs::read_to_string(&file).unwrap();
    assert!(names.iter().all(|name| listed.lines().any(|line| line == name)), "{listed}");
    let output = up.command(&["streams", "list"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let api = Api::of(&up);
    let secretariat = api.secretariat();
    let asked = || api.get(&secretariat, "cooperations/prove", &[]);
    let answer = recovers(asked, |answer| answer.status == 200).await;
    assert_eq!(answer.body["names"]["nb"], "Prøvesamarbeidet");
    api.gives(&secretariat, "registers/prove:2017/open", json!({"year": 2017})).await;
}
