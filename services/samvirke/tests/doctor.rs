//! `samvirke doctor --deep` on damage that was done to real files and rows.
#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{fs, path::Path};

use samvirke_tests::{
    Up,
    api::{Api, admitting, founding, recovers},
    organisation_numbers,
};
use serde_json::Value;
use sqlx::{Connection, Executor, PgConnection};

const SAMVIRKE: &str = env!("CARGO_BIN_EXE_samvirke");

/// The rows that fail.
fn failing(up: &Up) -> Vec<String> {
    let output = up.command(&["doctor", "--deep", "--json"]).output().unwrap();
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let failing: Vec<String> = rows
        .iter()
        .filter(|row| row["state"] == "FAIL" && row["check"] != "http")
        .map(|row| {
            assert!(row["remedy"].is_string(), "{row}");
            format!("{}: {}", row["check"].as_str().unwrap(), row["found"].as_str().unwrap())
        })
        .collect();
    assert_eq!(output.status.success(), failing.is_empty(), "{rows:?}");
    failing
}

/// Flips one bit in the file that holds `text`, at the text.
fn flip(directory: &Path, text: &str) -> bool {
    fs::read_dir(directory).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return flip(&path, text);
        }
        let mut bytes = fs::read(&path).unwrap();
        let Some(at) = bytes.windows(text.len()).position(|window| window == text.as_bytes())
        else {
            return false;
        };
        bytes[at] ^= 1;
        fs::write(path, bytes).unwrap();
        true
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_row_and_a_damaged_commit_are_told_with_the_name_of_the_aggregate() {
    let mut up = Up::start(Path::new(SAMVIRKE), "127.0.0.1:0").unwrap();
    up.is_well().unwrap();
    let api = Api::of(&up);
    let operator = api.caller(&["*:operator"], None);
    api.gives(&operator, "cooperations/prove/found", founding()).await;
    let members: Vec<String> = organisation_numbers().take(3).map(|one| one.to_string()).collect();
    for member in &members {
        api.gives(&api.secretariat(), "cooperations/prove/admit-member", admitting(member)).await;
    }
    let shown = || api.get(&operator, "cooperations/prove", &[]);
    let all = |answer: &samvirke_tests::api::Answer| {
        members.iter().all(|member| answer.body.to_string().contains(member))
    };
    recovers(shown, all).await;
    assert_eq!(failing(&up), Vec::<String>::new());

    let url = up.addresses().unwrap().postgres.url;
    let mut database = PgConnection::connect(&url).await.unwrap();
    database
        .execute(
            "DELETE FROM audit_copy_v1.events WHERE aggregate_id = 'prove:prove' AND sequence = 2",
        )
        .await
        .unwrap();
    let found = failing(&up);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("events") && found[0].contains("prove:prove"), "{found:?}");
    assert!(found[0].contains("missing"), "{found:?}");
    let rebuilt = up.command(&["projections", "rebuild", "audit_copy"]).output().unwrap();
    assert!(rebuilt.status.success());
    assert_eq!(failing(&up), Vec::<String>::new());

    assert!(up.interrupt().unwrap().success());
    let stream = up.data().join("nats/store/jetstream/SAMVIRKE/streams/NETWORKS/msgs");
    assert!(flip(&stream, &members[1]));
    up.start_again().unwrap();
    // It is not well; that its servers answer is enough.
    let _not_well = up.command(&["doctor", "--wait", "20s"]).output().unwrap();
    let found = failing(&up);
    assert!(
        found.iter().any(|row| row.contains("cooperation prove:prove") && row.contains("missing")),
        "{found:?}"
    );
}
