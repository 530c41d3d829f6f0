//! A backup taken while Samvirke runs, and Samvirke made out of it under another name.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use samvirke_private_servers::DataDirectory;
use samvirke_tests::{
    Endpoint, Up,
    api::{Answer, Api, admitting, establishing, founding, opening, recovers},
    organisation_numbers,
};
use serde_json::{Value, json};
use tempfile::TempDir;

const SAMVIRKE: &str = env!("CARGO_BIN_EXE_samvirke");
const MEMBER: &str = "935478715";
const ENVIRONMENT: [(&str, &str); 3] = [
    ("SAMVIRKE_FEED__ORIGIN", "samvirke.test"),
    ("SAMVIRKE_FEED__LOOPBACK_ALLOWED", "true"),
    ("SAMVIRKE_FEED__RETRY_FIRST_MS", "20"),
];

/// Runs a command of the executable; returns its exit code and what it said.
fn run(words: &[&str], data: &Path) -> (i32, String) {
    let mut command = Command::new(SAMVIRKE);
    command.args(words).arg("--data").arg(data).stdin(Stdio::null());
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
    (status.code().unwrap(), said)
}

/// A directory that a PostgreSQL of another user gets through.
fn directory() -> TempDir {
    let mode = fs::Permissions::from_mode(0o711);
    tempfile::Builder::new().prefix("samvirke-up-").permissions(mode).tempdir().unwrap()
}

/// What happens before the backup; returns where the cases and the contacts came to.
async fn happen(api: &Api, endpoint: &Endpoint) -> String {
    let (operator, secretariat) = (api.caller(&["*:operator"], None), api.secretariat());
    let member = api.caller(&["prove:member-integration"], Some(MEMBER));
    api.gives(&operator, "cooperations/prove/found", founding()).await;
    api.gives(&secretariat, "cooperations/prove/admit-member", admitting(MEMBER)).await;
    api.gives(&secretariat, "bodies/prove:sg/establish", establishing()).await;
    api.gives(&secretariat, "registers/prove:2017/open", json!({"year": 2017})).await;
    let opened =
        api.gives(&secretariat, "cases/prove:1-2017/open", opening("prove:sg", "En sak")).await;
    let subscription = json!({"owner": {"member": {"member": MEMBER}},
        "channel": {"webhook": {"endpoint": endpoint.url()}}, "filters": {},
        "from": {"position": {"after": "FEED:0"}}});
    let created = api.send(&member, "subscriptions/prove:baerum/create", &[], subscription).await;
    assert_eq!(created.status, 200, "{}", created.body);
    let contact = json!({"belongs_to": {"member": {"member": MEMBER, "desk": "registry"}},
        "person": {"name": "Postmottak", "email": "post@example.no"}});
    let registered = api
        .send(&member, "contacts/prove:0192f3a0-7c1e-7d2a-9b1f-3f5d6c7b8a90/register", &[], contact)
        .await;
    assert_eq!(registered.status, 200, "{}", registered.body);
    let position = |answer: &Answer| answer.header("samvirke-position").to_owned();
    format!("{},{}", position(&opened), position(&registered))
}

/// What the installation answers at a position or later, as far as it does not tell of times.
async fn answers(api: &Api, position: &str) -> Vec<Value> {
    let secretariat = api.secretariat();
    let mut all = Vec::new();
    for path in [
        "cooperations/prove",
        "bodies?cooperation=prove",
        "cases?cooperation=prove",
        "feed?cooperation=prove",
        "contacts?cooperation=prove",
    ] {
        let seen = [("samvirke-position", position)];
        let answer = recovers(|| api.get(&secretariat, path, &seen), |found| found.status == 200);
        all.push(answer.await.body);
    }
    let asked = || api.get(&secretariat, "subscriptions/prove:baerum", &[]);
    // Everything is delivered, and the server knows.
    let found = recovers(asked, |found| found.body["deliveries"]["pending"] == 0).await.body;
    all.push(json!([
        found["id"],
        found["phase"],
        found["version"],
        found["deliveries"]["position"]
    ]));
    all
}

