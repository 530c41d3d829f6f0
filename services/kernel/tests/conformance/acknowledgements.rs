//! What an acknowledgement is worth, and what its absence means.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use samvirke_kernel::{
    execute::{NoFacts, execute},
    repository::Repository,
};
use samvirke_private_servers::temporary;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use crate::{
    rig::{command_context, id, new_id, open},
    tally::Tally,
};

/// What an acknowledgement of a commit says.
const ACKNOWLEDGEMENT: &[u8] = b"\"stream\":\"TALLIES\"";

/// Between a client and the server; it can drop the server's acknowledgements of commits.
pub(crate) struct Wire {
    pub address: SocketAddr,
    pub swallowing: Arc<AtomicBool>,
    pub swallowed: Arc<Notify>,
}

impl Wire {
    pub(crate) async fn to(port: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let wire = Self {
            address: listener.local_addr()?,
            swallowing: Arc::default(),
            swallowed: Arc::default(),
        };
        let (swallowing, swallowed) = (wire.swallowing.clone(), wire.swallowed.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                tokio::spawn(async move {
                    let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
                });
                let (swallowing, swallowed) = (swallowing.clone(), swallowed.clone());
                tokio::spawn(async move {
                    let mut bytes = vec![0; 64 * 1024];
                    while let Ok(read @ 1..) = from_server.read(&mut bytes).await {
                        let mut said = bytes[..read].windows(ACKNOWLEDGEMENT.len());
                        if swallowing.load(Ordering::SeqCst)
                            && said.any(|window| window == ACKNOWLEDGEMENT)
                        {
                            swallowed.notify_one();
                        } else if to_client.write_all(&bytes[..read]).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Ok(wire)
    }
}

pub(crate) async fn a_lost_acknowledgement_neither_loses_nor_doubles() -> anyhow::Result<()> {
    let server = temporary::nats().await?;
    let wire = Wire::to(server.port()).await?;
    let client = async_nats::connect(format!("nats://{}", wire.address)).await?;
    let repository: Repository<Tally> = Repository::new(open(client, 1).await?);
    let before = new_id();
    execute(&repository, &NoFacts, &command_context("lost", before, 1)).await?;

    wire.swallowing.store(true, Ordering::SeqCst);
    let command_id = new_id();
    let context = command_context("lost", command_id, 10);
    let giving = execute(&repository, &NoFacts, &context);
    let hearing_again = async {
        wire.swallowed.notified().await;
        wire.swallowing.store(false, Ordering::SeqCst);
    };
    let (outcome, ()) = tokio::join!(giving, hearing_again);
    let outcome = outcome?;
    assert_eq!(
        (outcome.version, outcome.repeated),
        (2, true),
        "found in the stream, not written again"
    );

    let again = execute(&repository, &NoFacts, &context).await?;
    assert_eq!((again.version, again.repeated), (2, true));
    repository.clear_cache();
    assert_eq!(repository.load(&id("lost")).await?.state.sum, 11);
    Ok(())
}

pub(crate) async fn what_was_acknowledged_survives_a_killed_server() -> anyhow::Result<()> {
    const WRITERS: usize = 8;
    const EACH: usize = 40;
    let mut server = temporary::nats().await?;
    let client = async_nats::connect(server.url()).await?;
    let repository: Arc<Repository<Tally>> = Arc::new(Repository::new(open(client, 1).await?));
    let halfway = Arc::new(tokio::sync::Semaphore::new(0));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let (repository, halfway) = (repository.clone(), halfway.clone());
        writers.spawn(async move {
            let name = format!("writer-{writer}");
            for n in 0..EACH {
                if n == EACH / 2 {
                    halfway.add_permits(1);
                }
                let context = command_context(&name, new_id(), 1);
                // A command whose outcome is unknown is given again, with the same id.
                while execute(&repository, &NoFacts, &context).await.is_err() {}
            }
            name
        });
    }
    // Some have come halfway: now the power goes.
    halfway.acquire_many(3).await?.forget();
    server.kill().await;
    server.start_again().await?;
    let names = writers.join_all().await;

    let fresh: Repository<Tally> =
        Repository::new(open(async_nats::connect(server.url()).await?, 1).await?);
    let mut sums = HashMap::new();
    for name in names {
        let loaded = fresh.load(&id(&name)).await?;
        sums.insert(name, (loaded.state.sum, loaded.version));
    }
    assert!(sums.values().all(|sum| *sum == (EACH as i64, EACH as u64)), "{sums:?}");
    Ok(())
}
