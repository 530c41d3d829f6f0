//! The executable as operators use it: start, import, ask, pull the plug, start again.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use tempfile::TempDir;

/// A running `samvirke up`, stopped when it goes.
struct Up {
    process: Child,
    data: TempDir,
}

impl Up {
    fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        // As root, PostgreSQL runs as another user and must get through.
        fs::set_permissions(data.path(), fs::Permissions::from_mode(0o711)).unwrap();
        Self { process: process(data.path()), data }
    }

    fn start_again(&mut self) {
        self.process = process(self.data.path());
    }

    /// Runs another command against it; returns its exit code and what it said.
    fn samvirke(&self, words: &[&str]) -> (i32, String) {
        let Output { status, stdout, stderr } =
            samvirke().args(words).arg("--data").arg(self.data.path()).output().unwrap();
        let said = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
        (status.code().unwrap(), said)
    }

    fn is_well(&self) {
        let (code, said) = self.samvirke(&["doctor", "--wait", "60s"]);
        assert_eq!(code, 0, "{said}");
    }

    fn signal(&self, signal: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        if self.process.try_wait().unwrap().is_none() {
            self.signal("-TERM");
            self.process.wait().unwrap();
        }
    }
}

fn samvirke() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_samvirke"));
    command.stdin(Stdio::null());
    command
}

fn process(data: &Path) -> Child {
    let log = fs::File::create(data.join("up.log")).unwrap();
    let mut command = samvirke();
    command.args(["up", "--http", "127.0.0.1:0", "--data"]).arg(data);
    command.stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

const FOUND: &str = r#"{"to": "cooperations/prove/found", "as": "operator", "at": "2001-01-01T12:00",
    "body": {"names": {"nb": "Prøvesamarbeidet"}, "legal_form": "alliance", "purpose": "Prøve.",
    "agreement": {"title": "Avtale", "version": "1"}, "founded_on": "2001-01-01"}}"#;

#[test]
fn what_was_imported_is_there_when_samvirke_was_killed_and_started_again() {
    let mut up = Up::start();
    up.is_well();
    let file = up.data.path().join("history.jsonl");
    fs::write(&file, FOUND.replace('\n', " ")).unwrap();
    let file = file.to_str().unwrap();
    let (code, said) = up.samvirke(&["import", file]);
    assert_eq!((code, said.contains("1 accepted")), (0, true), "{said}");

    up.signal("-KILL");
    up.process.wait().unwrap();
    up.start_again();
    up.is_well();
    let shown = up.samvirke(&["show", "cooperation", "prove", "--after", "NETWORKS:1"]);
    assert!(shown.1.contains("Prøvesamarbeidet"), "{}", shown.1);
    let (_, said) = up.samvirke(&["import", file]);
    assert!(said.contains("1 of them changed nothing"), "{said}");
}

#[test]
fn a_directory_in_use_is_refused_with_who_uses_it() {
    let up = Up::start();
    up.is_well();
    let (code, said) = up.samvirke(&["up", "--http", "127.0.0.1:0"]);
    assert_eq!(code, 2);
    assert!(said.contains(&format!("process {}", up.process.id())), "{said}");
}

#[test]
fn ctrl_c_stops_everything_in_order() {
    let mut up = Up::start();
    up.is_well();
    let nats = fs::read_to_string(up.data.path().join("nats/nats.pid")).unwrap();
    up.signal("-INT");
    assert!(up.process.wait().unwrap().success());
    assert!(!Path::new(&format!("/proc/{}", nats.trim())).exists());
    assert!(!up.data.path().join("running.toml").exists());
}

#[test]
fn what_is_missing_is_said_in_one_line() {
    let data = tempfile::tempdir().unwrap();
    let mut command = samvirke();
    command.args(["up", "--data"]).arg(data.path());
    let output = command.env("SAMVIRKE_NATS_SERVER", "/nowhere").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("nats-server is missing"), "{said}");
}
