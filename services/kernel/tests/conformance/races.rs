//! Many writers at once.

use std::collections::HashSet;

use samvirke_kernel::execute::{ExecuteError, NoFacts, execute};

use crate::rig::{Rig, add, command_context, id, new_id};

const WRITERS: usize = 16;
const ROUNDS: usize = 12;

/// Each writer has a connection and a cache of its own, as if it were another process.
pub(crate) async fn sixteen_writers_on_one_aggregate_lose_and_double_nothing(
    rig: &Rig,
) -> anyhow::Result<()> {
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..WRITERS {
        let repository = rig.repository().await?;
        writers.spawn(async move {
            let mut acknowledged = Vec::new();
            for _ in 0..ROUNDS {
                let command_id = new_id();
                // Contention is answered with "try again": then the same command is given again.
                loop {
                    match execute(&repository, &NoFacts, &command_context("raced", command_id, 1))
                        .await
                    {
                        Ok(outcome) => {
                            break acknowledged.push((outcome.version, outcome.position.sequence));
                        }
                        Err(ExecuteError::Contended) => (),
                        Err(error) => panic!("{error:?}"),
                    }
                }
            }
            acknowledged
        });
    }
    let acknowledged: Vec<(u64, u64)> = writers.join_all().await.into_iter().flatten().collect();
    let total = (WRITERS * ROUNDS) as u64;
    let versions: HashSet<u64> = acknowledged.iter().map(|(version, _)| *version).collect();
    assert_eq!(versions, (1..=total).collect(), "versions are not dense");

    let loaded = rig.repository().await?.load(&id("raced")).await?;
    assert_eq!((loaded.state.sum, loaded.version), (total as i64, total));
    Ok(())
}

pub(crate) async fn a_command_given_by_many_at_once_acts_once(rig: &Rig) -> anyhow::Result<()> {
    let command_id = new_id();
    let mut dispatchers = tokio::task::JoinSet::new();
    for _ in 0..WRITERS {
        let repository = rig.repository().await?;
        dispatchers.spawn(async move {
            execute(&repository, &NoFacts, &command_context("repeated", command_id, 5))
                .await
                .unwrap()
        });
    }
    let outcomes = dispatchers.join_all().await;
    assert!(outcomes.iter().all(|outcome| outcome.version == 1), "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| !outcome.repeated).count(), 1);
    let loaded = rig.repository().await?.load(&id("repeated")).await?;
    assert_eq!(loaded.state.sum, 5);
    Ok(())
}

pub(crate) async fn a_key_used_for_another_request_is_noticed(rig: &Rig) -> anyhow::Result<()> {
    let repository = rig.repository().await?;
    let command_id = new_id();
    execute(&repository, &NoFacts, &command_context("keyed", command_id, 5)).await?;
    let again = execute(&repository, &NoFacts, &command_context("keyed", command_id, 6)).await;
    assert!(matches!(again, Err(ExecuteError::KeyReused)), "{again:?}");
    // It is noticed by another process too, which has to load the aggregate first.
    let other = rig.repository().await?;
    let again = execute(&other, &NoFacts, &command_context("keyed", command_id, 6)).await;
    assert!(matches!(again, Err(ExecuteError::KeyReused)), "{again:?}");
    assert_eq!(add(&other, "keyed", 1).await?.version, 2);
    Ok(())
}
