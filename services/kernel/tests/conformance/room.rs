//! What is said of a commit for which the server has no room, or no time.

use std::time::Duration;

use async_nats::jetstream::{self, stream::DiscardPolicy};
use samvirke_kernel::{
    clock,
    deadline::Deadline,
    execute::{CommandContext, NoFacts, execute},
    inbox::refused,
    log::Log,
    repository::Repository,
    supervision::Supervisor,
};
use samvirke_private_servers::{
    NatsServer, NatsSettings,
    temporary::{self, Temporary},
};
use samvirke_schemas::{reply::Refused, standing::StoreState};
use tokio_util::sync::CancellationToken;

use crate::{
    rig::{Executed, add, command_context, id, new_id, open, pending},
    tally::Tally,
    turns::signal,
};

/// Longer than an acknowledgement is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a store that has room again may be reported as full.
const RECOVERED_WITHIN: Duration = Duration::from_secs(10);
/// How long a full store is watched to see whether it is reported all the time.
const SEVERAL_LOOKS: Duration = Duration::from_secs(3);
/// More than fits where there is room for a few commits.
const COMMITS_MAX: usize = 200;
/// What one of them takes up.
const BYTES: usize = 10_000;

async fn server(
    change: impl FnOnce(&mut NatsSettings),
) -> anyhow::Result<(Temporary<NatsServer>, Log)> {
    let server = temporary::nats_with(change).await?;
    let log = open(async_nats::connect(server.url()).await?, 1).await?;
    Ok((server, log))
}

/// Commits until the server takes no more.
async fn fill(log: &Log) {
    for n in 0..COMMITS_MAX {
        let mut commit = pending(log, &format!("filling-{n}"), 0);
        commit.payload = [commit.payload.as_ref(), &vec![b' '; BYTES]].concat().into();
        if log.append(vec![commit]).await.is_err() {
            return;
        }
    }
    panic!("the server takes everything");
}

fn answer(executed: Executed) -> Refused {
    refused(executed.map(|outcome| panic!("{outcome:?}")).unwrap_err())
}

