//! How long a command waits for its turn.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use futures::poll;
use samvirke_kernel::{
    clock,
    committer::{AppendError, Tuning},
    deadline::Deadline,
    execute::{CommandContext, ExecuteError, FactSource, NoFacts, execute},
    log::Log,
    repository::Repository,
    store_error::StoreError,
};
use samvirke_private_servers::{NatsServer, temporary};
use samvirke_schemas::reply::Refused;

use crate::{
    rig::{CONTEXT, Executed, add, command_context, id, new_id, open},
    tally::Tally,
};

/// How long the callers wait, and within what they are answered.
pub(crate) const PATIENCE: Duration = Duration::from_millis(300);
pub(crate) const AT_ONCE: Duration = Duration::from_millis(1_200);

/// Sends a signal, and after `-STOP` waits until all of the server stands still.
pub(crate) fn signal(server: &NatsServer, signal: &str) {
    let process = server.pid();
    let sent = Command::new("kill").args([signal, &process.to_string()]).status();
    assert!(sent.unwrap().success());
    while signal == "-STOP" && !stands_still(process) {
        std::thread::yield_now();
    }
}

fn stands_still(process: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    threads.map(|thread| thread.unwrap().path().join("stat")).all(|stat| {
        // The state follows the name, which may hold anything but ends with the last parenthesis.
        let stat = std::fs::read_to_string(stat).unwrap_or_default();
        stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('T'))
    })
}

fn impatient(name: &str) -> CommandContext<Tally> {
    let deadline = Deadline::at(clock::now() + PATIENCE);
    CommandContext { deadline, ..command_context(name, new_id(), 100) }
}

fn is_late(executed: &Executed) -> bool {
    matches!(executed, Err(ExecuteError::Store(StoreError::Append(AppendError::Late))))
}

pub(crate) async fn a_command_is_answered_at_its_deadline_and_not_carried_out_afterwards()
-> anyhow::Result<()> {
    let server = temporary::nats().await?;
    let client = async_nats::connect(server.url()).await?;
    // One commit goes at a time.
    let tuning = Tuning {
        single_max: 1,
        single_in_flight_max: 1,
        batches_in_flight_max: 1,
        ack_timeout: PATIENCE * 100,
        ..Tuning::default()
    };
    open(client.clone(), 1).await?;
    let log = Log::open_tuned(client, CONTEXT, 1, tuning).await?;
    let repository: Repository<Tally> = Repository::new(log);
    add(&repository, "one", 1).await?;
    // The server answers nobody for a while.
    signal(&server, "-STOP");
    let first = command_context("one", new_id(), 10);
    let mut first = Box::pin(execute(&repository, &NoFacts, &first));
    assert!(poll!(&mut first).is_pending());

    // Behind another command on the same aggregate.
    let begun = Instant::now();
    let behind = impatient("one");
    let executed = execute(&repository, &NoFacts, &behind).await;
    assert!(is_late(&executed), "{executed:?}");
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());

    // Behind the commit of another aggregate.
    let begun = Instant::now();
    let waits = impatient("waits");
    let executed = execute(&repository, &NoFacts, &waits).await;
    assert!(is_late(&executed), "{executed:?}");
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());

    // Already late when it comes.
    let past = CommandContext {
        deadline: Deadline::at(clock::now()),
        ..command_context("late", new_id(), 100)
    };
    assert!(is_late(&execute(&repository, &NoFacts, &past).await));

    signal(&server, "-CONT");
    assert_eq!(first.await?.version, 2);
    repository.clear_cache();
    assert_eq!(repository.load(&id("one")).await?.state.sum, 11);
    for name in ["waits", "late"] {
        assert_eq!(repository.load(&id(name)).await?.version, 0, "{name}");
    }
    // Whoever was refused gives the same command again, and it is carried out then.
    let again =
        execute(&repository, &NoFacts, &CommandContext { deadline: Deadline::NONE, ..behind })
            .await?;
    assert_eq!((again.version, again.repeated), (3, false));
    Ok(())
}

/// Facts that never come.
struct Silent;

impl FactSource<Tally> for Silent {
    async fn facts(&self, _: &Tally, _: &CommandContext<Tally>) -> Result<(), Refused> {
        std::future::pending().await
    }
}

pub(crate) async fn a_command_whose_facts_do_not_come_is_answered_at_its_deadline()
-> anyhow::Result<()> {
    let server = temporary::nats().await?;
    let log = open(async_nats::connect(server.url()).await?, 1).await?;
    let repository: Repository<Tally> = Repository::new(log);
    add(&repository, "known", 1).await?;
    // On an aggregate that is known, and on one to which nothing has happened.
    for name in ["known", "new"] {
        let begun = Instant::now();
        let waits = impatient(name);
        let executed = tokio::time::timeout(AT_ONCE * 10, execute(&repository, &Silent, &waits));
        let executed = executed.await?;
        assert!(is_late(&executed), "{name}: {executed:?}");
        assert!(begun.elapsed() < AT_ONCE, "{name}: {:?}", begun.elapsed());
    }
    // The aggregate is free again.
    assert_eq!(add(&repository, "known", 1).await?.version, 2);
    assert_eq!(add(&repository, "new", 1).await?.version, 1);
    Ok(())
}
