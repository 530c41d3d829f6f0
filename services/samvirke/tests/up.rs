//! The executable as operators use it: start, import, ask, pull the plug, start again.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use samvirke_private_servers::supervisor::RESTARTS_MAX;
use samvirke_tests::{Server, Up};

const SAMVIRKE: &str = env!("CARGO_BIN_EXE_samvirke");

fn started() -> Up {
    let mut up = Up::start(Path::new(SAMVIRKE), "127.0.0.1:0").unwrap();
    up.is_well().unwrap();
    up
}

/// Runs another command on the same directory; returns its exit code and what it said.
fn run(up: &Up, words: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } = up.command(words).output().unwrap();
    let said = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
    (status.code().unwrap(), said)
}

const FOUND: &str = r#"{"to": "cooperations/prove/found", "as": "operator", "at": "2001-01-01T12:00",
    "body": {"names": {"nb": "Prøvesamarbeidet"}, "legal_form": "alliance", "purpose": "Prøve.",
    "agreement": {"title": "Avtale", "version": "1"}, "founded_on": "2001-01-01"}}"#;

#[test]
fn what_was_imported_is_there_when_samvirke_was_killed_and_started_again() {
    let mut up = started();
    let file = up.data().join("history.jsonl");
    fs::write(&file, FOUND.replace('\n', " ")).unwrap();
    let file = file.to_str().unwrap();
    let (code, said) = run(&up, &["import", file]);
    assert_eq!((code, said.contains("1 accepted")), (0, true), "{said}");

    up.kill().unwrap();
    up.start_again().unwrap();
    up.is_well().unwrap();
    let shown = run(&up, &["show", "cooperation", "prove", "--after", "NETWORKS:1"]);
    assert!(shown.1.contains("Prøvesamarbeidet"), "{}", shown.1);
    let (_, said) = run(&up, &["import", file]);
    assert!(said.contains("1 of them changed nothing"), "{said}");
}

#[test]
fn a_directory_in_use_is_refused_with_who_uses_it() {
    let up = started();
    let (code, said) = run(&up, &["up", "--http", "127.0.0.1:0"]);
    assert_eq!(code, 2);
    assert!(said.contains(&format!("process {}", up.process())), "{said}");
}

#[test]
fn ctrl_c_stops_everything_in_order() {
    let mut up = started();
    let nats = up.server(Server::Nats).unwrap();
    assert!(up.interrupt().unwrap().success());
    assert!(!Path::new(&format!("/proc/{nats}")).exists());
    assert!(!up.data().join("running.toml").exists());
}

#[test]
fn what_is_missing_is_said_in_one_line() {
    let data = tempfile::tempdir().unwrap();
    let mut command = Command::new(SAMVIRKE);
    command.args(["up", "--data"]).arg(data.path());
    let output = command.env("SAMVIRKE_NATS_SERVER", "/nowhere").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("nats-server is missing"), "{said}");
}

#[test]
fn a_full_disk_is_said_first_and_where() {
    let data = tempfile::tempdir().unwrap();
    fs::create_dir(data.path().join("nats")).unwrap();
    // What is written beside the settings of nats-server, to take their place, meets the system's full device.
    std::os::unix::fs::symlink("/dev/full", data.path().join("nats/nats.new")).unwrap();
    let mut command = Command::new(SAMVIRKE);
    let output = command.args(["up", "--http", "127.0.0.1:0", "--data"]).arg(data.path()).output();
    let output = output.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("samvirke: the disk is full: "), "{said}");
    assert!(said.contains(data.path().to_str().unwrap()) && said.contains("make room"), "{said}");
}

#[test]
fn a_server_that_ends_while_the_services_start_is_started_again_and_all_of_them_go_on() {
    let mut up = Up::start(Path::new(SAMVIRKE), "127.0.0.1:0").unwrap();
    // From when it is known where the servers are, the services open their streams.
    while up.addresses().is_err() {
        assert!(up.ended().unwrap().is_none(), "{}", up.said());
        std::thread::yield_now();
    }
    let first = up.server(Server::Nats).unwrap();
    up.kill_server(Server::Nats).unwrap();
    up.is_well().unwrap();
    assert_ne!(up.server(Server::Nats).unwrap(), first);
}

/// What watches over samvirke has to be able to see it.
#[test]
fn a_server_that_keeps_ending_ends_samvirke_with_what_and_why() {
    let mut up = started();
    let mut last = 0;
    for _ in 0..=RESTARTS_MAX {
        // One that is killed while it starts has ended, too.
        last = loop {
            match up.server(Server::Nats) {
                Ok(process) if process != last => break process,
                Ok(_) | Err(_) => std::thread::yield_now(),
            }
        };
        up.kill_server(Server::Nats).unwrap();
    }
    let status = up.wait().unwrap();
    let said = up.said();
    assert_eq!(status.code(), Some(2), "{said}");
    let last = said.lines().last().unwrap();
    assert!(last.contains("nats-server ended"), "{last}");
}
