//! One group of commands on a shared aggregate: decided in turn on one state, stored in one batch.

use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use futures::{FutureExt, future::join_all};
use samvirke_schemas::{id::AggregateId, principal::Principal};
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

use super::{Answer, GroupExecutor, PairDecider, Waiting};
use crate::{
    committer::{AppendError, BATCH_BYTES_MAX, BATCH_MESSAGES_MAX, Pending},
    deadline::Deadline,
    decider::Decider,
    envelope::{self, DECISION_BYTES_MAX, EVENTS_PER_COMMIT_MAX},
    execute::{
        ATTEMPTS_MAX, CommandContext, CommandOutcome, Doubt, ExecuteError, FactSource, LATE,
        advance, overtaken, repeated, unchanged,
    },
    loaded::Loaded,
    repository::{CommitMetadata, Repository},
    store_error::StoreError,
    stream::guard::Held,
};

/// What an event has in an envelope beside its data, at most.
const AROUND_EVENT_BYTES: usize = 256;
/// What an envelope has beside its events, at most.
const AROUND_EVENTS_BYTES: usize = 4 * 1024;

type Event<D> = <D as Decider>::Event;
type Failure<P> = ExecuteError<<P as PairDecider>::Rejection>;

/// A command of a group with its own aggregate, which nobody else in this process works on meanwhile.
pub(super) struct Seat<P: PairDecider> {
    waiting: Waiting<P>,
    entry: OwnedMutexGuard<Option<Loaded<P::Own>>>,
    own: Loaded<P::Own>,
    /// Whether `own` is what the stream had once; otherwise it is taken for new.
    is_read: bool,
    facts: Option<<P::Own as Decider>::Facts>,
}

impl<P: PairDecider> Seat<P> {
    pub(super) fn new(
        waiting: Waiting<P>,
        mut entry: OwnedMutexGuard<Option<Loaded<P::Own>>>,
    ) -> Self {
        let hot = entry.take();
        let is_read = hot.is_some();
        let own = hot.unwrap_or_else(|| Loaded::empty(waiting.context.id.clone()));
        Self { waiting, entry, own, is_read, facts: None }
    }

    fn context(&self) -> &CommandContext<P::Own> {
        &self.waiting.context
    }

    /// Releases the aggregate.
    fn release(mut self) -> Waiting<P> {
        *self.entry = self.is_read.then_some(self.own);
        self.waiting
    }

    fn answer(self, executed: Result<CommandOutcome<Event<P::Own>>, Failure<P>>) {
        self.release().answer(executed);
    }

    fn panicked(self, panic: Box<dyn std::any::Any + Send>) {
        let _ = self.release().answer.send(Answer::Panicked(panic));
    }

    /// Reads what has happened to the aggregate; returns whether that was news.
    async fn bring_up_to_date(&mut self, own: &Repository<P::Own>) -> Result<bool, StoreError> {
        let was_read = std::mem::replace(&mut self.is_read, false);
        if self.own.sequence == 0 {
            self.own = own.load(&self.own.id).await?;
        }
        let news = own.catch_up(&mut self.own).await?;
        self.is_read = true;
        let news = news || !was_read;
        if news {
            self.facts = None;
        }
        Ok(news)
    }
}

/// What was decided for a command.
enum Verdict<P: PairDecider> {
    Accepted(Accepted<P>),
    /// It was carried out before.
    Known(CommandOutcome<Event<P::Own>>),
    /// Refused, or a finding that nothing changes, on what is known.
    Refused(Option<Failure<P>>),
    Failed(Failure<P>),
    Panicked(Box<dyn std::any::Any + Send>),
    /// The group has no room for it.
    Later,
}

struct Accepted<P: PairDecider> {
    shared: Vec<Event<P::Shared>>,
    own: Vec<Event<P::Own>>,
    /// The commit on its own aggregate, where there is one.
    pending: Option<Pending>,
}

/// What a batch has room for.
#[derive(Default)]
struct Load {
    events: usize,
    event_bytes: usize,
    messages: usize,
    bytes: usize,
}

