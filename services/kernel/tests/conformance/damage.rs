//! What becomes of commands when the files under a real server are damaged.

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures::StreamExt;
use samvirke_kernel::{
    checkpoint::{Checkpoint, Stands},
    committer::AppendError,
    envelope::digest,
    execute::ExecuteError,
    inbox,
    loaded::{Break, BrokenHistory},
    log::Log,
    repository::Repository,
    snapshot::EVENTS_BETWEEN_SNAPSHOTS,
    store_error::StoreError,
    stream::{
        self, StreamError,
        examine::Damage,
        guard::Held,
        record::{RECORDS_STREAM, Records},
        set_up::{SetUp, adopt, set_up, weigh},
    },
};
use samvirke_private_servers::{
    NatsServer, StreamFiles,
    temporary::{self, Temporary},
};
use samvirke_schemas::reply::Refused;

use crate::{
    rig::{CONTEXT, Executed, add, id, next_pending, open, pending},
    tally::Tally,
};

pub(crate) const STREAM: &str = "TALLIES";
/// How long a stream may take until it is known whether it can be used.
const KNOWN_WITHIN: Duration = Duration::from_secs(30);

/// One server whose files can be damaged while it is stopped.
pub(crate) struct Victim {
    pub(crate) server: Temporary<NatsServer>,
}

impl Victim {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        Ok(Self { server: temporary::nats().await? })
    }

    /// Two commits on `a`, 3 and then 4, and where a copy of the stream is that has the first alone.
    pub(crate) async fn with_an_older_copy()
    -> anyhow::Result<(Self, Arc<Repository<Tally>>, PathBuf)> {
        let mut victim = Self::start().await?;
        let backup = victim.server.directory().join("backup");
        let repository = Arc::new(victim.repository().await?);
        add(&repository, "a", 3).await?;
        victim.damage(STREAM, |files| files.back_up(&backup)).await?;
        while add(&repository, "a", 4).await.is_err() {}
        noted(repository.log(), 2).await?;
        Ok((victim, repository, backup))
    }

    pub(crate) async fn log(&self) -> anyhow::Result<Log> {
        open(async_nats::connect(self.server.url()).await?, 1).await
    }

    pub(crate) async fn repository(&self) -> anyhow::Result<Repository<Tally>> {
        Ok(Repository::new(self.log().await?).without_snapshots())
    }

    /// Stops the server, does something to the stream's files and starts it again.
    pub(crate) async fn damage(
        &mut self,
        stream: &str,
        damage: impl FnOnce(&StreamFiles) -> std::io::Result<()>,
    ) -> anyhow::Result<()> {
        self.server.stop().await;
        damage(&StreamFiles::of(&self.server.directory().join("nats"), stream)?)?;
        self.server.start_again().await?;
        Ok(())
    }
}

/// Three commits on `a`, between commits on others; returns the payloads of those on `a`.
pub(crate) async fn three_commits(victim: &Victim) -> anyhow::Result<Vec<Vec<u8>>> {
    let repository = victim.repository().await?;
    for _ in 0..3 {
        add(&repository, "a", 1).await?;
        add(&repository, "b", 1).await?;
    }
    let log = repository.log();
    let commits = log.read(&log.subject("tally", &id("a")), 0).await?;
    Ok(commits.into_iter().map(|commit| commit.payload.to_vec()).collect())
}

