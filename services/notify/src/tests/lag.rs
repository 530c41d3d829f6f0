//! How far the intake is behind the feed.

use std::{sync::Arc, time::Duration};

use samvirke_kernel::{
    lag::BEHIND_AFTER,
    supervision::{Stop, Supervisor},
};
use samvirke_schemas::feed::{self, Audience};
use tokio_util::sync::CancellationToken;

use super::{
    facts::{own, sent_to_members},
    rig::{BAERUM, Rig, at},
};
use crate::intake::Intake;

const SAID: &str = "2017-09-15T08:00:00Z";

#[tokio::test]
async fn an_intake_that_does_not_take_what_came_ten_seconds_ago_is_behind_until_it_has() {
    let rig = Rig::new().await;
    let Intake { pool, publication, settings, contacts, progress, put } = &rig.intake;
    let intake = Arc::new(Intake {
        pool: pool.clone(),
        publication: publication.clone(),
        settings: settings.clone(),
        contacts: contacts.clone(),
        progress: progress.clone(),
        put: put.clone(),
    });
    // The feed begins with what is no event.
    publication.set_up(feed::SET_UP_SUBJECT).await.unwrap();
    let stop = CancellationToken::new();
    let supervisor = Supervisor::new(stop.clone());
    supervisor.supervise("notify intake", Stop::Drop, move |task| {
        let intake = intake.clone();
        async move {
            let Err(interrupted) = intake.follow(&task).await;
            Err(interrupted.into())
        }
    });
    let behind = || supervisor.tasks().behind;
    let mut fact = sent_to_members(&[BAERUM]);
    fact["own"] = own(BAERUM);
    let told = [(Audience::Member(BAERUM.parse().unwrap()), fact)];
    // It has to follow before it is held up: what has never followed is not behind.
    let mut has_put = rig.intake.put.subscribe();
    rig.publish("case.sent-to-members", &told, at(SAID), at(SAID)).await;
    has_put.changed().await.unwrap();
    let mut held = rig.pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE checkpoint IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *held)
        .await
        .unwrap();
    let before = samvirke_kernel::clock::now();
    rig.publish("case.sent-to-members", &told, at(SAID), at(SAID)).await;
    assert_eq!(behind(), [], "an end that nobody could take yet");
    until(|| !behind().is_empty()).await;
    let found = behind();
    assert_eq!((found[0].task.as_str(), found[0].messages), ("notify intake", 1), "{found:?}");
    assert!(found[0].since >= before, "{found:?}");
    assert!(found[0].since <= samvirke_kernel::clock::now() - BEHIND_AFTER, "{found:?}");
    held.rollback().await.unwrap();
    until(|| behind().is_empty()).await;
    stop.cancel();
}

async fn until(is_so: impl Fn() -> bool) {
    let look = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    let within = Duration::from_secs(40);
    tokio::time::timeout(within, look).await.expect("it did not become so in time");
}