impl Load {
    /// Takes a decision; false where it is full. The first always fits.
    fn take<P: PairDecider>(&mut self, accepted: &Accepted<P>) -> bool {
        let size = |event| serde_json::to_vec(event).map_or(0, |bytes| bytes.len());
        let events: usize =
            accepted.shared.iter().map(|event| size(event) + AROUND_EVENT_BYTES).sum();
        let own = accepted.pending.as_ref().map_or(0, |pending| pending.payload.len());
        let with = Self {
            events: self.events + accepted.shared.len(),
            event_bytes: self.event_bytes + events,
            messages: self.messages + usize::from(accepted.pending.is_some()),
            bytes: self.bytes + own,
        };
        let fits = with.events <= EVENTS_PER_COMMIT_MAX
            && with.event_bytes + AROUND_EVENTS_BYTES <= DECISION_BYTES_MAX
            && with.messages < BATCH_MESSAGES_MAX
            && with.bytes + with.event_bytes + AROUND_EVENTS_BYTES <= BATCH_BYTES_MAX;
        let fits = fits || (self.events == 0 && self.messages == 0);
        if fits {
            *self = with;
        }
        fits
    }
}

/// What became of a batch.
enum Stored {
    Yes,
    /// It was not, or may have been; the group is decided again.
    No(AppendError),
    /// Some have left the group; the others are decided again at once.
    Fewer,
    /// Those of the batch are answered.
    Failed,
}

/// A group that is being carried out.
pub(super) struct Group<'a, P: PairDecider, S> {
    executor: &'a GroupExecutor<P, S>,
    shared: Loaded<P::Shared>,
    seats: Vec<Seat<P>>,
    /// Those whose turn comes with the next group.
    later: Vec<Waiting<P>>,
}

