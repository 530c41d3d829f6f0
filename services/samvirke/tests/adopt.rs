//! `samvirke streams adopt` where there is nothing to accept, and what it says of the memberships that are lost.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use samvirke_private_servers::{StreamFiles, temporary};
use samvirke_tests::Up;

const SAMVIRKE: &str = env!("CARGO_BIN_EXE_samvirke");

fn said(output: &Output) -> (i32, String) {
    let text = [&*output.stdout, &*output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

async fn streams(url: &str) -> Vec<String> {
    let client = async_nats::connect(url).await.unwrap();
    let holdings = samvirke_kernel::stream_copy::holdings(&client).await.unwrap();
    holdings.into_iter().map(|holding| holding.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_accepted_or_made_where_nothing_of_samvirke_ever_was() {
    let foreign = temporary::nats().await.unwrap();
    let mut up = Up::start(Path::new(SAMVIRKE), "127.0.0.1:0").unwrap();
    up.is_well().unwrap();
    let settings = foreign.directory().join("wrong.toml");
    fs::write(&settings, format!("[nats]\nurl = \"{}\"\n", foreign.url())).unwrap();
    let settings = settings.to_str().unwrap();
    let nowhere = foreign.directory().join("nowhere");
    for data in [&*nowhere, up.data()] {
        let data = data.to_str().unwrap();
        for words in [&["--yes"] as &[&str], &["--dry-run"], &["NETWORKS", "--yes"]] {
            let adopt = Command::new(SAMVIRKE)
                .args(["streams", "adopt"])
                .args(words)
                .args(["--config", settings, "--data", data])
                .output();
            let (code, said) = said(&adopt.unwrap());
            assert_eq!(code, 2, "{said}");
            assert!(said.contains("nothing of Samvirke is in this nats-server"), "{said}");
            assert!(said.contains("samvirke setup makes the streams"), "{said}");
        }
    }
    assert_eq!(streams(&foreign.url()).await, Vec::<String>::new(), "nothing was made");

    // Where all that the own nats-server kept is lost, the data directory knows that it was.
    up.interrupt().unwrap();
    fs::remove_dir_all(up.data().join("nats/store/jetstream")).unwrap();
    up.start_again().unwrap();
    while up.addresses().is_err() {
        std::thread::yield_now();
    }
    let (code, said) = said(&up.command(&["streams", "adopt", "--yes"]).output().unwrap());
    assert_eq!(code, 0, "{said}");
    up.is_well().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_without_their_list_are_accepted_and_it_is_said_what_lost_memberships_mean() {
    let mut nats = temporary::nats().await.unwrap();
    let settings = nats.directory().join("samvirke.toml");
    fs::write(&settings, format!("[nats]\nurl = \"{}\"\n", nats.url())).unwrap();
    let data = nats.directory().join("data");
    let run = |words: &[&str]| {
        let place = ["--config", settings.to_str().unwrap(), "--data", data.to_str().unwrap()];
        said(&Command::new(SAMVIRKE).args(words).args(place).output().unwrap())
    };
    assert_eq!(run(&["setup"]).0, 0);
    let js = async_nats::jetstream::new(async_nats::connect(nats.url()).await.unwrap());
    for stream in ["networks", "networks", "networks", "cases", "cases"] {
        let subject = format!("es.{stream}.prove.thing.a");
        js.publish(subject, "{}".into()).await.unwrap().await.unwrap();
    }
    js.delete_stream("STREAMS").await.unwrap();
    assert_eq!(run(&["setup"]).0, 1, "nothing is taken in behind the operator");
    let (code, said) = run(&["streams", "adopt", "--yes"]);
    assert_eq!((code, said.contains("undone by this")), (0, false), "{said}");
    assert_eq!(run(&["streams", "list"]).0, 0);

    nats.kill().await;
    for stream in ["NETWORKS", "CASES"] {
        let files = StreamFiles::of(&nats.directory().join("nats"), stream).unwrap();
        files.cut_tail(10).unwrap();
    }
    nats.start_again().await.unwrap();
    let (code, said) = run(&["streams", "adopt", "CASES", "--yes"]);
    assert!(code == 0 && said.contains("its tail is lost"), "{said}");
    assert!(!said.contains("memberships"), "{said}");
    for (how, expected) in [("--dry-run", 1), ("--yes", 0)] {
        let (code, said) = run(&["streams", "adopt", "NETWORKS", how]);
        assert_eq!((code, said.contains("its tail is lost")), (expected, true), "{said}");
        let undone = said.find("registered after 2 are undone by this").unwrap();
        assert!(said.contains("register them anew"), "{said}");
        assert!(said.find("is accepted").is_none_or(|accepted| undone < accepted), "{said}");
    }
}
