//! Commands that change a shared aggregate beside their own: those that wait for the same shared
//! aggregate are decided one after the other and stored together, as one atomic batch.
//!
//! Invariants: whoever waits for the shared aggregate holds no other command up, not even one on its own
//! aggregate; a command is stored in one batch with what it changes of the shared aggregate; a command
//! that is refused, given up or fails leaves nothing behind and takes no neighbour with it. No time is
//! waited for others to come: a group is what waits when the one before it is stored.

use std::{
    any::Any,
    collections::{HashMap, HashSet, VecDeque},
    panic::resume_unwind,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use samvirke_schemas::id::AggregateId;
use tokio::sync::{Notify, oneshot};
use tracing::error;
use uuid::Uuid;

use super::{CommandContext, CommandOutcome, ExecuteError, FactSource, LATE};
use crate::{
    committer::AppendError,
    decider::{Command, Decider},
    envelope::EVENTS_PER_COMMIT_MAX,
    repository::Repository,
    store_error::StoreError,
    supervision::{Stop, Supervisor, caught},
};

mod group;
mod ticket;

use group::{Group, Seat};
use ticket::{GivenUpOnDrop, Ticket};

/// The most commands that may wait for one shared aggregate.
const WAITING_MAX: usize = 8_192;

/// How a command on one aggregate changes a shared one with it, as a case takes its number from a register.
pub trait PairDecider: Send + Sync + 'static {
    /// The aggregate that many commands change.
    type Shared: Decider;
    /// The aggregate that a command is dispatched to.
    type Own: Decider;
    type Rejection: std::error::Error + Send + 'static;
    /// The tag under which the commits of the shared aggregate are recorded.
    const SHARED_COMMAND: &'static str;

    /// Decides the command `command_id` on both states. Where one list is empty only the other is
    /// stored, and where both are, nothing is.
    ///
    /// # Errors
    ///
    /// The rule that says no. Then neither changes.
    fn decide(
        shared: &Self::Shared,
        own: &Self::Own,
        command: &Command<<Self::Own as Decider>::Request, <Self::Own as Decider>::Facts>,
        command_id: Uuid,
    ) -> Result<EventsOfBoth<Self>, Self::Rejection>;
}

/// What a command leads to, on the shared aggregate and on its own.
pub type EventsOfBoth<P> = (
    Vec<<<P as PairDecider>::Shared as Decider>::Event>,
    Vec<<<P as PairDecider>::Own as Decider>::Event>,
);

type Executed<P> = Result<
    CommandOutcome<<<P as PairDecider>::Own as Decider>::Event>,
    ExecuteError<<P as PairDecider>::Rejection>,
>;

/// What a caller is answered.
enum Answer<P: PairDecider> {
    Executed(Executed<P>),
    /// Deciding panicked; the caller's own task goes on with the panic.
    Panicked(Box<dyn Any + Send>),
}

/// A command that waits for its turn.
struct Waiting<P: PairDecider> {
    context: CommandContext<P::Own>,
    ticket: Arc<Ticket>,
    answer: oneshot::Sender<Answer<P>>,
}

impl<P: PairDecider> Waiting<P> {
    /// Answers the caller, who may be gone.
    fn answer(self, executed: Executed<P>) {
        let executed = executed.map_err(|error| self.ticket.doubt().qualify(error));
        let _ = self.answer.send(Answer::Executed(executed));
    }
}

/// The commands that wait for one shared aggregate, in the order they came.
struct Queue<P: PairDecider> {
    waiting: Mutex<VecDeque<Waiting<P>>>,
    arrived: Notify,
}

