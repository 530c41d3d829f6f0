//! One command that changes two aggregates of a stream, in one commit.

use samvirke_schemas::id::AggregateId;

use super::{
    ATTEMPTS_MAX, Done, Doubt, ExecuteError, FactSource, LATE, Order, advance, overtaken, repeated,
    unchanged,
};
use crate::{
    decider::{Command, Decider},
    loaded::Loaded,
    repository::{Repository, StoreError},
};

/// Carries out a command on `second` that also changes `first`, as one commit.
///
/// `decide` sees both states and gives the events of both. Where one list is empty only the other is
/// stored, and where both are, nothing is.
///
/// # Errors
///
/// As [`execute`](super::execute).
pub async fn execute_together<A: Decider, B: Decider, R: std::error::Error + 'static>(
    first: (&Repository<A>, &AggregateId),
    second: (&Repository<B>, &Order<B>),
    source: &impl FactSource<B>,
    decide: impl Fn(&A, &B, &Command<B::Request, B::Facts>) -> Result<(Vec<A::Event>, Vec<B::Event>), R>,
) -> Result<(Done<A::Event>, Done<B::Event>), ExecuteError<R>> {
    let ((first, first_id), (second, order)) = (first, second);
    let (first_slot, second_slot) = (first.slot(first_id), second.slot(&order.id));
    // Always in this order, so that two such commands cannot wait for each other.
    let slots = async { (first_slot.lock().await, second_slot.lock().await) };
    let (mut first_slot, mut second_slot) = order.deadline.wait(slots).await.ok_or(LATE)?;
    let slots = (&mut *first_slot, &mut *second_slot);
    let mut doubt = Doubt::default();
    let outcome =
        attempts((first, first_id), (second, order), source, decide, slots, &mut doubt).await;
    outcome.map_err(|error| doubt.about(error))
}

async fn attempts<A: Decider, B: Decider, R: std::error::Error + 'static>(
    (first, first_id): (&Repository<A>, &AggregateId),
    (second, order): (&Repository<B>, &Order<B>),
    source: &impl FactSource<B>,
    decide: impl Fn(&A, &B, &Command<B::Request, B::Facts>) -> Result<(Vec<A::Event>, Vec<B::Event>), R>,
    (first_slot, second_slot): (&mut Option<Loaded<A>>, &mut Option<Loaded<B>>),
    doubt: &mut Doubt,
) -> Result<BothDone<A, B>, ExecuteError<R>> {
    for attempt in 0..ATTEMPTS_MAX {
        let (a, b) = (first_slot.take(), second_slot.take());
        let read = order.deadline.wait(async {
            let a = match a {
                Some(hot) => hot,
                None => first.load(first_id).await?,
            };
            let b = match b {
                Some(hot) => hot,
                None => second.load(&order.id).await?,
            };
            Ok::<_, StoreError>(Pair { a, b })
        });
        let mut pair = read.await.ok_or(LATE)??;
        let outcome = attempt_once(first, second, (source, order), &mut pair, &decide).await;
        let again = match outcome {
            Ok(Attempt::Done(done)) => Ok(Some(done)),
            Ok(Attempt::Overtaken(error)) => {
                overtaken(attempt, error, doubt).await?;
                let read = order.deadline.wait(async {
                    let news = first.catch_up(&mut pair.a).await?;
                    if !second.catch_up(&mut pair.b).await? && !news && attempt > 0 {
                        // What we knew may be of histories that the stream has lost.
                        pair.a = first.load_whole(first_id).await?;
                        pair.b = second.load_whole(&order.id).await?;
                    }
                    Ok::<_, StoreError>(())
                });
                read.await.ok_or(LATE)??;
                Ok(None)
            }
            Err(error) => Err(error),
        };
        (*first_slot, *second_slot) = (Some(pair.a), Some(pair.b));
        if let Some(done) = again? {
            return Ok(done);
        }
    }
    Err(ExecuteError::Contended)
}

struct Pair<A: Decider, B: Decider> {
    a: Loaded<A>,
    b: Loaded<B>,
}

type BothDone<A, B> = (Done<<A as Decider>::Event>, Done<<B as Decider>::Event>);

enum Attempt<A: Decider, B: Decider> {
    Done(BothDone<A, B>),
    Overtaken(crate::committer::AppendError),
}

async fn attempt_once<A: Decider, B: Decider, R: std::error::Error + 'static>(
    first: &Repository<A>,
    second: &Repository<B>,
    (source, order): (&impl FactSource<B>, &Order<B>),
    pair: &mut Pair<A, B>,
    decide: &impl Fn(
        &A,
        &B,
        &Command<B::Request, B::Facts>,
    ) -> Result<(Vec<A::Event>, Vec<B::Event>), R>,
) -> Result<Attempt<A, B>, ExecuteError<R>> {
    let (a_events, b_events) = loop {
        if order.deadline.has_passed() {
            return Err(LATE.into());
        }
        if let Some(known) = order.earlier(&pair.b)? {
            let done = repeated(second, known);
            return Ok(Attempt::Done((unchanged(first, &pair.a), done)));
        }
        let decided = match order.check_version(&pair.b) {
            Ok(()) => {
                let facts = order.deadline.wait(source.facts(&pair.b.state, order)).await;
                let facts = facts.ok_or(LATE)?.map_err(ExecuteError::Facts)?;
                decide(&pair.a.state, &pair.b.state, &order.command(facts))
                    .map_err(ExecuteError::Rejected)
            }
            Err(stale) => Err(stale),
        };
        match decided {
            Ok((a, b)) if !(a.is_empty() && b.is_empty()) => break (a, b),
            // A refusal, or a finding that nothing changes, is never founded on old news.
            decided => {
                let news = first.catch_up(&mut pair.a).await?;
                if second.catch_up(&mut pair.b).await? || news {
                    continue;
                }
                if pair.a.version == 0 || pair.b.version == 0 {
                    second.log().creations().await.map_err(StoreError::from)?;
                }
                decided?;
                let done = (unchanged(first, &pair.a), unchanged(second, &pair.b));
                return Ok(Attempt::Done(done));
            }
        }
    };
    let mut members = Vec::with_capacity(2);
    if !a_events.is_empty() {
        members.push(first.pending(&pair.a, &a_events, order.about())?);
    }
    if !b_events.is_empty() {
        members.push(second.pending(&pair.b, &b_events, order.about())?);
    }
    let payloads: Vec<_> = members.iter().map(|member| member.payload.clone()).collect();
    let sequences = match first.log().append_before(order.deadline, members).await {
        Ok(sequences) => sequences,
        Err(error) => return Ok(Attempt::Overtaken(error)),
    };
    let mut stored = sequences.into_iter().zip(payloads);
    let a_stored = if a_events.is_empty() { None } else { stored.next() };
    let b_stored = if b_events.is_empty() { None } else { stored.next() };
    let a_done = match a_stored {
        Some((at, payload)) => {
            advance(first, &mut pair.a, (order.command_id, &order.digest), a_events, at, payload)
        }
        None => unchanged(first, &pair.a),
    };
    let b_done = match b_stored {
        Some((at, payload)) => {
            advance(second, &mut pair.b, (order.command_id, &order.digest), b_events, at, payload)
        }
        None => unchanged(second, &pair.b),
    };
    Ok(Attempt::Done((a_done, b_done)))
}
