//! Keys as an operator meets them: none is made where one is missing, and only the gateway signs.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use samvirke_private_servers::temporary;
use samvirke_tests::{Caller, Up};
use serde_json::json;

const SAMVIRKE: &str = env!("CARGO_BIN_EXE_samvirke");

/// Runs the executable on `data`; returns its exit code and what it said.
fn run(data: &Path, words: &[&str]) -> (i32, String) {
    let mut command = Command::new(SAMVIRKE);
    command.args(words).arg("--data").arg(data).env("SAMVIRKE_NATS__URL", "nats://127.0.0.1:1");
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
    (status.code().unwrap(), said)
}

#[test]
fn a_service_that_finds_no_key_says_so_and_makes_none() {
    let data = tempfile::tempdir().unwrap();
    for (service, file, make) in [
        ("networks", "gateway.pub", "samvirke keys create gateway"),
        ("gateway", "gateway.key", "samvirke keys create gateway"),
    ] {
        let (code, said) = run(data.path(), &["serve", service]);
        assert_eq!(code, 2);
        assert!(said.contains(file) && said.contains(make), "{said}");
    }
    assert_eq!(run(data.path(), &["keys", "create", "gateway"]).0, 0);
    for (service, file) in [("feed", "feed.key"), ("notify", "notify.key")] {
        let (code, said) = run(data.path(), &["serve", service]);
        let make = format!("samvirke keys create {service}");
        assert_eq!(code, 2);
        assert!(said.contains(file) && said.contains(&make), "{said}");
    }
    let mut found: Vec<_> =
        fs::read_dir(data.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    found.sort();
    assert_eq!(found, ["gateway.key", "gateway.pub"]);
}

#[tokio::test]
async fn a_service_beside_the_gateway_reads_the_public_key_only() {
    let (nats, data) = (temporary::nats().await.unwrap(), tempfile::tempdir().unwrap());
    fs::write(data.path().join("gateway.pub"), Caller::verifier().to_string()).unwrap();
    // Whoever reads it ends there, as the gateway does.
    fs::write(data.path().join("gateway.key"), "not a key").unwrap();
    let (code, said) = run(data.path(), &["serve", "gateway"]);
    assert!(code != 0 && said.contains("gateway.key"), "{said}");
    let set_up = Command::new(SAMVIRKE)
        .args(["setup", "--data"])
        .arg(data.path())
        .env("SAMVIRKE_NATS__URL", nats.url())
        .status();
    assert!(set_up.unwrap().success());
    let mut service = Command::new(SAMVIRKE)
        .args(["serve", "networks", "--data"])
        .arg(data.path())
        .env("SAMVIRKE_NATS__URL", nats.url())
        .stderr(fs::File::create(data.path().join("log")).unwrap())
        .spawn()
        .unwrap();
    let caller = Caller::connect(&nats.url()).await.unwrap();
    let body = json!({"names": {"nb": "Prøvesamarbeidet"}, "legal_form": "alliance",
        "purpose": "Prøve.", "agreement": {"title": "Avtale", "version": "1"},
        "founded_on": "2001-01-01"});
    let accepted = caller.give("cooperations/prove/found", "2001-01-01T12:00", body).await;
    service.kill().unwrap();
    service.wait().unwrap();
    accepted.unwrap();
    assert_eq!(fs::read(data.path().join("gateway.key")).unwrap(), b"not a key");
}

#[test]
fn a_directory_with_streams_but_without_a_key_is_not_started() {
    let mut up = Up::start(Path::new(SAMVIRKE), "127.0.0.1:0").unwrap();
    up.is_well().unwrap();
    assert!(up.interrupt().unwrap().success());
    let key = up.data().join("feed.key");
    let kept = up.data().join("feed.key.kept");
    fs::rename(&key, &kept).unwrap();

    up.start_again().unwrap();
    assert_eq!(up.wait().unwrap().code(), Some(2));
    let said = up.said();
    let last = said.lines().last().unwrap();
    assert!(last.contains("feed.key is lost") && last.contains("backup"), "{last}");
    assert!(!key.exists());
    let (code, said) = run(up.data(), &["keys", "list"]);
    assert_eq!((code, said.contains("missing")), (1, true), "{said}");

    fs::rename(&kept, &key).unwrap();
    up.start_again().unwrap();
    up.is_well().unwrap();
}
