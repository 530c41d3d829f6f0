//! What cannot be taken from the feed: set aside for its cooperation until an operator decides.

use std::time::Duration;

use samvirke_kernel::{
    clock,
    error_chain::chain,
    parking::Decision,
    publication::{Outgoing, Publication},
};
use samvirke_schemas::{
    contacts::contact::BelongsTo,
    feed::{self, Audience},
    id::CooperationId,
};
use serde_json::json;

use super::{
    facts::{hearing_opened, task},
    rig::{BAERUM, Rig, at, of_member},
};
use crate::{operate::Operator, parked};

const SAID: &str = "2017-09-01T08:00:00Z";
const LATER: &str = "2017-09-01T09:00:00Z";
/// How soon an operator is told of a lock: after the time that a statement waits for one, and some.
const TOLD_WITHIN: Duration = Duration::from_secs(15);

fn vestregionen() -> CooperationId {
    "vestregionen".parse().unwrap()
}

/// Publishes what no program can read, for a cooperation.
async fn say_something_strange(rig: &Rig, cooperation: &str) {
    let publication =
        Publication::open(rig.client.clone(), feed::STREAM, feed::SUBJECTS, 1).await.unwrap();
    let strange = Outgoing {
        subject: format!("feed.{cooperation}.public.case.exploded"),
        headers: Vec::new(),
        payload: "{}".into(),
    };
    let last = publication.last_sequence().await.unwrap();
    publication.publish(last, &[strange]).await.unwrap();
}

async fn waiting_behind(rig: &Rig) -> i64 {
    let count = sqlx::query_scalar("SELECT count(*) FROM parked WHERE reason IS NULL");
    count.fetch_one(&rig.pool).await.unwrap()
}

async fn decide(rig: &Rig, decision: Decision) -> bool {
    parked::decide(&rig.pool, &vestregionen(), &decision).await.unwrap()
}

fn skip() -> Decision {
    Decision::Skip { by: "drift".into(), at: clock::now(), why: "avtalt".into() }
}

#[tokio::test]
async fn what_cannot_be_read_holds_back_its_cooperation_only_and_a_skip_lets_the_rest_be_told() {
    let rig = Rig::new().await;
    rig.contact("baerum", of_member(BAERUM)).await;
    say_something_strange(&rig, "vestregionen").await;
    rig.say_member(BAERUM, "hearing.opened", hearing_opened(BAERUM), SAID).await;
    assert_eq!((rig.count("waiting").await, waiting_behind(&rig).await), (0, 1));
    let parked = parked::parked(&rig.pool).await.unwrap();
    assert_eq!((parked.len(), parked[0].event.as_str()), (1, "FEED:1"));

    // Another cooperation is not held back, and what is parked survives whoever begins anew.
    say_something_strange(&rig, "osloregionen").await;
    rig.intake.catch_up(at(LATER)).await.unwrap();
    assert_eq!(parked::parked(&rig.pool).await.unwrap().len(), 2);

    // Tried again it fails again, and what waits goes on waiting.
    assert!(decide(&rig, Decision::Retry { by: "drift".into(), at: clock::now() }).await);
    rig.intake.catch_up(at(LATER)).await.unwrap();
    assert_eq!((rig.count("waiting").await, waiting_behind(&rig).await), (0, 1));

    assert!(decide(&rig, skip()).await);
    rig.intake.catch_up(at(LATER)).await.unwrap();
    assert_eq!((rig.count("waiting").await, waiting_behind(&rig).await), (1, 0));
    let (by, why): (String, String) =
        sqlx::query_as("SELECT skipped_by, why FROM skipped").fetch_one(&rig.pool).await.unwrap();
    assert_eq!((by.as_str(), why.as_str()), ("drift", "avtalt"));
    assert!(!decide(&rig, skip()).await, "nothing is parked any more");
}

#[tokio::test]
async fn a_cooperation_without_anything_parked_is_told_while_another_waits() {
    let rig = Rig::new().await;
    rig.contact("baerum", of_member(BAERUM)).await;
    say_something_strange(&rig, "osloregionen").await;
    rig.say_member(BAERUM, "hearing.opened", hearing_opened(BAERUM), SAID).await;
    assert_eq!((rig.count("waiting").await, waiting_behind(&rig).await), (1, 0));
}

#[tokio::test]
async fn a_task_due_in_a_year_that_does_not_exist_stops_nobodys_notifications() {
    let rig = Rig::new().await;
    rig.contact("baerum", of_member(BAERUM)).await;
    rig.contact("sekretariat", BelongsTo::Secretariat {}).await;
    let owner = json!({"member": {"member": BAERUM}});
    for due in ["-9000-01-01", "-262143-01-01", "+262142-12-31"] {
        // A date that is none any more cannot be written by this program; the feed may hold it.
        let fact: Result<feed::Fact, _> =
            serde_json::from_value(json!({"follow-up.assigned": task(due, &owner)}));
        match fact {
            Ok(_) => rig.say("follow-up.assigned", task(due, &owner), SAID).await,
            Err(_) => say_something_strange(&rig, "osloregionen").await,
        }
    }
    while decide(&rig, skip()).await {
        rig.intake.catch_up(at(SAID)).await.unwrap();
    }
    rig.say_member(BAERUM, "hearing.opened", hearing_opened(BAERUM), LATER).await;
    assert_eq!(rig.count("waiting").await, 1);
}

#[tokio::test]
async fn what_waits_for_a_lock_in_the_database_fails_and_says_so_and_parks_nothing() {
    let rig = Rig::new().await;
    rig.contact("baerum", of_member(BAERUM)).await;
    let mut hold = rig.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE").execute(&mut *hold).await.unwrap();
    let told = [(Audience::Member(BAERUM.parse().unwrap()), hearing_opened(BAERUM))];
    rig.publish("hearing.opened", &told, at(SAID), at(SAID)).await;
    let failed = rig.intake.catch_up(at(LATER)).await.unwrap_err();
    assert!(chain(&failed).contains("lock timeout"), "{failed:?}");
    hold.rollback().await.unwrap();
    rig.intake.catch_up(at(LATER)).await.unwrap();
    assert_eq!((rig.count("waiting").await, waiting_behind(&rig).await), (1, 0));
}

#[tokio::test]
async fn an_operator_who_meets_a_lock_is_told_so_in_seconds_and_meets_it_only_where_it_is() {
    let rig = Rig::new().await;
    let url = rig.world.database.url.expose().to_owned();
    for table in ["checkpoint", "parked", "outbox"] {
        let mut hold = rig.pool.begin().await.unwrap();
        let lock = format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        sqlx::query(&lock).execute(&mut *hold).await.unwrap();
        let asked = async { Operator::connect(&url).await?.status().await };
        let asked = tokio::time::timeout(TOLD_WITHIN, asked).await;
        let asked = asked.unwrap_or_else(|_| panic!("{table} is waited for"));
        // How far the feed is taken is nothing that the status tells.
        match (table, asked) {
            ("checkpoint", asked) => drop(asked.unwrap()),
            (_, asked) => assert!(samvirke_database::is_locked(&asked.unwrap_err()), "{table}"),
        }
        hold.rollback().await.unwrap();
        Operator::connect(&url).await.unwrap().status().await.unwrap();
    }
}
