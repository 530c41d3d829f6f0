//! How long the history of an aggregate may be that queries answer whole.

use samvirke_kernel::{
    envelope::decision_bytes_max,
    execute::{ExecuteError, NoFacts, execute},
    repository::Repository,
    store_error::StoreError,
};
use samvirke_schemas::principal::{Grant, Principal, Role};

use crate::{
    rig::{Executed, Rig, command_context, new_id},
    tally::Tally,
};

/// Stores a decision of about so many bytes.
async fn decide(repository: &Repository<Tally>, who: &Principal, bytes: usize) -> Executed {
    let mut context = command_context("full", new_id(), 1);
    context.principal = who.clone();
    context.digest = "x".repeat(bytes);
    execute(repository, &NoFacts, &context).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_aggregate_takes_small_decisions_and_whatever_follows_from_an_accepted_command()
-> anyhow::Result<()> {
    let rig = Rig::of_one().await?;
    let repository = rig.repository().await?;
    let secretariat = Principal {
        subject: "sekretariat".into(),
        member: None,
        supplier: None,
        grants: vec![Grant { role: Role::Secretariat, cooperation: None }],
    };
    let policy = Principal::system("test");
    let mut history = 0;
    while decision_bytes_max(history) > 100_000 {
        decide(&repository, &secretariat, 100_000).await?;
        history += 100_000;
    }
    let refused = decide(&repository, &secretariat, 100_000).await;
    let Err(ExecuteError::Store(StoreError::HistoryTooLarge { bytes_max, .. })) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(bytes_max, decision_bytes_max(history));
    decide(&repository, &secretariat, 10_000).await?;
    decide(&repository, &policy, 100_000).await?;
    // Whoever reads it anew has counted the same.
    let anew = rig.repository().await?;
    assert!(decide(&anew, &secretariat, 100_000).await.is_err());
    decide(&anew, &secretariat, 10_000).await?;
    Ok(())
}