impl<'a, P: PairDecider, S: FactSource<P::Own> + Send + 'static> Group<'a, P, S> {
    /// Carries out a group of commands and answers them; returns those whose turn comes with the next one.
    pub(super) async fn carry_out(
        executor: &'a GroupExecutor<P, S>,
        id: &AggregateId,
        entry: &mut Option<Loaded<P::Shared>>,
        seats: Vec<Seat<P>>,
    ) -> Vec<Waiting<P>> {
        let deadline = last_deadline(&seats);
        let shared = match entry.take() {
            Some(hot) => Some(Ok(hot)),
            None => deadline.wait(executor.shared.load(id)).await,
        };
        let shared = match shared {
            Some(Ok(shared)) => shared,
            failed => {
                fail_all(seats, failed.map(|read| read.map(|_| ())));
                return Vec::new();
            }
        };
        let mut group = Self { executor, shared, seats, later: Vec::new() };
        let is_sound = group.attempts().await;
        group.seats.drain(..).for_each(|seat| seat.answer(Err(ExecuteError::Contended)));
        *entry = is_sound.then_some(group.shared);
        group.later
    }

    /// Decides and stores until it is done; returns whether what is known of the shared aggregate is sound.
    async fn attempts(&mut self) -> bool {
        let mut attempt = 0;
        while attempt < ATTEMPTS_MAX {
            self.let_go_whoever_gave_up();
            let verdicts = self.decide().await;
            let verdicts = self.answer_what_is_final(verdicts);
            let is_any_accepted = verdicts.iter().any(|one| matches!(one, Verdict::Accepted(_)));
            let stored = match is_any_accepted {
                true => self.store(attempt, verdicts).await,
                false => Stored::Failed,
            };
            match stored {
                Stored::Yes | Stored::Failed => return self.settle_refusals().await,
                Stored::Fewer => (),
                Stored::No(error) => {
                    let brought_up_to_date = self.bring_up_to_date(attempt, &error).await;
                    if !brought_up_to_date {
                        return false;
                    }
                    attempt += 1;
                }
            }
        }
        true
    }

    /// What is decided for each, one after the other, each on what those before it lead to.
    async fn decide(&mut self) -> Vec<Verdict<P>> {
        loop {
            self.read_facts().await;
            let verdicts = self.decide_in_turn();
            // What begins an aggregate needs no reading; everything else is decided on what there is.
            let unread: Vec<usize> = (0..self.seats.len())
                .filter(|at| {
                    let is_accepted =
                        matches!(verdicts[*at], Verdict::Accepted(_) | Verdict::Later);
                    !self.seats[*at].is_read && !is_accepted
                })
                .collect();
            if unread.is_empty() {
                return verdicts;
            }
            let own = &*self.executor.own;
            let deadline = last_deadline(&self.seats);
            let reads = self.seats.iter_mut().enumerate().filter(|(at, _)| unread.contains(at));
            let reads = reads.map(|(_, seat)| async move {
                seat.own = own.load(&seat.own.id).await?;
                (seat.is_read, seat.facts) = (true, None);
                Ok(())
            });
            let read = deadline.wait(join_all(reads)).await;
            let failed = unread.into_iter().zip(all_or_late(read));
            self.let_go_whoever_failed(failed.collect());
        }
    }

    /// Reads the facts that are missing, those of all at the same time.
    async fn read_facts(&mut self) {
        let source = &self.executor.source;
        let deadline = last_deadline(&self.seats);
        let reads = self.seats.iter_mut().map(|seat| async move {
            let Seat { waiting, own, facts, is_read, .. } = seat;
            let context = &waiting.context;
            let is_final = !matches!(context.find_duplicate::<P::Rejection>(own), Ok(None));
            if facts.is_some() || is_final {
                return Ok(Ok(()));
            }
            let read = context.deadline.wait(source.facts(&own.state, context));
            match AssertUnwindSafe(read).catch_unwind().await {
                Err(panic) => Err(panic),
                Ok(None) => Ok(Err(LATE.into())),
                // What was carried out before is answered without them, so what there is is read first.
                Ok(Some(Err(_))) if !*is_read => Ok(Ok(())),
                Ok(Some(Err(refused))) => Ok(Err(ExecuteError::Facts(refused))),
                Ok(Some(Ok(read))) => {
                    *facts = Some(read);
                    Ok(Ok(()))
                }
            }
        });
        let Some(read) = deadline.wait(join_all(reads)).await else { return };
        for (seat, read) in std::mem::take(&mut self.seats).into_iter().zip(read) {
            match read {
                Ok(Ok(())) => self.seats.push(seat),
                Ok(Err(error)) => seat.answer(Err(error)),
                Err(panic) => seat.panicked(panic),
            }
        }
    }

    fn decide_in_turn(&self) -> Vec<Verdict<P>> {
        let mut state = Cow::Borrowed(&self.shared.state);
        let (mut load, mut is_full) = (Load::default(), false);
        let mut verdicts: Vec<Verdict<P>> = Vec::with_capacity(self.seats.len());
        let mut taken_in = 0;
        for seat in &self.seats {
            for verdict in &verdicts[taken_in..] {
                if let Verdict::Accepted(accepted) = verdict {
                    for event in &accepted.shared {
                        state.to_mut().evolve(event);
                    }
                }
            }
            taken_in = verdicts.len();
            verdicts.push(match is_full {
                true => Verdict::Later,
                false => match self.judge(&state, seat) {
                    Verdict::Accepted(accepted) if !load.take(&accepted) => {
                        is_full = true;
                        Verdict::Later
                    }
                    verdict @ (Verdict::Accepted(_)
                    | Verdict::Known(_)
                    | Verdict::Refused(_)
                    | Verdict::Failed(_)
                    | Verdict::Panicked(_)
                    | Verdict::Later) => verdict,
                },
            });
        }
        verdicts
    }

    fn judge(&self, shared: &P::Shared, seat: &Seat<P>) -> Verdict<P> {
        let (context, own) = (seat.context(), &*self.executor.own);
        match context.find_duplicate(&seat.own) {
            Ok(Some(known)) => return Verdict::Known(repeated(own, known)),
            Err(reused) => return Verdict::Failed(reused),
            Ok(None) => (),
        }
        if let Err(stale) = context.check_version(&seat.own) {
            return Verdict::Refused(Some(stale));
        }
        // They are missing only where the last deadline passed while they were read.
        let Some(facts) = seat.facts.clone() else { return Verdict::Failed(LATE.into()) };
        let command = context.command(facts);
        let decide = || P::decide(shared, &seat.own.state, &command, context.command_id);
        match catch_unwind(AssertUnwindSafe(decide)) {
            Err(panic) => Verdict::Panicked(panic),
            Ok(Err(rejection)) => Verdict::Refused(Some(ExecuteError::Rejected(rejection))),
            Ok(Ok((shared, own))) if shared.is_empty() && own.is_empty() => Verdict::Refused(None),
            Ok(Ok((shared_events, own_events))) => {
                let pending = match own_events.is_empty() {
                    true => None,
                    false => match own.pending(&seat.own, &own_events, context.metadata()) {
                        Ok(pending) => Some(pending),
                        Err(error) => return Verdict::Failed(error.into()),
                    },
                };
                Verdict::Accepted(Accepted { shared: shared_events, own: own_events, pending })
            }
        }
    }

    /// Answers those about whom nothing more can be found, and keeps those who were accepted or refused.
    fn answer_what_is_final(&mut self, verdicts: Vec<Verdict<P>>) -> Vec<Verdict<P>> {
        let mut kept = Vec::with_capacity(verdicts.len());
        for (seat, verdict) in std::mem::take(&mut self.seats).into_iter().zip(verdicts) {
            match verdict {
                Verdict::Accepted(_) | Verdict::Refused(_) => {
                    self.seats.push(seat);
                    kept.push(verdict);
                }
                Verdict::Known(outcome) => seat.answer(Ok(outcome)),
                Verdict::Failed(error) => seat.answer(Err(error)),
                Verdict::Panicked(panic) => seat.panicked(panic),
                Verdict::Later => self.later.push(seat.release()),
            }
        }
        kept
    }

    /// Stores what was accepted, in one batch, and answers it; those who were refused keep their seats.
    async fn store(&mut self, attempt: u32, verdicts: Vec<Verdict<P>>) -> Stored {
        if !self.mark_in_flight(&verdicts) {
            return Stored::Fewer;
        }
        let (mut members, mut events, mut deadline) = (Vec::new(), Vec::new(), Deadline::NONE);
        let mut contexts = Vec::new();
        for (seat, verdict) in self.seats.iter().zip(&verdicts) {
            let Verdict::Accepted(accepted) = verdict else { continue };
            events.extend_from_slice(&accepted.shared);
            members.extend(accepted.pending.clone());
            deadline = deadline.min(seat.context().deadline);
            contexts.push(seat.context());
        }
        let metadata = shared_metadata::<P>(&contexts);
        let (command_id, digest) = (metadata.command_id, metadata.digest.clone());
        let shared = &self.executor.shared;
        let mut shared_payload = None;
        if !events.is_empty() {
            match shared.pending(&self.shared, &events, metadata) {
                Ok(pending) => {
                    shared_payload = Some(pending.payload.clone());
                    members.insert(0, pending);
                }
                Err(error) => return self.fail_the_accepted(verdicts, error),
            }
        }
        match shared.log().append_before(deadline, members).await {
            Ok(sequences) => {
                let mut sequences = sequences.into_iter();
                if let Some(payload) = shared_payload {
                    let at = sequences.next().unwrap_or_default();
                    let by = (command_id, digest.as_str());
                    advance(shared, &mut self.shared, by, events, at, payload);
                }
                self.answer_what_is_stored(verdicts, sequences);
                Stored::Yes
            }
            Err(error) => self.was_not_stored(attempt, verdicts, error).await,
        }
    }

    /// Marks all that was accepted as in flight; where somebody has given up, nothing is.
    fn mark_in_flight(&mut self, verdicts: &[Verdict<P>]) -> bool {
        let accepted = self.seats.iter().zip(verdicts);
        let accepted = accepted.filter(|(_, verdict)| matches!(verdict, Verdict::Accepted(_)));
        let tickets: Vec<_> = accepted.map(|(seat, _)| seat.waiting.ticket.clone()).collect();
        let all = tickets.iter().all(|ticket| ticket.send());
        if !all {
            tickets.iter().for_each(|ticket| ticket.take_back());
        }
        all
    }

    fn answer_what_is_stored(
        &mut self,
        verdicts: Vec<Verdict<P>>,
        mut sequences: impl Iterator<Item = u64>,
    ) {
        let own = &*self.executor.own;
        for (mut seat, verdict) in std::mem::take(&mut self.seats).into_iter().zip(verdicts) {
            let Verdict::Accepted(accepted) = verdict else {
                self.seats.push(seat);
                continue;
            };
            let outcome = match accepted.pending {
                Some(pending) => {
                    let at = sequences.next().unwrap_or_default();
                    let CommandContext { command_id, digest, .. } = &seat.waiting.context;
                    let by = (*command_id, digest.as_str());
                    seat.is_read = true;
                    advance(own, &mut seat.own, by, accepted.own, at, pending.payload)
                }
                None => unchanged(own, &seat.own),
            };
            seat.answer(Ok(outcome));
        }
    }

    /// What follows where a batch was not stored, or nobody knows.
    async fn was_not_stored(
        &mut self,
        attempt: u32,
        verdicts: Vec<Verdict<P>>,
        error: AppendError,
    ) -> Stored {
        for (seat, verdict) in self.seats.iter().zip(&verdicts) {
            if matches!(verdict, Verdict::Accepted(_)) {
                if matches!(error, AppendError::Unknown { .. }) {
                    seat.waiting.ticket.doubts(&error);
                }
                seat.waiting.ticket.take_back();
            }
        }
        if error == AppendError::Late {
            return self.let_go_whoever_is_late();
        }
        if let AppendError::Held(held @ Held::Gaps { .. }) = &error
            && self.shared.sequence > 0
        {
            return self.let_go_whoever_is_new(verdicts, held.clone()).await;
        }
        match overtaken(attempt, error.clone(), &mut Doubt::default()).await {
            Ok(()) => Stored::No(error),
            Err(_final) => self.fail_the_accepted(verdicts, error.into()),
        }
    }

    fn let_go_whoever_is_late(&mut self) -> Stored {
        let before = self.seats.len();
        for seat in std::mem::take(&mut self.seats) {
            match seat.context().deadline.has_passed() {
                true => seat.answer(Err(LATE.into())),
                false => self.seats.push(seat),
            }
        }
        match self.seats.len() < before {
            true => Stored::Fewer,
            false => Stored::No(AppendError::Late),
        }
    }

    /// Nothing new is made in a stream with a gap. What was taken for new may be there, and sound.
    async fn let_go_whoever_is_new(&mut self, verdicts: Vec<Verdict<P>>, held: Held) -> Stored {
        let own = &*self.executor.own;
        let deadline = last_deadline(&self.seats);
        let is_new = |seat: &Seat<P>, verdict: &Verdict<P>| {
            matches!(verdict, Verdict::Accepted(_)) && seat.own.sequence == 0
        };
        let new: Vec<bool> =
            self.seats.iter().zip(&verdicts).map(|(seat, one)| is_new(seat, one)).collect();
        let reads = self.seats.iter_mut().zip(&new).map(|(seat, is_new)| {
            let held = held.clone();
            async move {
                if *is_new {
                    seat.bring_up_to_date(own).await?;
                    if seat.own.version == 0 {
                        return Err(AppendError::from(held).into());
                    }
                }
                Ok(())
            }
        });
        let read = deadline.wait(join_all(reads)).await;
        self.let_go_whoever_failed((0..new.len()).zip(all_or_late(read)).collect());
        Stored::Fewer
    }

    fn fail_the_accepted(&mut self, verdicts: Vec<Verdict<P>>, error: StoreError) -> Stored {
        let failed = verdicts.iter().map(|one| matches!(one, Verdict::Accepted(_)));
        let failed: Vec<bool> = failed.collect();
        let (mut left, mut all) = (Vec::new(), Vec::new());
        for (seat, has_failed) in std::mem::take(&mut self.seats).into_iter().zip(failed) {
            seat.waiting.ticket.take_back();
            if has_failed { all.push(seat) } else { left.push(seat) }
        }
        self.seats = left;
        fail_all(all, Some(Err(error)));
        Stored::Failed
    }

    /// Reads what was stale, so that the group can be decided again.
    async fn bring_up_to_date(&mut self, attempt: u32, error: &AppendError) -> bool {
        let deadline = last_deadline(&self.seats);
        let shared = &self.executor.shared;
        let (own, id) = (&*self.executor.own, self.shared.id.clone());
        let known = &mut self.shared;
        let read = deadline.wait(async {
            if known.sequence == 0 {
                *known = shared.load(&id).await?;
            }
            shared.catch_up(known).await
        });
        let mut news = match read.await {
            Some(Ok(news)) => news,
            failed => return self.fail_everybody(failed.map(|read| read.map(|_| ()))),
        };
        self.seats.iter_mut().for_each(|seat| seat.facts = None);
        if news && attempt == 0 && matches!(error, AppendError::Conflict { .. }) {
            // Most often it was only the aggregate that all of them change.
            return true;
        }
        let reads = self.seats.iter_mut().map(|seat| seat.bring_up_to_date(own));
        let read = all_or_late(deadline.wait(join_all(reads)).await);
        let mut read: Vec<_> = (0..self.seats.len()).zip(read).collect();
        news |= read.iter().any(|(_, one)| matches!(one, Ok(true)));
        if !news && attempt > 0 {
            // What we knew may be of histories that the stream has lost.
            match deadline.wait(shared.load_whole(&id)).await {
                Some(Ok(whole)) => self.shared = whole,
                failed => return self.fail_everybody(failed.map(|read| read.map(|_| ()))),
            }
            let reads = self.seats.iter_mut().map(|seat| async move {
                seat.own = own.load_whole(&seat.own.id).await?;
                own.catch_up(&mut seat.own).await
            });
            let whole = all_or_late(deadline.wait(join_all(reads)).await);
            read = (0..self.seats.len()).zip(whole).collect();
        }
        let read = read.into_iter().map(|(at, read)| (at, read.map(|_| ()))).collect();
        self.let_go_whoever_failed(read);
        true
    }

    /// Answers those who were refused: a refusal, or a finding that nothing changes, is never founded on old
    /// news. Whoever is not refused on what there is now comes with the next group.
    async fn settle_refusals(&mut self) -> bool {
        self.let_go_whoever_gave_up();
        if self.seats.is_empty() {
            return true;
        }
        let deadline = last_deadline(&self.seats);
        let read = deadline.wait(self.executor.shared.catch_up(&mut self.shared)).await;
        match read {
            Some(Ok(_)) => (),
            failed => return self.fail_everybody(failed.map(|read| read.map(|_| ()))),
        }
        let own = &*self.executor.own;
        let reads = self.seats.iter_mut().map(|seat| seat.bring_up_to_date(own));
        let read = all_or_late(deadline.wait(join_all(reads)).await);
        let read = read.map(|read| read.map(|_| ()));
        self.let_go_whoever_failed((0..self.seats.len()).zip(read).collect());
        self.read_facts().await;
        let nothing = |seat: &Seat<P>| seat.own.version == 0 || self.shared.version == 0;
        if self.seats.iter().any(nothing) {
            // That nothing is found says nothing where something may be unreadable.
            let sound = deadline.wait(self.executor.own.log().creations()).await;
            if !matches!(sound, Some(Ok(()))) {
                return self.fail_everybody(sound.map(|sound| sound.map_err(StoreError::from)));
            }
        }
        for seat in std::mem::take(&mut self.seats) {
            match self.judge(&self.shared.state, &seat) {
                Verdict::Accepted(_) | Verdict::Later => self.later.push(seat.release()),
                Verdict::Known(outcome) => seat.answer(Ok(outcome)),
                Verdict::Refused(Some(error)) | Verdict::Failed(error) => seat.answer(Err(error)),
                Verdict::Refused(None) => {
                    let outcome = unchanged(&self.executor.own, &seat.own);
                    seat.answer(Ok(outcome));
                }
                Verdict::Panicked(panic) => seat.panicked(panic),
            }
        }
        true
    }

    fn let_go_whoever_gave_up(&mut self) {
        for seat in std::mem::take(&mut self.seats) {
            if seat.waiting.ticket.is_given_up() {
                seat.release();
            } else {
                self.seats.push(seat);
            }
        }
    }

    /// Answers those of the seats whose own aggregate could not be read.
    fn let_go_whoever_failed(&mut self, read: Vec<(usize, Result<(), StoreError>)>) {
        let mut failed: std::collections::HashMap<usize, StoreError> =
            read.into_iter().filter_map(|(at, read)| Some((at, read.err()?))).collect();
        for (at, mut seat) in std::mem::take(&mut self.seats).into_iter().enumerate() {
            match failed.remove(&at) {
                None => self.seats.push(seat),
                Some(error) => {
                    seat.is_read = false;
                    seat.answer(Err(error.into()));
                }
            }
        }
    }

    /// Answers everybody where the shared aggregate could not be read.
    fn fail_everybody(&mut self, failed: Option<Result<(), StoreError>>) -> bool {
        fail_all(std::mem::take(&mut self.seats), failed);
        false
    }
}