/// Waits until the endpoint was told of a member; returns the position.
async fn told_of(endpoint: &Endpoint, member: &str) -> String {
    loop {
        let heard = endpoint.next().await;
        if String::from_utf8_lossy(&heard.body).contains(member) {
            return heard.event().position;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_restored_under_another_name_answers_as_before_and_goes_on() {
    let endpoint = Endpoint::start().await;
    let mut up = Up::start_with(Path::new(SAMVIRKE), "127.0.0.1:0", &ENVIRONMENT).unwrap();
    up.is_well().unwrap();
    let api = Api::of(&up);
    let happened = happen(&api, &endpoint).await;
    let last = organisation_numbers().nth(40).unwrap().to_string();
    let admitted =
        api.gives(&api.secretariat(), "cooperations/prove/admit-member", admitting(&last)).await;
    let position = format!("{},{happened}", admitted.header("samvirke-position"));
    told_of(&endpoint, &last).await;
    let before = answers(&api, &position).await;

    let (kept, beside) = (directory(), directory());
    let backup = kept.path().join("backup");
    let backup_word = backup.to_str().unwrap();
    let (code, said) = run(&["backup", backup_word, "--dry-run"], up.data());
    assert_eq!((code, backup.exists()), (0, false), "{said}");
    let (code, said) = run(&["backup", backup_word], up.data());
    assert_eq!(code, 0, "{said}");
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o077, 0, "it holds keys");
    let (code, said) = run(&["backup", backup_word], up.data());
    assert!(code == 2 && said.contains("is there already"), "{said}");
    let (code, said) = run(&["restore", backup_word], up.data());
    assert!(code == 2 && said.contains("not empty"), "{said}");
    assert!(up.interrupt().unwrap().success());

    let (code, said) = run(&["restore", backup_word], beside.path());
    assert_eq!(code, 0, "{said}");
    let mut restored =
        Up::start_on(Path::new(SAMVIRKE), "127.0.0.1:0", &ENVIRONMENT, beside).unwrap();
    restored.is_well().unwrap();
    let api = Api::of(&restored);
    assert_eq!(answers(&api, &position).await, before);
    assert!(endpoint.more().await.is_none(), "nothing is delivered twice");

    let next = organisation_numbers().nth(41).unwrap().to_string();
    api.gives(&api.secretariat(), "cooperations/prove/admit-member", admitting(&next)).await;
    let first = endpoint.next().await;
    assert!(
        String::from_utf8_lossy(&first.body).contains(&next),
        "deliveries go on where they were"
    );
    let (code, said) = run(&["doctor", "--deep"], restored.data());
    assert_eq!(code, 0, "{said}");
    // Every secret follows from the same key.
    let read = |data: &Path| fs::read(data.join("feed.key")).unwrap();
    assert_eq!(read(restored.data()), read(up.data()));
}

#[test]
fn a_backup_of_one_that_does_not_run_is_taken_and_a_damaged_one_makes_nothing() {
    let mut up = Up::start(Path::new(SAMVIRKE), "127.0.0.1:0").unwrap();
    up.is_well().unwrap();
    assert!(up.interrupt().unwrap().success());
    let (kept, beside) = (directory(), directory());
    let backup = kept.path().join("backup");
    let (code, said) = run(&["backup", backup.to_str().unwrap()], up.data());
    assert_eq!(code, 0, "{said}");
    assert!(!backup.join("files/samvirke.toml").exists(), "it runs without settings");

    let damaged = backup.join("streams/NETWORKS");
    let mut bytes = fs::read(&damaged).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&damaged, bytes).unwrap();
    let new = beside.path().join("new");
    let (code, said) = run(&["restore", backup.to_str().unwrap()], &new);
    assert_eq!(code, 2);
    assert!(said.contains("streams/NETWORKS is damaged"), "{said}");
    assert_eq!(fs::read_dir(beside.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn the_settings_that_a_backup_is_taken_with_are_restored_with_it() {
    let mut up = Up::start(Path::new(SAMVIRKE), "127.0.0.1:0").unwrap();
    up.is_well().unwrap();
    assert!(up.interrupt().unwrap().success());
    let (kept, beside) = (directory(), directory());
    let settings = kept.path().join("elsewhere.toml");
    let text = "# Ours.\ncooperation = \"prove\"\n";
    fs::write(&settings, text).unwrap();
    let backup = kept.path().join("backup");
    let words = ["backup", backup.to_str().unwrap(), "--config", settings.to_str().unwrap()];
    let (code, said) = run(&words, up.data());
    assert_eq!(code, 0, "{said}");

    // A restore that runs holds its directory, and one that was killed has left it.
    let new = beside.path().join("new");
    let begun = DataDirectory::hold(&beside.path().join("new.restoring")).unwrap();
    fs::write(begun.join("half"), "made").unwrap();
    let (code, said) = run(&["restore", backup.to_str().unwrap()], &new);
    assert!(code == 2 && said.contains("another restore into the same directory runs"), "{said}");
    assert!(begun.join("half").exists(), "what is at work is left alone");
    drop(begun);
    let (code, said) = run(&["restore", backup.to_str().unwrap()], &new);
    assert_eq!(code, 0, "{said}");
    assert_eq!(fs::read_dir(beside.path()).unwrap().count(), 1, "nothing is left beside it");
    assert!(!new.join("half").exists(), "it was begun anew");
    let restored = new.join("samvirke.toml");
    assert_eq!(fs::read_to_string(&restored).unwrap(), text);
    assert!(said.contains(&format!("{}, for --config", restored.display())), "{said}");
    // They are what is asked with from now on.
    let words = ["show", "cases", "--config", restored.to_str().unwrap()];
    assert!(!run(&words, &new).1.contains("say which cooperation"));
}

/// A data directory of a samvirke that has stopped.
fn stopped() -> Up {
    let mut up = Up::start(Path::new(SAMVIRKE), "127.0.0.1:0").unwrap();
    up.is_well().unwrap();
    assert!(up.interrupt().unwrap().success());
    up
}

fn begin(words: &[&str], data: &Path) -> Child {
    Command::new(SAMVIRKE)
        .args(words)
        .args(["--data", data.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn names_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_killed_backup_hinders_no_other_and_one_that_runs_is_named() {
    let up = stopped();
    let kept = directory();
    let (backup, partial) = (kept.path().join("backup"), kept.path().join("backup.partial"));
    let words = ["backup", backup.to_str().unwrap()];
    let mut killed = begin(&words, up.data());
    while !partial.join("postgres.dump").exists() {
        assert!(killed.try_wait().unwrap().is_none(), "it is still being made");
        std::thread::yield_now();
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(partial.exists() && !backup.exists());

    let running = DataDirectory::hold(&partial).unwrap();
    fs::write(running.join("half"), "made").unwrap();
    let (code, said) = run(&words, up.data());
    let named = format!("another backup is being made into {}", backup.display());
    assert!(code == 2 && said.contains(&named), "{said}");
    assert!(said.contains(&std::process::id().to_string()), "{said}");
    assert!(running.join("half").exists(), "what is at work is left alone");
    drop(running);

    let (code, said) = run(&words, up.data());
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("what a killed backup left in"), "{said}");
    assert_eq!(names_in(kept.path()), ["backup"], "nothing is left beside it");
    let names = names_in(&backup);
    assert!(!names.iter().any(|name| name == "half" || name == "lock"), "{names:?}");
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o077, 0, "it holds keys");
    let new = kept.path().join("new");
    let (code, said) = run(&["restore", words[1], "--dry-run"], &new);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn of_restores_at_once_after_a_killed_one_the_first_wins_and_the_others_name_it() {
    let up = stopped();
    let (kept, beside) = (directory(), directory());
    let backup = kept.path().join("backup");
    let (code, said) = run(&["backup", backup.to_str().unwrap()], up.data());
    assert_eq!(code, 0, "{said}");
    let new = beside.path().join("new");
    let words = ["restore", backup.to_str().unwrap()];
    let mut killed = begin(&words, &new);
    while !beside.path().join("new.restoring/postgres").exists() {
        assert!(killed.try_wait().unwrap().is_none(), "it is still being made");
        std::thread::yield_now();
    }
    killed.kill().unwrap();
    killed.wait().unwrap();

    let restores: Vec<Child> = (0..3).map(|_| begin(&words, &new)).collect();
    let ended = restores.into_iter().map(|restore| restore.wait_with_output().unwrap());
    let (won, lost): (Vec<Output>, Vec<Output>) = ended.partition(|output| output.status.success());
    let said: Vec<_> = lost.iter().map(|output| String::from_utf8_lossy(&output.stderr)).collect();
    assert_eq!(won.len(), 1, "{said:?}");
    for said in said {
        assert!(said.contains("another restore into the same directory runs"), "{said}");
    }
    assert_eq!(names_in(beside.path()), ["new"], "nothing is left beside it");
}