/// Gives a command there is no room for, and checks that nothing of it is stored.
async fn refused_for_want_of_room(log: &Log) -> anyhow::Result<Refused> {
    let repository: Repository<Tally> = Repository::new(log.clone()).without_snapshots();
    let (before, large) = (log.last_sequence().await?, command_context("large", new_id(), 1));
    let digest = "x".repeat(BYTES);
    let executed = execute(&repository, &NoFacts, &CommandContext { digest, ..large }).await;
    let answer = answer(executed);
    assert_eq!(log.last_sequence().await?, before, "something was stored");
    assert_eq!(repository.load(&id("large")).await?.state.sum, 0);
    Ok(answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_account_is_no_room_and_nothing_is_stored() -> anyhow::Result<()> {
    let (_server, log) = server(|settings| {
        settings.more = "accounts { full { jetstream { max_file: 200KB }, \
                         users: [{ user: one, password: one }] } }\nno_auth_user: one"
            .into();
    })
    .await?;
    fill(&log).await;
    let answer = refused_for_want_of_room(&log).await?;
    assert!(matches!(answer, Refused::NoRoom { .. }), "{answer:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_stream_is_no_room_until_there_is_room_again() -> anyhow::Result<()> {
    let (_server, log) = server(|_| ()).await?;
    let repository: Repository<Tally> = Repository::new(log.clone()).without_snapshots();
    add(&repository, "one", 1).await?;
    let limit = async |bytes: i64| {
        let info = log.info().await?;
        let config = jetstream::stream::Config {
            max_bytes: bytes,
            discard: DiscardPolicy::New,
            ..info.config
        };
        log.jetstream().update_stream(config).await?;
        anyhow::Ok(())
    };
    limit(i64::try_from(log.info().await?.state.bytes)? + 100).await?;
    let command = command_context("one", new_id(), 10);
    for _ in 0..2 {
        let answer = answer(execute(&repository, &NoFacts, &command).await);
        assert!(matches!(answer, Refused::NoRoom { .. }), "{answer:?}");
    }
    assert_eq!(repository.load(&id("one")).await?.state.sum, 1);
    let supervisor = Supervisor::new(CancellationToken::new());
    let [store] = &supervisor.tasks().stores[..] else { panic!("{:?}", supervisor.tasks()) };
    assert_eq!((store.stream.as_str(), store.state), ("TALLIES", StoreState::Full));
    assert!(store.reason.contains("maximum bytes exceeded"), "{}", store.reason);
    limit(-1).await?;
    // It is noticed though nobody gives a command.
    let noticed = async {
        while !supervisor.tasks().stores.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(RECOVERED_WITHIN, noticed).await?;
    let outcome = execute(&repository, &NoFacts, &command).await?;
    assert_eq!((outcome.version, outcome.repeated), (2, false));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_says_try_later_is_busy_and_nothing_is_stored() -> anyhow::Result<()> {
    let (_server, log) = server(|settings| {
        settings.more = format!(
            "jetstream {{ store_dir: \"{}/store\", sync_interval: always, max_file_store: 200KB }}",
            settings.directory.display()
        );
    })
    .await?;
    fill(&log).await;
    let answer = refused_for_want_of_room(&log).await?;
    let Refused::Unavailable { code, detail, .. } = &answer else { panic!("{answer:?}") };
    assert_eq!(code, "store-busy");
    assert!(detail.contains("nothing was done"), "{detail}");
    Ok(())
}

/// Where a commit was sent and nothing came back, nothing else that fails says that nothing was done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_commit_without_an_acknowledgement_the_outcome_is_unknown() -> anyhow::Result<()> {
    let (server, log) = server(|_| ()).await?;
    let repository: Repository<Tally> = Repository::new(log.clone()).without_snapshots();
    add(&repository, "one", 1).await?;
    signal(&server, "-STOP");
    let deadline = Deadline::at(clock::now() + PATIENCE);
    let command = CommandContext { deadline, ..command_context("one", new_id(), 10) };
    let answer = answer(execute(&repository, &NoFacts, &command).await);
    assert!(matches!(answer, Refused::OutcomeUnknown {}), "{answer:?}");
    signal(&server, "-CONT");
    // It was stored after all, and the same command finds it.
    let outcome =
        execute(&repository, &NoFacts, &CommandContext { deadline: Deadline::NONE, ..command })
            .await?;
    assert_eq!((outcome.version, outcome.repeated), (2, true));
    Ok(())
}

/// The store is looked at by writing elsewhere, and what the look finds is not forgotten meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_account_is_reported_until_it_has_room_and_nobody_has_to_try() -> anyhow::Result<()>
{
    let (_server, log) = server(|settings| {
        settings.more = "accounts { full { jetstream { max_file: 200KB }, \
                         users: [{ user: one, password: one }] } }\nno_auth_user: one"
            .into();
    })
    .await?;
    samvirke_kernel::snapshot::open(log.jetstream(), 1).await?;
    // Something that can be removed again.
    let filling = jetstream::stream::Config {
        name: "FILLING".into(),
        subjects: vec!["filling".into()],
        ..jetstream::stream::Config::default()
    };
    let filling = log.jetstream().create_stream(filling).await?;
    let message = vec![b' '; BYTES];
    while log.jetstream().publish("filling", message.clone().into()).await?.await.is_ok() {}
    let answer = refused_for_want_of_room(&log).await?;
    assert!(matches!(answer, Refused::NoRoom { .. }), "{answer:?}");
    let supervisor = Supervisor::new(CancellationToken::new());
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < SEVERAL_LOOKS {
        assert_eq!(supervisor.tasks().stores.len(), 1, "after {:?}", begun.elapsed());
        tokio::task::yield_now().await;
    }
    filling.purge().await?;
    let noticed = async {
        while !supervisor.tasks().stores.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(RECOVERED_WITHIN, noticed).await?;
    Ok(())
}