/// When the last of the callers stops waiting.
fn last_deadline<P: PairDecider>(seats: &[Seat<P>]) -> Deadline {
    seats.iter().map(|seat| seat.context().deadline).reduce(Deadline::max).unwrap_or_default()
}

/// What each read said; where the last deadline passed first, that it did.
fn all_or_late<T>(
    read: Option<Vec<Result<T, StoreError>>>,
) -> impl Iterator<Item = Result<T, StoreError>> {
    let late = read.is_none();
    let late = late.then(|| std::iter::repeat_with(|| Err(LATE))).into_iter().flatten();
    read.into_iter().flatten().chain(late)
}

/// Answers several for the same reason: none where the last deadline passed.
fn fail_all<P: PairDecider>(seats: Vec<Seat<P>>, failed: Option<Result<(), StoreError>>) {
    let Some(Err(error)) = failed else {
        return seats.into_iter().for_each(|seat| seat.answer(Err(LATE.into())));
    };
    if let StoreError::Append(error) = &error {
        return seats.into_iter().for_each(|seat| {
            seat.answer(Err(StoreError::Append(error.clone()).into()));
        });
    }
    let error = Arc::new(error);
    for seat in seats {
        seat.answer(Err(StoreError::Shared(error.clone()).into()));
    }
}

/// The metadata of the commit on the shared aggregate: Samvirke itself makes it, for all commands of the group.
fn shared_metadata<P: PairDecider>(contexts: &[&CommandContext<P::Own>]) -> CommitMetadata {
    let ids: String = contexts.iter().map(|context| format!("/{}", context.command_id)).collect();
    let first = contexts.first().map(|context| context.command_id).unwrap_or_default();
    let (kind, command) = (P::Shared::KIND, P::SHARED_COMMAND);
    CommitMetadata {
        command_id: Uuid::new_v5(&first, format!("{kind}{ids}").as_bytes()),
        command: format!("{kind}.{command}"),
        digest: envelope::digest(ids.as_bytes()),
        actor: Principal::system(P::Own::CONTEXT),
        cause: None,
        traceparent: None,
        provenance: None,
        occurred_at: contexts.iter().map(|context| context.at).max().unwrap_or_default(),
        recorded_at: contexts.iter().map(|context| context.now).max().unwrap_or_default(),
    }
}
