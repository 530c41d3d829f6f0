//! A database that is not where it was: no empty one takes its place before an operator says so.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{fs, path::Path, process::Output};

use samvirke_private_servers::postgres;
use samvirke_tests::{
    Up,
    api::{Api, founding, recovers},
};

const SAMVIRKE: &str = env!("CARGO_BIN_EXE_samvirke");

/// Runs another command on the same directory; returns its exit code and what it said.
fn run(up: &Up, words: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } = up.command(words).output().unwrap();
    let said = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
    (status.code().unwrap(), said)
}

/// Starts it once more; it says that the database is lost, and makes none.
fn is_refused(up: &mut Up) {
    up.start_again().unwrap();
    assert_eq!(up.wait().unwrap().code(), Some(2));
    let said = up.said();
    let last = said.lines().last().unwrap();
    for told in ["is lost", "NETWORKS", "samvirke restore", "samvirke database accept-loss"] {
        assert!(last.contains(told), "{told}: {last}");
    }
    assert_eq!(postgres::database_of(&up.data().join("postgres")), None, "none was made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_with_streams_but_without_its_database_is_not_started() {
    let mut up = Up::start(Path::new(SAMVIRKE), "127.0.0.1:0").unwrap();
    up.is_well().unwrap();
    let api = Api::of(&up);
    api.gives(&api.caller(&["*:operator"], None), "cooperations/prove/found", founding()).await;
    let (code, said) = run(&up, &["database", "accept-loss"]);
    assert!(code == 2 && said.contains("is not lost"), "{said}");
    assert!(up.interrupt().unwrap().success());

    // Moved away, as by a mount that is missing; then the note that says where it is, which is elsewhere.
    let cluster = postgres::database_of(&up.data().join("postgres")).unwrap();
    let place = cluster.parent().unwrap().to_owned();
    let kept = place.with_extension("kept");
    fs::rename(&place, &kept).unwrap();
    is_refused(&mut up);
    let (code, said) = run(&up, &["backup", up.data().join("b").to_str().unwrap()]);
    assert!(code == 2 && said.contains("is lost"), "an empty one is not backed up: {said}");
    let (code, said) = run(&up, &["doctor"]);
    assert!(code == 1 && said.contains("the database of"), "{said}");
    let _made = fs::remove_dir(&place);
    fs::rename(&kept, &place).unwrap();
    let note = up.data().join("postgres/database-is-in");
    if note.exists() {
        let text = fs::read_to_string(&note).unwrap();
        fs::remove_file(&note).unwrap();
        is_refused(&mut up);
        let said = up.said();
        let named = said.lines().last().unwrap().contains(place.to_str().unwrap());
        assert!(named, "it says where one is: {said}");
        fs::write(&note, text).unwrap();
    }
    up.start_again().unwrap();
    up.is_well().unwrap();
    assert!(up.interrupt().unwrap().success());

    fs::remove_dir_all(&place).unwrap();
    is_refused(&mut up);
    let (code, said) = run(&up, &["database", "accept-loss"]);
    assert!(code == 0 && said.contains("empty database"), "{said}");
    up.start_again().unwrap();
    up.is_well().unwrap();
    let api = Api::of(&up);
    let secretariat = api.secretariat();
    let asked = || api.get(&secretariat, "cooperations/prove", &[]);
    recovers(asked, |answer| answer.status == 200).await;
    // It counts once.
    assert!(up.interrupt().unwrap().success());
    let place = postgres::database_of(&up.data().join("postgres")).unwrap();
    fs::remove_dir_all(place.parent().unwrap()).unwrap();
    is_refused(&mut up);
}
