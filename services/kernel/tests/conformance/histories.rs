//! Reading what has happened.

use futures::{StreamExt, future};
use samvirke_kernel::{
    committer::Pending,
    envelope::ENVELOPE_BYTES_MAX,
    execute::{CommandContext, ExecuteError, NoFacts, execute},
    log::READ_BYTES_MAX,
    snapshot::{EVENTS_BETWEEN_SNAPSHOTS, SNAPSHOT_STREAM},
    store_error::StoreError,
};

use crate::{
    rig::{Rig, add, command_context, id, new_id, next_pending, pending},
    tally::Rejection,
};

pub(crate) async fn a_refusal_is_never_founded_on_old_news(rig: &Rig) -> anyhow::Result<()> {
    let (here, there) = (rig.repository().await?, rig.repository().await?);
    add(&here, "news", 1).await?;
    // Hot here at 1; there it becomes 10 without this side knowing.
    add(&there, "news", 9).await?;
    assert_eq!(add(&here, "news", -10).await?.version, 3);
    let refused = add(&there, "news", -1).await;
    assert!(matches!(refused, Err(ExecuteError::Rejected(Rejection::BelowZero))), "{refused:?}");
    Ok(())
}

pub(crate) async fn a_cold_load_reads_a_long_history_in_order(rig: &Rig) -> anyhow::Result<()> {
    let repository = rig.repository().await?.without_snapshots();
    let log = repository.log().clone();
    // Written past the repository, each among others.
    let (mut expected, mut previous) = (0, None);
    for round in 0..3 {
        for chunk in 0..5 {
            let version = round * 5 + chunk + 1;
            let unit = next_pending(&log, "long", expected, version, previous.as_deref());
            previous = Some(unit.payload.clone());
            expected = log.append(vec![unit]).await?[0];
            let crowd = (0..100).map(|n| {
                let (log, name) = (log.clone(), format!("other-{expected}-{chunk}-{n}"));
                async move { log.append(vec![pending(&log, &name, 0)]).await.map(|_| ()) }
            });
            future::try_join_all(crowd).await?;
        }
    }
    let commits = log.read(&log.subject("tally", &id("long")), 0).await?;
    assert_eq!(commits.len(), 15);
    assert!(commits.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
    let tail = log.read(&log.subject("tally", &id("long")), commits[9].sequence).await?;
    assert_eq!(tail.len(), 5);
    assert_eq!(repository.load(&id("long")).await?.state.count, 15);
    assert!(log.read(&log.subject("tally", &id("nobody")), 0).await?.is_empty());
    Ok(())
}

pub(crate) async fn a_history_larger_than_a_page_is_read_to_its_end(
    rig: &Rig,
) -> anyhow::Result<()> {
    const PAGES: usize = 2;
    let log = rig.log().await?;
    let payload = vec![b' '; ENVELOPE_BYTES_MAX];
    let (mut written, mut expected) = (Vec::new(), 0);
    while written.len() * payload.len() <= PAGES * READ_BYTES_MAX {
        let unit = Pending { payload: payload.clone().into(), ..pending(&log, "large", expected) };
        expected = log.append(vec![unit]).await?[0];
        written.push(expected);
    }
    let commits = log.read(&log.subject("tally", &id("large")), 0).await?;
    let read: Vec<u64> = commits.iter().map(|commit| commit.sequence).collect();
    assert_eq!(read, written);
    Ok(())
}

pub(crate) async fn a_snapshot_spares_the_history_and_a_strange_one_is_ignored(
    rig: &Rig,
) -> anyhow::Result<()> {
    let repository = rig.repository().await?;
    samvirke_kernel::snapshot::open(repository.log().jetstream(), rig.replicas).await?;
    let mut kept = repository
        .log()
        .client()
        .subscribe(format!("snap.{}", repository.log().subject("tally", &id("kept"))))
        .await?;
    for _ in 0..EVENTS_BETWEEN_SNAPSHOTS + 5 {
        add(&repository, "kept", 1).await?;
    }
    let snapshot = kept.next().await.unwrap();
    let mut document: serde_json::Value = serde_json::from_slice(&snapshot.payload)?;
    assert_eq!(document["loaded"]["version"], EVENTS_BETWEEN_SNAPSHOTS);

    let total = (EVENTS_BETWEEN_SNAPSHOTS + 5) as i64;
    assert_eq!(rig.repository().await?.load(&id("kept")).await?.state.sum, total);

    // A snapshot that lies is believed if it bears the reducer's fingerprint, so that we know it is
    // read at all; under another fingerprint it is not.
    document["loaded"]["state"]["sum"] = serde_json::json!(1_000_000);
    let js = repository.log().jetstream();
    let subject = snapshot.subject.clone();
    js.publish(subject.clone(), document.to_string().into()).await?.await?;
    assert_eq!(rig.repository().await?.load(&id("kept")).await?.state.sum, 1_000_005);
    document["fingerprint"] = serde_json::json!("another reducer");
    js.publish(subject, document.to_string().into()).await?.await?;
    assert_eq!(rig.repository().await?.load(&id("kept")).await?.state.sum, total);
    assert!(js.get_stream(SNAPSHOT_STREAM).await.is_ok());
    Ok(())
}

pub(crate) async fn what_exists_is_never_taken_for_new(rig: &Rig) -> anyhow::Result<()> {
    // A tally accepts an amount without a history, so every cold repository tries it as the first.
    let mut last = command_context("begun", new_id(), 1);
    for version in 1..=3 {
        last = command_context("begun", new_id(), 1);
        assert_eq!(execute(&rig.repository().await?, &NoFacts, &last).await?.version, version);
    }
    let again = execute(&rig.repository().await?, &NoFacts, &last).await?;
    assert!(again.repeated, "a command that was carried out was carried out again");
    assert_eq!((again.version, again.events.len()), (3, 0));
    let stale = CommandContext { command_id: new_id(), expected_version: Some(0), ..last };
    let refused = execute(&rig.repository().await?, &NoFacts, &stale).await;
    assert!(matches!(refused, Err(ExecuteError::Stale { expected: 0, current: 3 })), "{refused:?}");
    Ok(())
}

pub(crate) async fn a_slow_reader_gets_every_commit_in_order(rig: &Rig) -> anyhow::Result<()> {
    const COMMITS: usize = 3_000;
    let log = rig.log().await?;
    let mut slow = log.follow(0).await?;
    for chunk in 0..COMMITS / 500 {
        let written = (0..500).map(|n| {
            let (log, name) = (log.clone(), format!("slow-{chunk}-{n}"));
            async move { log.append(vec![pending(&log, &name, 0)]).await.map(|_| ()) }
        });
        future::try_join_all(written).await?;
    }
    for expected in 1..=COMMITS as u64 {
        assert_eq!(slow.next().await.unwrap()?.sequence, expected);
    }
    Ok(())
}

pub(crate) async fn an_unknown_event_type_stops_the_aggregate_with_its_name(
    rig: &Rig,
) -> anyhow::Result<()> {
    let repository = rig.repository().await?;
    let log = repository.log();
    let mut strange = pending(log, "strange", 0);
    let text = String::from_utf8(strange.payload.to_vec())?.replace("\"added\"", "\"squared\"");
    strange.payload = text.into();
    log.append(vec![strange]).await?;
    let stopped = add(&repository, "strange", 1).await.unwrap_err();
    assert!(matches!(&stopped, ExecuteError::Store(StoreError::History(_))), "{stopped:?}");
    let told = samvirke_kernel::error_chain::chain(&stopped);
    assert!(told.contains("event type squared at sequence 1 is unknown"), "{told}");
    Ok(())
}
