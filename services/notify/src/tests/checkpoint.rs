//! How far the feed is taken: not on from a message that the feed does not have.

use samvirke_kernel::{
    stream::kinds::published_stream,
    stream::set_up::{adopt, weigh},
};
use samvirke_schemas::feed;

use super::{
    facts::sent_to_members,
    rig::{BAERUM, Rig, at, of_member, receivers},
};
use crate::intake::Interrupted;

const SAID: &str = "2017-09-15T08:00:00Z";
const LATER: &str = "2017-09-18T08:00:00Z";

/// Changes the checkpoint behind the service's back.
async fn put_back(rig: &Rig, change: &str) {
    let update = format!("UPDATE checkpoint SET {change} WHERE stream = $1");
    let done = sqlx::query(&update).bind(feed::STREAM).execute(&rig.pool).await.unwrap();
    assert_eq!(done.rows_affected(), 1);
}

#[tokio::test]
async fn a_feed_that_is_another_one_is_not_taken_until_it_is_accepted() {
    let rig = Rig::new().await;
    rig.contact("a", of_member(BAERUM)).await;
    let say = async || {
        let sent = sent_to_members(&[BAERUM]);
        rig.say_member(BAERUM, "case.sent-to-members", sent, SAID).await;
    };
    say().await;
    assert_eq!(receivers(&rig.send(SAID).await), ["a"]);

    put_back(&rig, "sequence = sequence + 5").await;
    let ended = rig.intake.catch_up(at(SAID)).await;
    assert!(matches!(ended, Err(Interrupted::Truncated { taken: 6, last: 1 })), "{ended:?}");
    put_back(&rig, "sequence = sequence - 5, digest = 'beef'").await;
    let ended = rig.intake.catch_up(at(SAID)).await;
    assert!(matches!(ended, Err(Interrupted::OtherFeed)), "{ended:?}");
    let halts = samvirke_kernel::supervision::TaskFailure::from(ended.unwrap_err());
    assert!(halts.halts, "only an operator helps");

    let settings = published_stream(feed::STREAM, feed::SUBJECTS, 1);
    let adoption = weigh(&rig.client, &settings).await.unwrap();
    adopt(&rig.client, 1, adoption).await.unwrap();
    rig.intake.catch_up(at(SAID)).await.unwrap();
    assert!(rig.send(LATER).await.is_empty(), "nothing is sent twice");
    say().await;
    assert_eq!(receivers(&rig.send(LATER).await), ["a"], "it goes on");
}