fn broken(executed: Executed) -> BrokenHistory {
    match executed {
        Err(ExecuteError::Store(StoreError::Broken(broken))) => broken,
        other => panic!("a broken history was not noticed: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aggregate_whose_first_commit_cannot_be_read_is_stopped() -> anyhow::Result<()> {
    let mut victim = Victim::start().await?;
    let commits = three_commits(&victim).await?;
    victim.damage(STREAM, |files| files.flip_bit_in(&commits[0])).await?;
    let repository = victim.repository().await?;
    let found = broken(add(&repository, "a", 1).await);
    assert_eq!((found.version, found.expected, found.sequence), (2, 1, 3));
    assert_eq!(found.aggregate, "tally test:a");
    assert_eq!(add(&repository, "b", 1).await?.version, 4, "who is sound goes on");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aggregate_with_a_hole_in_its_history_is_stopped_by_name() -> anyhow::Result<()> {
    let mut victim = Victim::start().await?;
    let commits = three_commits(&victim).await?;
    victim.damage(STREAM, |files| files.flip_bit_in(&commits[1])).await?;
    let repository = victim.repository().await?;
    for amount in [1, -100] {
        let found = broken(add(&repository, "a", amount).await);
        assert_eq!((found.version, found.expected, found.sequence), (3, 2, 5));
        assert_eq!(found.reason, Break::Missing);
    }
    let Err(error) = add(&repository, "a", 1).await else { panic!("it went on") };
    let refused = inbox::refused(error);
    let Refused::Damaged { code, detail, detail_nb } = refused else { panic!("{refused:?}") };
    assert_eq!(code, "history-broken");
    assert!(detail.contains("version 2 was to follow"), "{detail}");
    assert!(detail_nb.contains("versjon 2 skulle følge"), "{detail_nb}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_was_put_in_another_ones_place_is_noticed() -> anyhow::Result<()> {
    let victim = Victim::start().await?;
    let log = victim.log().await?;
    let first = next_pending(&log, "a", 0, 1, None);
    let elsewhere = next_pending(&log, "a", 0, 1, None);
    assert_ne!(digest(&first.payload), digest(&elsewhere.payload));
    let at = log.append(vec![first]).await?[0];
    log.append(vec![next_pending(&log, "a", at, 2, Some(&elsewhere.payload))]).await?;
    let found = broken(add(&victim.repository().await?, "a", 1).await);
    assert_eq!((found.version, found.expected, found.reason), (2, 2, Break::Altered));
    Ok(())
}

/// Waits until the list of streams knows that the stream has come to `sequence`.
pub(crate) async fn noted(log: &Log, sequence: u64) -> anyhow::Result<()> {
    log.guard().start();
    let mut notes = log.client().subscribe(format!("streams.{STREAM}")).await?;
    let records = Records::open(log.jetstream()).await?.unwrap();
    loop {
        let known = records.of(STREAM).await?.and_then(|record| record.last);
        if known.is_some_and(|last| last.sequence >= sequence) {
            return Ok(());
        }
        notes.next().await;
    }
}

fn held(executed: Executed) -> Held {
    match executed {
        Err(ExecuteError::Store(StoreError::Append(AppendError::Held(held)))) => held,
        other => panic!("a damaged stream was not noticed: {other:?}"),
    }
}

fn damage_of(executed: Executed) -> Damage {
    let held = held(executed);
    let Held::Damaged { damage, .. } = held else { panic!("{held:?}") };
    damage
}

/// Accepts the stream as it is.
pub(crate) async fn accept(victim: &Victim) -> anyhow::Result<()> {
    let client = async_nats::connect(victim.server.url()).await?;
    let adoption = weigh(&client, &stream::kinds::event_stream(CONTEXT, 1)).await?;
    assert!(adoption.is_needed());
    Ok(adopt(&client, 1, adoption).await?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_created_while_what_may_be_it_cannot_be_read() -> anyhow::Result<()> {
    let mut victim = Victim::start().await?;
    let repository = victim.repository().await?;
    add(&repository, "whole", 1).await?;
    add(&repository, "alone", 1).await?;
    let log = repository.log();
    let commits = log.read(&log.subject("tally", &id("alone")), 0).await?;
    victim.damage(STREAM, |files| files.flip_bit_in(&commits[0].payload)).await?;

    let repository = victim.repository().await?;
    let gaps = held(add(&repository, "alone", 1).await);
    assert_eq!(gaps, Held::Gaps { stream: STREAM.into(), gaps: "2".into() });
    // What a rule would say of something that does not exist is not said either.
    assert_eq!(held(add(&repository, "alone", -1).await), gaps);
    assert_eq!(held(add(&repository, "new", 1).await), gaps);
    assert_eq!(add(&repository, "whole", 1).await?.version, 2, "who is sound goes on");

    accept(&victim).await?;
    assert_eq!(add(&victim.repository().await?, "new", 1).await?.version, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_goes_on_finds_the_gaps_of_a_server_that_comes_back() -> anyhow::Result<()> {
    let mut victim = Victim::start().await?;
    let repository = victim.repository().await?;
    add(&repository, "whole", 1).await?;
    add(&repository, "alone", 1).await?;
    repository.log().guard().creations().await?;
    let log = repository.log();
    let commits = log.read(&log.subject("tally", &id("alone")), 0).await?;
    victim.damage(STREAM, |files| files.flip_bit_in(&commits[0].payload)).await?;

    let gaps = held(add(&repository, "new", 1).await);
    assert_eq!(gaps, Held::Gaps { stream: STREAM.into(), gaps: "2".into() });
    assert_eq!(add(&repository, "whole", 1).await?.version, 2, "who is sound goes on");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_lost_its_tail_takes_no_commands_until_it_is_accepted() -> anyhow::Result<()>
{
    let mut victim = Victim::start().await?;
    let repository = victim.repository().await?;
    for _ in 0..4 {
        add(&repository, "a", 1).await?;
    }
    noted(repository.log(), 4).await?;
    victim.damage(STREAM, |files| files.cut_tail(100)).await?;
    // The process that was running, and one that is new.
    let hot = damage_of(add(&repository, "a", 1).await);
    assert_eq!(hot, Damage::Cut { known: 4, last: 3 });
    let repository_after = victim.repository().await?;
    assert_eq!(damage_of(add(&repository_after, "a", 1).await), hot);
    assert_eq!(damage_of(add(&repository_after, "b", 1).await), hot);

    accept(&victim).await?;
    assert_eq!(add(&victim.repository().await?, "a", 1).await?.version, 4);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_stream_and_an_older_backup_take_no_commands() -> anyhow::Result<()> {
    let mut victim = Victim::start().await?;
    let backup = victim.server.directory().join("backup");
    let repository = victim.repository().await?;
    add(&repository, "a", 1).await?;
    add(&repository, "a", 1).await?;
    victim.damage(STREAM, |files| files.back_up(&backup)).await?;
    for _ in 0..6 {
        while add(&repository, "a", 1).await.is_err() {}
    }
    noted(repository.log(), 8).await?;
    victim.damage(STREAM, |files| files.cut_half()).await?;
    let Damage::Cut { known: 8, last } = damage_of(add(&victim.repository().await?, "a", 1).await)
    else {
        panic!("half a stream passes")
    };
    assert!((1..8).contains(&last), "{last}");
    victim.damage(STREAM, |files| files.put_back(&backup)).await?;
    let older = damage_of(add(&victim.repository().await?, "a", 1).await);
    assert_eq!(older, Damage::Cut { known: 8, last: 2 });
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_went_on_after_it_lost_its_tail_is_another_one() -> anyhow::Result<()> {
    let mut victim = Victim::start().await?;
    let repository = victim.repository().await?;
    for _ in 0..4 {
        add(&repository, "a", 1).await?;
    }
    let log = repository.log();
    noted(log, 4).await?;
    victim.damage(STREAM, |files| files.cut_tail(100)).await?;
    // Somebody who does not ask.
    let js = async_nats::jetstream::new(async_nats::connect(victim.server.url()).await?);
    let other = next_pending(log, "other", 0, 1, None);
    js.publish(other.subject.to_string(), other.payload).await?.await?;
    let found = damage_of(add(&victim.repository().await?, "a", 1).await);
    assert_eq!(found, Damage::Altered { sequence: 4 });
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_has_vanished_is_not_made_again() -> anyhow::Result<()> {
    let mut victim = Victim::start().await?;
    let repository = victim.repository().await?;
    add(&repository, "a", 1).await?;
    noted(repository.log(), 1).await?;
    victim.damage(STREAM, |files| files.remove()).await?;
    let client = async_nats::connect(victim.server.url()).await?;
    let opened = Log::open(client.clone(), CONTEXT, 1).await;
    assert!(matches!(opened, Err(StreamError::Missing { .. })), "{opened:?}");
    let wanted = [stream::kinds::event_stream(CONTEXT, 1)];
    let again = set_up(&client, 1, &wanted, &[]).await?;
    assert_eq!(again, [(STREAM.to_owned(), SetUp::Missing)]);

    // Somebody who does not know makes it anew.
    let js = async_nats::jetstream::new(client.clone());
    js.create_stream(wanted[0].clone()).await?;
    let log = Log::open(client.clone(), CONTEXT, 1).await?;
    let recreated = add(&Repository::new(log), "b", 1).await;
    assert_eq!(damage_of(recreated), Damage::Cut { known: 1, last: 0 });
    accept(&victim).await?;
    assert_eq!(add(&victim.repository().await?, "b", 1).await?.version, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_with_another_beginning_is_another_one() -> anyhow::Result<()> {
    let mut victim = Victim::start().await?;
    let repository = victim.repository().await?;
    add(&repository, "a", 1).await?;
    add(&repository, "a", 1).await?;
    noted(repository.log(), 2).await?;
    victim.damage(STREAM, |files| files.remove()).await?;
    // Somebody makes it anew, and what is at the end that was noted tells nothing.
    let js = async_nats::jetstream::new(async_nats::connect(victim.server.url()).await?);
    js.create_stream(stream::kinds::event_stream(CONTEXT, 1)).await?;
    let (first, last) = (pending(repository.log(), "b", 0), pending(repository.log(), "c", 0));
    for other in [&first, &last] {
        js.publish(other.subject.to_string(), other.payload.clone()).await?.await?;
    }
    victim.damage(STREAM, |files| files.flip_bit_in(&last.payload)).await?;
    let log = Log::open(async_nats::connect(victim.server.url()).await?, CONTEXT, 1).await?;
    let found = damage_of(add(&Repository::new(log), "b", 1).await);
    assert_eq!(found, Damage::Replaced);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_stream_is_made_beside_those_that_are_listed_and_an_unlisted_one_takes_no_commands()
-> anyhow::Result<()> {
    let victim = Victim::start().await?;
    let client = async_nats::connect(victim.server.url()).await?;
    let settings = |context| stream::kinds::event_stream(context, 1);
    set_up(&client, 1, &[settings(CONTEXT)], &[]).await?;
    // The list knows of others, and nobody has taken this one into it.
    let js = async_nats::jetstream::new(client.clone());
    js.create_stream(settings("unlisted")).await?;
    let log = Log::open(client.clone(), "unlisted", 1).await?;
    let found = damage_of(add(&Repository::new(log), "a", 1).await);
    assert_eq!(found, Damage::NotListed);

    let wanted = [settings(CONTEXT), settings("new")];
    let done = set_up(&client, 1, &wanted, &[]).await?;
    assert_eq!(done, [(STREAM.into(), SetUp::There), ("NEW".into(), SetUp::Made)]);
    let log = Log::open(client.clone(), "new", 1).await?;
    assert_eq!(add(&Repository::new(log), "a", 1).await?.version, 1);
    assert_eq!(set_up(&client, 1, &wanted, &[]).await?[1].1, SetUp::There);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn set_ups_at_the_same_time_make_each_stream_and_miss_none() -> anyhow::Result<()> {
    let victim = Victim::start().await?;
    let wanted = ["one", "two", "three"].map(|context| stream::kinds::event_stream(context, 1));
    let mut set_ups = tokio::task::JoinSet::new();
    for number in 0..12 {
        let client = async_nats::connect(victim.server.url()).await?;
        let wanted = wanted.clone();
        // They begin a stream apart, so that one looks for what another is about to make.
        set_ups.spawn(async move { set_up(&client, 1, &wanted[number % 3..], &[]).await });
    }
    while let Some(done) = set_ups.join_next().await {
        for (stream, done) in done?? {
            assert!(matches!(done, SetUp::Made | SetUp::There), "{stream}: {done:?}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_has_vanished_is_damage_and_not_a_new_installation() -> anyhow::Result<()> {
    let mut victim = Victim::start().await?;
    add(&victim.repository().await?, "a", 1).await?;
    victim.damage(RECORDS_STREAM, |files| files.remove()).await?;
    let client = async_nats::connect(victim.server.url()).await?;
    let again = set_up(&client, 1, &[stream::kinds::event_stream(CONTEXT, 1)], &[]).await?;
    assert_eq!(again, [(STREAM.to_owned(), SetUp::ListLost)]);
    let log = Log::open(client, CONTEXT, 1).await?;
    let found = add(&Repository::new(log), "a", 1).await;
    assert_eq!(damage_of(found), Damage::NoList);
    accept(&victim).await?;
    assert_eq!(add(&victim.repository().await?, "a", 1).await?.version, 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_from_before_there_was_a_list_is_taken_in_once() -> anyhow::Result<()> {
    let victim = Victim::start().await?;
    let client = async_nats::connect(victim.server.url()).await?;
    let js = async_nats::jetstream::new(client.clone());
    let wanted = [stream::kinds::event_stream(CONTEXT, 1)];
    js.create_stream(wanted[0].clone()).await?;
    let log = Log::open(client.clone(), CONTEXT, 1).await?;
    let first = next_pending(&log, "a", 0, 1, None);
    js.publish(first.subject.to_string(), first.payload).await?.await?;
    let done = |done: Vec<(String, SetUp)>| done.into_iter().map(|one| one.1).collect::<Vec<_>>();
    assert_eq!(done(set_up(&client, 1, &wanted, &[]).await?), [SetUp::TakenIn]);
    assert_eq!(done(set_up(&client, 1, &wanted, &[]).await?), [SetUp::There]);
    assert_eq!(add(&victim.repository().await?, "a", 1).await?.version, 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_of_a_history_that_the_stream_has_lost_is_dropped() -> anyhow::Result<()> {
    let mut victim = Victim::start().await?;
    let backup = victim.server.directory().join("backup");
    let log = victim.log().await?;
    samvirke_kernel::snapshot::open(log.jetstream(), 1).await?;
    let repository: Repository<Tally> = Repository::new(log);
    add(&repository, "kept", 1).await?;
    victim.damage(STREAM, |files| files.back_up(&backup)).await?;
    let client = async_nats::connect(victim.server.url()).await?;
    let subject = repository.log().subject("tally", &id("kept"));
    let mut snapshots = client.subscribe(format!("snap.{subject}")).await?;
    client.flush().await?;
    for _ in 0..EVENTS_BETWEEN_SNAPSHOTS {
        while add(&repository, "kept", 1).await.is_err() {}
    }
    snapshots.next().await.unwrap();
    victim.damage(STREAM, |files| files.put_back(&backup)).await?;
    let fresh: Repository<Tally> = Repository::new(victim.log().await?);
    assert_eq!(fresh.load(&id("kept")).await?.version, 1, "the snapshot was of another history");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_decisions_rest_on_is_read_anew_where_the_stream_has_lost_it() -> anyhow::Result<()> {
    let (mut victim, repository, backup) = Victim::with_an_older_copy().await?;
    assert_eq!(current(&repository, "a").await?, 7);
    victim.damage(STREAM, |files| files.put_back(&backup)).await?;
    let held = repository.current(&id("a")).await.unwrap_err();
    assert!(matches!(*held, StoreError::Append(AppendError::Held(_))), "{held:?}");
    accept(&victim).await?;
    assert_eq!(current(&repository, "a").await?, 3);
    Ok(())
}

/// The sum that decisions on others rest on, once the stream can be used.
async fn current(repository: &Arc<Repository<Tally>>, name: &str) -> anyhow::Result<i64> {
    let read = async {
        loop {
            if let Ok(state) = repository.current(&id(name)).await {
                return state.sum;
            }
        }
    };
    Ok(tokio::time::timeout(KNOWN_WITHIN, read).await?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_an_end_that_was_accepted_as_lost() -> anyhow::Result<()> {
    let mut victim = Victim::start().await?;
    let commits = three_commits(&victim).await?;
    let log = victim.log().await?;
    let (stream, last) = (log.identity().clone(), log.last_sequence().await?);
    add(&victim.repository().await?, "a", 1).await?;
    let lost = log.read(&log.subject("tally", &id("a")), last).await?.remove(0);
    assert_eq!((commits.len(), lost.sequence), (3, last + 1));
    victim.damage(STREAM, |files| files.flip_bit_in(&lost.payload)).await?;
    let log = victim.log().await?;
    assert_eq!(log.last_sequence().await?, last + 1, "somebody may still restore it");
    let taken = Checkpoint { stream, sequence: last + 1, digest: Some(digest(&lost.payload)) };
    assert_eq!(log.stands(&taken).await?, Stands::Unreadable);

    accept(&victim).await?;
    let log = victim.log().await?;
    assert_eq!(log.last_sequence().await?, last);
    assert_eq!(log.stands(&taken).await?, Stands::Here, "what was taken stays taken");
    Ok(())
}
