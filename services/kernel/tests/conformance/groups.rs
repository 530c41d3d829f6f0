//! Commands that change a shared aggregate beside their own, many at once.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use futures::{future, poll};
use samvirke_kernel::{
    Command, Decider, clock,
    committer::{AppendError, Tuning},
    deadline::Deadline,
    envelope::{EVENTS_PER_COMMIT_MAX, Envelope},
    execute::{
        CommandContext, CommandOutcome, EventsOfBoth, ExecuteError, FactSource, GroupExecutor,
        NoFacts, PairDecider, execute,
    },
    log::Log,
    repository::Repository,
    store_error::StoreError,
};
use samvirke_private_servers::temporary;
use samvirke_schemas::reply::Refused;
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

use crate::{
    acknowledgements::Wire,
    rig::{CONTEXT, Executed, Rig, command_context, id, new_id, open, pending},
    tally::{Event, Rejection, Request, Tally},
    turns::{AT_ONCE, PATIENCE},
};

/// The aggregate that numbers the others.
const REGISTER: &str = "register";
/// A command to whom this amount is given makes the program panic.
const PANIC: i64 = 0;

/// A tally takes the next number of the register once; to take numbers back is refused beyond those there
/// are.
struct Numbering;

impl PairDecider for Numbering {
    type Shared = Tally;
    type Own = Tally;
    type Rejection = Rejection;
    const SHARED_COMMAND: &'static str = "number";

    fn decide(
        register: &Tally,
        own: &Tally,
        command: &Command<Request>,
        _: Uuid,
    ) -> Result<EventsOfBoth<Self>, Rejection> {
        let Request::Add { amount } = command.request;
        assert_ne!(amount, PANIC, "a bad day");
        if amount < 0 {
            let own = register.decide(command).map(|_| vec![Event::Added { amount }])?;
            return Ok((Vec::new(), own));
        }
        if own.count > 0 {
            return Ok((Vec::new(), Vec::new()));
        }
        let own = vec![Event::Added { amount: register.sum + 1 }];
        Ok((vec![Event::Added { amount: 1 }], own))
    }
}

type Numbered<S = NoFacts> = Arc<GroupExecutor<Numbering, S>>;

fn numbered_with<S: FactSource<Tally> + Send + 'static>(log: &Log, source: S) -> Numbered<S> {
    let (shared, own) = (Repository::new(log.clone()), Arc::new(Repository::new(log.clone())));
    Arc::new(GroupExecutor::new(shared, own, source))
}

/// An executor with a connection and caches of its own, as another process would have.
async fn numbered(rig: &Rig) -> anyhow::Result<Numbered> {
    Ok(numbered_with(&rig.log().await?, NoFacts))
}

async fn dispatch<S: FactSource<Tally> + Send + 'static>(
    numbered: &Numbered<S>,
    context: CommandContext<Tally>,
) -> Executed {
    numbered.execute(&id(REGISTER), context).await
}

fn number(outcome: &CommandOutcome<Event>) -> i64 {
    let [Event::Added { amount }] = outcome.events[..] else { panic!("{outcome:?}") };
    amount
}

/// The commits of an aggregate.
async fn commits(rig: &Rig, name: &str) -> anyhow::Result<Vec<Envelope>> {
    let log = rig.log().await?;
    let commits = log.read(&log.subject("tally", &id(name)), 0).await?;
    Ok(commits
        .iter()
        .map(|commit| Envelope::read(commit.sequence, &commit.payload))
        .collect::<Result<_, _>>()?)
}

pub(crate) async fn many_that_take_a_number_at_once_are_one_commit_of_what_numbers_them(
    rig: &Rig,
) -> anyhow::Result<()> {
    let numbered = numbered(rig).await?;
    let contexts: Vec<_> =
        (0..64).map(|n| command_context(&format!("n{n}"), new_id(), 1)).collect();
    let outcomes =
        future::try_join_all(contexts.iter().map(|one| dispatch(&numbered, one.clone()))).await?;
    let numbers: BTreeSet<i64> = outcomes.iter().map(number).collect();
    assert_eq!(numbers, (1..=64).collect(), "each number once, and none is left out");
    let register = commits(rig, REGISTER).await?;
    assert!(register.len() <= 4, "{} commits for 64 commands", register.len());
    assert!(register.iter().all(|commit| commit.actor.subject == "samvirke:tallies"));
    let last = rig.repository().await?.load(&id(REGISTER)).await?;
    assert_eq!((last.state.sum, last.version), (64, 64));
    // Each is found by its own commit, also by who knows nothing.
    let other = self::numbered(rig).await?;
    for (context, outcome) in contexts.iter().zip(&outcomes) {
        for numbered in [&numbered, &other] {
            let again = dispatch(numbered, context.clone()).await?;
            let found = (again.version, &again.position, again.repeated);
            assert_eq!(found, (outcome.version, &outcome.position, true));
        }
    }
    assert_eq!(commits(rig, REGISTER).await?.len(), register.len());
    Ok(())
}

