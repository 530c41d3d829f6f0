//! What becomes of commands when the files under a real server are damaged.

use samvirke_kernel::{
    envelope::digest,
    execute::ExecuteError,
    inbox,
    loaded::{Break, BrokenHistory},
    log::Log,
    repository::{Repository, StoreError},
};
use samvirke_private_servers::{
    NatsServer, StreamFiles,
    temporary::{self, Temporary},
};
use samvirke_schemas::reply::Refused;

use crate::{
    rig::{Executed, add, id, next_pending, open},
    tally::Tally,
};

const STREAM: &str = "TALLIES";

/// One server whose files can be damaged while it is stopped.
pub(crate) struct Victim {
    pub(crate) server: Temporary<NatsServer>,
}

impl Victim {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        Ok(Self { server: temporary::nats().await? })
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
    let events = cqrs_es::EventStore::load_events(&repository, "test:a").await;
    assert!(events.is_err(), "the framework folded over the hole: {events:?}");
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
