//! What operators are told while another session of PostgreSQL holds locks: what is wrong, in time, and with an
//! exit code that says so.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{
    path::Path,
    process::Output,
    time::{Duration, Instant},
};

use samvirke_tests::{
    Up,
    api::{Api, establishing, founding, opening},
};
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};

const SAMVIRKE: &str = env!("CARGO_BIN_EXE_samvirke");
/// How long a read model may take until what hinders it is told.
const TOLD_WITHIN: Duration = Duration::from_secs(60);
/// How long an operator's command may take that meets a lock.
const ENDS_WITHIN: Duration = Duration::from_secs(20);

/// Runs a command; returns its exit code and what it said.
fn run(up: &Up, words: &[&str]) -> (i32, String) {
    let begun = Instant::now();
    let Output { status, stdout, stderr } = up.command(words).output().unwrap();
    assert!(begun.elapsed() < ENDS_WITHIN, "{words:?} took {:?}", begun.elapsed());
    let said = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
    (status.code().unwrap(), said)
}

/// What doctor finds not well, each row after its state; its exit code is that of the rows that fail.
fn unwell(up: &Up) -> Vec<String> {
    let Output { status, stdout, .. } = up.command(&["doctor", "--json"]).output().unwrap();
    let rows: Vec<Value> = serde_json::from_slice(&stdout).unwrap();
    let words = |row: &Value| {
        let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
        format!("{} {}: {} → {}", text("state"), text("check"), text("found"), text("remedy"))
    };
    let unwell: Vec<String> = rows.iter().filter(|row| row["state"] != "OK").map(words).collect();
    let fails = unwell.iter().any(|row| row.starts_with("FAIL"));
    assert_eq!(status.code(), Some(i32::from(fails)), "{unwell:?}");
    unwell
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_in_the_database_is_told_with_who_holds_it_and_no_command_waits_for_ever() {
    let mut up = Up::start(Path::new(SAMVIRKE), "127.0.0.1:0").unwrap();
    up.is_well().unwrap();
    let (api, sg) = (Api::of(&up), "prove:sg");
    let (operator, secretariat) = (api.caller(&["*:operator"], None), api.secretariat());
    api.gives(&operator, "cooperations/prove/found", founding()).await;
    api.gives(&secretariat, "bodies/prove:sg/establish", establishing()).await;
    api.gives(&secretariat, "registers/prove:2017/open", json!({"year": 2017})).await;
    api.gives(&secretariat, "cases/prove:1-2017/open", opening(sg, "En sak")).await;
    up.is_well().unwrap();

    let url = up.addresses().unwrap().postgres.url;
    let mut database = PgConnection::connect(&url).await.unwrap();
    let pid: i32 =
        sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut database).await.unwrap();
    let case_file: String = sqlx::query_scalar(
        "SELECT nspname::text FROM pg_namespace WHERE nspname ~ '^case_file_v[0-9]+$'",
    )
    .fetch_one(&mut database)
    .await
    .unwrap();
    let hold = format!("BEGIN; SELECT 1 FROM {case_file}.checkpoint FOR UPDATE");
    database.execute(hold.as_str()).await.unwrap();
    api.gives(&secretariat, "cases/prove:2-2017/open", opening(sg, "Enda en")).await;
    let begun = Instant::now();
    let found = |rows: &[String], words: &str| rows.iter().any(|row| row.contains(words));
    let is_told = |rows: &[String]| {
        found(rows, "FAIL tasks: task read model case_file on CASES of readmodels is restarting")
            && found(rows, "FAIL tasks: read model case_file on CASES is behind by 2 messages")
            // Whether somebody waits for it at this moment or not.
            && found(rows, &format!("SELECT pg_terminate_backend({pid})"))
    };
    loop {
        let rows = unwell(&up);
        assert!(!found(&rows, "start samvirke"), "{rows:?}");
        if is_told(&rows) {
            break;
        }
        assert!(begun.elapsed() < TOLD_WITHIN, "{rows:?}");
    }

    for (table, words) in [
        (format!("{case_file}.checkpoint"), &["projections", "status"][..]),
        (format!("{case_file}.parked"), &["projections", "parked", "case_file"]),
        (format!("{case_file}.parked"), &["projections", "retry", "case_file"]),
        ("notify_v1.outbox".to_owned(), &["notify", "status"]),
        ("notify_v1.parked".to_owned(), &["parked", "list"]),
    ] {
        database
            .execute(format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE").as_str())
            .await
            .unwrap();
        let (code, said) = run(&up, words);
        let begins = "samvirke: a session of PostgreSQL holds a lock that was waited for 5s: ";
        // What the log says stands above it.
        let line = said.lines().last().unwrap();
        assert!(code == 2 && line.starts_with(begins), "{words:?}: {code} {said}");
        assert!(line.ends_with("; samvirke doctor says which, and the command may be given again"));
    }
    let rows = unwell(&up);
    let read_models = rows.iter().find(|row| row.starts_with("FAIL read models")).unwrap();
    assert!(read_models.contains("holds a lock") && read_models.contains("rows on postgres"));

    database.execute("ROLLBACK").await.unwrap();
    up.is_well().unwrap();
}