pub(crate) async fn a_refused_command_fails_alone_in_its_group(rig: &Rig) -> anyhow::Result<()> {
    let numbered = numbered(rig).await?;
    let given = (0..64).map(|n| {
        let amount = if n == 31 { -100 } else { 1 };
        dispatch(&numbered, command_context(&format!("n{n}"), new_id(), amount))
    });
    let (mut numbers, mut refused) = (BTreeSet::new(), Vec::new());
    for (n, executed) in future::join_all(given).await.into_iter().enumerate() {
        match executed {
            Ok(outcome) => drop(numbers.insert(number(&outcome))),
            Err(error) => refused.push((n, error)),
        }
    }
    assert!(
        matches!(refused[..], [(31, ExecuteError::Rejected(Rejection::BelowZero))]),
        "{refused:?}"
    );
    assert_eq!(numbers, (1..=63).collect());
    Ok(())
}

pub(crate) async fn a_refusal_of_a_group_is_never_founded_on_old_news(
    rig: &Rig,
) -> anyhow::Result<()> {
    let (numbered, other) = (numbered(rig).await?, numbered(rig).await?);
    dispatch(&numbered, command_context("first", new_id(), 1)).await?;
    let refused = dispatch(&numbered, command_context("second", new_id(), -2)).await;
    assert!(matches!(refused, Err(ExecuteError::Rejected(_))), "{refused:?}");
    dispatch(&other, command_context("third", new_id(), 1)).await?;
    // Only the other knows of two.
    let outcome = dispatch(&numbered, command_context("second", new_id(), -2)).await?;
    assert_eq!(number(&outcome), -2);
    // A command that finds that nothing changes is told the version that there is now.
    let again = dispatch(&other, command_context("first", new_id(), 1)).await?;
    assert_eq!((again.version, again.events.len(), again.repeated), (1, 0, false));
    Ok(())
}

pub(crate) async fn a_command_that_panics_takes_no_neighbour_with_it(
    rig: &Rig,
) -> anyhow::Result<()> {
    let numbered = numbered(rig).await?;
    let given = (0..20).map(|n| {
        let amount = if n == 7 { PANIC } else { 1 };
        let (numbered, context) =
            (numbered.clone(), command_context(&format!("n{n}"), new_id(), amount));
        tokio::spawn(async move { dispatch(&numbered, context).await })
    });
    let mut numbers = BTreeSet::new();
    for (n, given) in future::join_all(given).await.into_iter().enumerate() {
        match given {
            Ok(executed) => drop(numbers.insert(number(&executed?))),
            Err(panic) => assert!(n == 7 && panic.is_panic(), "{n}: {panic}"),
        }
    }
    assert_eq!(numbers, (1..=19).collect());
    Ok(())
}

pub(crate) async fn more_than_a_commit_holds_are_divided(rig: &Rig) -> anyhow::Result<()> {
    let numbered = numbered(rig).await?;
    let given =
        (0..600).map(|n| dispatch(&numbered, command_context(&format!("n{n}"), new_id(), 1)));
    let outcomes = future::try_join_all(given).await?;
    assert_eq!(outcomes.iter().map(number).collect::<BTreeSet<_>>(), (1..=600).collect());
    let register = commits(rig, REGISTER).await?;
    assert!(register.iter().all(|commit| commit.events.len() <= EVENTS_PER_COMMIT_MAX));
    assert!(register.len() <= 6, "{} commits for 600 commands", register.len());
    Ok(())
}

pub(crate) async fn two_processes_race_for_what_numbers_and_lose_and_double_nothing(
    rig: &Rig,
) -> anyhow::Result<()> {
    const EACH: usize = 96;
    let mut writers = tokio::task::JoinSet::new();
    for process in 0..2 {
        let numbered = numbered(rig).await?;
        for writer in 0..16 {
            let numbered = numbered.clone();
            writers.spawn(async move {
                let mut numbers = Vec::new();
                for n in 0..EACH / 16 {
                    let context = command_context(&format!("p{process}-{writer}-{n}"), new_id(), 1);
                    numbers.push(loop {
                        match dispatch(&numbered, context.clone()).await {
                            Ok(outcome) => break number(&outcome),
                            Err(ExecuteError::Contended) => (),
                            Err(error) => panic!("{error:?}"),
                        }
                    });
                }
                numbers
            });
        }
    }
    let numbers: Vec<i64> = writers.join_all().await.into_iter().flatten().collect();
    let distinct: BTreeSet<i64> = numbers.iter().copied().collect();
    assert_eq!((numbers.len(), distinct), (2 * EACH, (1..=2 * EACH as i64).collect()));
    Ok(())
}