impl<P: PairDecider> Queue<P> {
    fn with<T>(&self, work: impl FnOnce(&mut VecDeque<Waiting<P>>) -> T) -> T {
        work(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts commands back to where they came from, before all that came later.
    fn put_back(
        &self,
        commands: impl IntoIterator<Item = Waiting<P>, IntoIter: DoubleEndedIterator>,
    ) {
        self.with(|waiting| {
            for command in commands.into_iter().rev() {
                waiting.push_front(command);
            }
        });
    }
}

/// Commands whose own aggregate is busy, until it is free.
type Busy<P> = FuturesUnordered<BoxFuture<'static, Waiting<P>>>;

/// Carries out commands in groups, one group at a time for each shared aggregate.
pub struct GroupExecutor<P: PairDecider, S> {
    shared: Repository<P::Shared>,
    own: Arc<Repository<P::Own>>,
    source: S,
    /// Those that somebody waits for; each has a task that carries out its groups.
    queues: Mutex<HashMap<AggregateId, Arc<Queue<P>>>>,
}

impl<P: PairDecider, S: FactSource<P::Own> + Send + 'static> GroupExecutor<P, S> {
    pub fn new(shared: Repository<P::Shared>, own: Arc<Repository<P::Own>>, source: S) -> Self {
        Self { shared, own, source, queues: Mutex::default() }
    }

    /// The shared aggregates.
    pub fn shared(&self) -> &Repository<P::Shared> {
        &self.shared
    }

    /// Carries out a command that also changes the aggregate `shared`, with the others that wait for it.
    ///
    /// A caller that goes away takes its command with it, unless it is in flight.
    ///
    /// # Errors
    ///
    /// As [`execute`](super::execute).
    ///
    /// # Panics
    ///
    /// Where deciding the command panics.
    pub async fn execute(
        self: &Arc<Self>,
        shared: &AggregateId,
        context: CommandContext<P::Own>,
    ) -> Executed<P> {
        let deadline = context.deadline;
        let (answer, mut answered) = oneshot::channel();
        let ticket = Arc::<Ticket>::default();
        let _given_up = GivenUpOnDrop(&ticket);
        self.enqueue(shared, Waiting { context, ticket: ticket.clone(), answer })?;
        let answer = match deadline.wait(&mut answered).await {
            Some(answer) => answer,
            None => match ticket.give_up() {
                Some(doubt) => return Err(doubt.qualify(LATE.into())),
                // It is in flight.
                None => answered.await,
            },
        };
        match (answer, ticket.give_up()) {
            (Ok(Answer::Executed(executed)), _) => executed,
            (Ok(Answer::Panicked(panic)), _) => resume_unwind(panic),
            (Err(_stopped), Some(doubt)) if doubt.is_none() => {
                resume_unwind(Box::new("what carried out the command's group panicked"))
            }
            (Err(_stopped), _) => {
                let reason = "what carried out the command's group panicked".into();
                Err(StoreError::from(AppendError::Unknown { reason }).into())
            }
        }
    }

    /// Lets a command wait; the first that waits for a shared aggregate starts the task for its groups.
    fn enqueue(
        self: &Arc<Self>,
        shared: &AggregateId,
        command: Waiting<P>,
    ) -> Result<(), ExecuteError<P::Rejection>> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(shared) {
            let has_room = queue.with(|waiting| {
                let has_room = waiting.len() < WAITING_MAX;
                if has_room {
                    waiting.push_back(command);
                }
                has_room
            });
            queue.arrived.notify_one();
            return match has_room {
                true => Ok(()),
                false => Err(StoreError::from(AppendError::Overloaded).into()),
            };
        }
        let waiting = Mutex::new(VecDeque::from([command]));
        let queue = Arc::new(Queue { waiting, arrived: Notify::new() });
        queues.insert(shared.clone(), queue.clone());
        let (executor, shared) = (self.clone(), shared.clone());
        let name = format!("groups of {} {shared}, {}", P::Shared::KIND, rand::random::<u32>());
        let supervisor = Supervisor::of_process();
        supervisor.supervise_one_of_many("groups", name, Stop::MayEnd, move |_| {
            let (executor, shared, queue) = (executor.clone(), shared.clone(), queue.clone());
            async move {
                executor.lead(&shared, &queue).await;
                Ok(())
            }
        });
        Ok(())
    }

    /// Carries out groups until nobody waits.
    async fn lead(&self, id: &AggregateId, queue: &Queue<P>) {
        let mut busy = Busy::new();
        loop {
            let entry = self.shared.entry(id);
            let mut entry = entry.lock().await;
            let seats = self.seat(queue, &busy);
            if seats.is_empty() {
                drop(entry);
                if busy.is_empty() && self.retire(id, queue) {
                    return;
                }
                let until_free = next_free(&mut busy, queue);
                tokio::select! {
                    () = queue.arrived.notified() => (),
                    () = until_free => (),
                }
                continue;
            }
            metrics::histogram!("samvirke_group_commands").record(seats.len() as f64);
            let group = async { Group::carry_out(self, id, &mut entry, seats).await };
            let mut group = pin!(caught(group));
            // Whoever waits for its own aggregate lets it go at once, also while a group is in progress.
            let left = loop {
                tokio::select! {
                    left = &mut group => break left,
                    () = next_free(&mut busy, queue) => (),
                }
            };
            match left {
                Ok(left) => queue.put_back(left),
                // What was known of the aggregates went with the panic; they are read anew.
                Err(reason) => {
                    error!(aggregate.id = %id, reason, "a group of commands made the program panic");
                }
            }
        }
    }

    /// Takes what waits, in its order, as far as its own aggregates are free; no aggregate twice.
    fn seat(&self, queue: &Queue<P>, busy: &Busy<P>) -> Vec<Seat<P>> {
        let (mut seats, mut ids, mut later) = (Vec::new(), HashSet::new(), Vec::new());
        while seats.len() < EVENTS_PER_COMMIT_MAX
            && let Some(command) = queue.with(VecDeque::pop_front)
        {
            if command.ticket.is_given_up() {
                continue;
            }
            if ids.contains(&command.context.id) {
                later.push(command);
                continue;
            }
            let entry = self.own.entry(&command.context.id);
            match entry.clone().try_lock_owned() {
                Ok(entry) => {
                    ids.insert(command.context.id.clone());
                    seats.push(Seat::new(command, entry));
                }
                Err(_busy) => busy.push(
                    async move {
                        drop(entry.lock().await);
                        command
                    }
                    .boxed(),
                ),
            }
        }
        queue.put_back(later);
        seats
    }

    /// Whether nobody waits, so that the task may end.
    fn retire(&self, id: &AggregateId, queue: &Queue<P>) -> bool {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let is_empty = queue.with(|waiting| waiting.is_empty());
        if is_empty {
            queues.remove(id);
        }
        is_empty
    }
}

/// Lets the next command wait again whose own aggregate has become free.
async fn next_free<P: PairDecider>(busy: &mut Busy<P>, queue: &Queue<P>) {
    match busy.next().await {
        Some(command) => queue.put_back([command]),
        None => std::future::pending().await,
    }
}

impl<P: PairDecider, S> std::fmt::Debug for GroupExecutor<P, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GroupExecutor").finish_non_exhaustive()
    }
}
