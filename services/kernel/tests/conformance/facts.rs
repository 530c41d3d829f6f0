//! Decisions that rest on another aggregate while it changes.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};

use samvirke_kernel::{
    execute::{CommandContext, FactSource, execute},
    repository::Repository,
};
use samvirke_schemas::reply::Refused;

use crate::{
    rig::{Rig, add, command_context, id, new_id},
    tally::Tally,
};

const COMMANDS: usize = 64;
const ROUNDS: usize = 5;
/// The aggregate that every decision rests on, as bodies and networks rest on their cooperation.
const MEMBERS: &str = "members";

/// Reads [`MEMBERS`] as another process has it, and counts how often a change was missed.
struct Members {
    repository: Arc<Repository<Tally>>,
    /// How far they had come when the last change was acknowledged.
    acknowledged: AtomicI64,
    read: AtomicUsize,
    missed: AtomicUsize,
}

impl FactSource<Tally> for Members {
    async fn facts(&self, _: &Tally, _: &CommandContext<Tally>) -> Result<(), Refused> {
        let acknowledged = self.acknowledged.load(Ordering::SeqCst);
        let members = self.repository.current(&id(MEMBERS)).await;
        let members = members.map_err(|error| error.refusal())?;
        self.read.fetch_add(1, Ordering::SeqCst);
        if members.sum < acknowledged {
            self.missed.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }
}

pub(crate) async fn many_decisions_rest_on_all_that_was_acknowledged_of_one_aggregate(
    rig: &Rig,
) -> anyhow::Result<()> {
    let changing = rig.repository().await?;
    add(&changing, MEMBERS, 1).await?;
    let members = Arc::new(Members {
        repository: Arc::new(rig.repository().await?),
        acknowledged: AtomicI64::new(1),
        read: AtomicUsize::default(),
        missed: AtomicUsize::default(),
    });
    let deciding = Arc::new(rig.repository().await?);
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..COMMANDS {
        let (deciding, members) = (deciding.clone(), members.clone());
        writers.spawn(async move {
            for _ in 0..ROUNDS {
                let context = command_context(&format!("decided-{writer}"), new_id(), 1);
                execute(&deciding, &*members, &context).await.unwrap();
            }
        });
    }
    let mut changes = 1;
    let change = async {
        loop {
            add(&changing, MEMBERS, 1).await.unwrap();
            changes += 1;
            members.acknowledged.store(changes, Ordering::SeqCst);
        }
    };
    tokio::select! {
        _ = writers.join_all() => (),
        () = change => unreachable!("it never ends"),
    }
    assert_eq!(members.missed.load(Ordering::SeqCst), 0, "of {changes} changes");
    assert!(members.read.load(Ordering::SeqCst) >= COMMANDS * ROUNDS);
    let last = deciding.load(&id("decided-63")).await?;
    assert_eq!(last.state.sum, ROUNDS as i64);
    Ok(())
}