pub(crate) async fn a_command_given_by_many_to_two_processes_takes_one_number(
    rig: &Rig,
) -> anyhow::Result<()> {
    let once = command_context("once", new_id(), 1);
    let mut dispatchers = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let numbered = numbered(rig).await?;
        for n in 0..8 {
            let (numbered, once) = (numbered.clone(), once.clone());
            dispatchers.spawn(async move {
                dispatch(&numbered, command_context(&format!("crowd-{}", new_id()), new_id(), 1))
                    .await
                    .unwrap();
                dispatch(&numbered, once).await.unwrap_or_else(|error| panic!("{n}: {error:?}"))
            });
        }
    }
    let outcomes = dispatchers.join_all().await;
    assert!(outcomes.iter().all(|one| one.version == 1 && one.position == outcomes[0].position));
    assert_eq!(outcomes.iter().filter(|one| !one.repeated).count(), 1, "{outcomes:?}");
    let register = rig.repository().await?.load(&id(REGISTER)).await?;
    assert_eq!(register.state.sum, 17);
    // The same key for another request.
    let other = CommandContext { digest: "other".into(), ..once };
    let reused = dispatch(&numbered(rig).await?, other).await;
    assert!(matches!(reused, Err(ExecuteError::KeyReused)), "{reused:?}");
    Ok(())
}

/// Facts that come when they are let through, and that somebody waits for them.
#[derive(Default)]
struct Slow {
    asked: Notify,
    let_through: Option<Semaphore>,
}

impl FactSource<Tally> for Arc<Slow> {
    async fn facts(&self, _: &Tally, context: &CommandContext<Tally>) -> Result<(), Refused> {
        if let Some(let_through) = self.let_through.as_ref().filter(|_| context.id == id("slow")) {
            self.asked.notify_one();
            let_through.acquire().await.unwrap().forget();
        }
        Ok(())
    }
}

pub(crate) async fn who_waits_for_a_shared_aggregate_holds_up_nobody_on_its_own(
    rig: &Rig,
) -> anyhow::Result<()> {
    let log = rig.log().await?;
    let slow = Arc::new(Slow { let_through: Some(Semaphore::new(0)), ..Slow::default() });
    let own: Arc<Repository<Tally>> = Arc::new(Repository::new(log.clone()));
    let numbered: Numbered<_> =
        Arc::new(GroupExecutor::new(Repository::new(log), own.clone(), slow.clone()));
    let mut first = Box::pin(dispatch(&numbered, command_context("slow", new_id(), 1)));
    assert!(poll!(&mut first).is_pending());
    slow.asked.notified().await;
    // The group of the first stands still. The second waits for the register ...
    let mut second = Box::pin(dispatch(&numbered, command_context("waits", new_id(), 1)));
    assert!(poll!(&mut second).is_pending());
    // ... and whoever needs nothing of the register passes by.
    execute(&own, &NoFacts, &command_context("waits", new_id(), 5)).await?;
    assert!(poll!(&mut second).is_pending());
    slow.let_through.as_ref().unwrap().add_permits(9);
    assert_eq!(number(&first.await?), 1);
    assert_eq!(second.await?.version, 1, "it has something already");
    Ok(())
}

pub(crate) async fn one_whose_own_aggregate_is_busy_holds_up_nobody(
    rig: &Rig,
) -> anyhow::Result<()> {
    let log = rig.log().await?;
    let own: Arc<Repository<Tally>> = Arc::new(Repository::new(log.clone()));
    let numbered: Numbered =
        Arc::new(GroupExecutor::new(Repository::new(log), own.clone(), NoFacts));
    let slow = Arc::new(Slow { let_through: Some(Semaphore::new(0)), ..Slow::default() });
    let busy = command_context("slow", new_id(), -1);
    let mut busy = Box::pin(execute(&own, &slow, &busy));
    assert!(poll!(&mut busy).is_pending());
    slow.asked.notified().await;
    let mut behind = Box::pin(dispatch(&numbered, command_context("slow", new_id(), 1)));
    assert!(poll!(&mut behind).is_pending());
    for n in 1..=3 {
        assert_eq!(
            number(&dispatch(&numbered, command_context(&format!("n{n}"), new_id(), 1)).await?),
            n
        );
    }
    assert!(poll!(&mut behind).is_pending());
    slow.let_through.as_ref().unwrap().add_permits(9);
    assert!(busy.await.is_err(), "below zero");
    assert_eq!(number(&behind.await?), 4);
    Ok(())
}

fn impatient(name: &str) -> CommandContext<Tally> {
    let deadline = Deadline::at(clock::now() + PATIENCE);
    CommandContext { deadline, ..command_context(name, new_id(), 1) }
}

fn is_late(executed: &Executed) -> bool {
    matches!(executed, Err(ExecuteError::Store(StoreError::Append(AppendError::Late))))
}

pub(crate) async fn a_command_leaves_its_group_at_its_deadline_and_takes_no_number()
-> anyhow::Result<()> {
    let server = temporary::nats().await?;
    let wire = Wire::to(server.port()).await?;
    let client = async_nats::connect(format!("nats://{}", wire.address)).await?;
    // One batch goes at a time.
    let tuning = Tuning {
        single_max: 0,
        batches_in_flight_max: 1,
        ack_timeout: PATIENCE * 10,
        ..Tuning::default()
    };
    open(client.clone(), 1).await?;
    let log = Log::open_tuned(client, CONTEXT, 1, tuning).await?;
    let slow = Arc::new(Slow { let_through: Some(Semaphore::new(0)), ..Slow::default() });
    let numbered = numbered_with(&log, slow.clone());

    // Behind a group that stands still.
    let mut first = Box::pin(dispatch(&numbered, command_context("slow", new_id(), 1)));
    assert!(poll!(&mut first).is_pending());
    slow.asked.notified().await;
    let mut patient = Box::pin(dispatch(&numbered, command_context("patient", new_id(), 1)));
    assert!(poll!(&mut patient).is_pending());
    // A caller that goes away takes its command with it.
    let mut gone = Box::pin(dispatch(&numbered, command_context("gone", new_id(), 1)));
    assert!(poll!(&mut gone).is_pending());
    let (begun, late) = (Instant::now(), impatient("late"));
    let executed = dispatch(&numbered, late.clone()).await;
    assert!(is_late(&executed), "{executed:?}");
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    drop(gone);
    slow.let_through.as_ref().unwrap().add_permits(9);
    assert_eq!((number(&first.await?), number(&patient.await?)), (1, 2));

    // In a group that waits behind another batch, whose acknowledgement does not come.
    log.creations().await?;
    wire.swallowing.store(true, Ordering::SeqCst);
    let mut other = Box::pin(log.append(vec![pending(&log, "a", 0), pending(&log, "b", 0)]));
    assert!(poll!(&mut other).is_pending());
    wire.swallowed.notified().await;
    wire.swallowing.store(false, Ordering::SeqCst);
    let mut neighbour = Box::pin(dispatch(&numbered, command_context("neighbour", new_id(), 1)));
    assert!(poll!(&mut neighbour).is_pending());
    let (begun, behind) = (Instant::now(), impatient("behind"));
    let executed = dispatch(&numbered, behind).await;
    assert!(is_late(&executed), "{executed:?}");
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    let other = other.await;
    assert!(matches!(other, Err(AppendError::Unknown { .. })), "{other:?}");
    assert_eq!(number(&neighbour.await?), 3);

    let repository: Repository<Tally> = Repository::new(log);
    for name in ["late", "gone", "behind"] {
        assert_eq!(repository.load(&id(name)).await?.version, 0, "{name}");
    }
    let again = dispatch(&numbered, CommandContext { deadline: Deadline::NONE, ..late }).await?;
    assert_eq!(number(&again), 4);
    Ok(())
}

pub(crate) async fn a_lost_acknowledgement_of_a_group_neither_loses_nor_doubles()
-> anyhow::Result<()> {
    let server = temporary::nats().await?;
    let wire = Wire::to(server.port()).await?;
    let client = async_nats::connect(format!("nats://{}", wire.address)).await?;
    let log = open(client, 1).await?;
    let numbered = numbered_with(&log, NoFacts);
    dispatch(&numbered, command_context("before", new_id(), 1)).await?;
    wire.swallowing.store(true, Ordering::SeqCst);
    let given =
        (0..20).map(|n| dispatch(&numbered, command_context(&format!("n{n}"), new_id(), 1)));
    let hearing_again = async {
        wire.swallowed.notified().await;
        wire.swallowing.store(false, Ordering::SeqCst);
    };
    let (outcomes, ()) = tokio::join!(future::try_join_all(given), hearing_again);
    assert!(outcomes?.iter().filter(|one| one.repeated).count() > 0, "found, not written again");
    let register = Repository::<Tally>::new(log.clone()).load(&id(REGISTER)).await?;
    assert_eq!(register.state.sum, 21);
    let repository: Repository<Tally> = Repository::new(log);
    let mut numbers = BTreeSet::new();
    for n in 0..20 {
        let loaded = repository.load(&id(&format!("n{n}"))).await?;
        assert_eq!(loaded.version, 1);
        numbers.insert(loaded.state.sum);
    }
    assert_eq!(numbers, (2..=21).collect());
    Ok(())
}
