//! Networks that are started through the kernel alone: no HTTP, no token, no signature, no message between.

use std::sync::Arc;

use crate::{
    drive::{Measured, Window, drive},
    rig::Nats,
    sample::{self, names},
};
use samvirke_kernel::{
    Decider, clock,
    committer::Tuning,
    deadline::Deadline,
    execute::{FactSource, NoFacts, Order, execute},
    repository::Repository,
};
use samvirke_networks::{
    cooperation::Cooperation,
    network::{Facts, Network},
};
use samvirke_schemas::{
    id::AggregateId,
    networks::network::Request,
    principal::{Grant, Principal, Role},
    reply::Refused,
};

/// The cooperation as the service reads it.
#[derive(Clone)]
struct Cooperations(Arc<Repository<Cooperation>>);

impl FactSource<Network> for Cooperations {
    async fn facts(&self, _: &Network, order: &Order<Network>) -> Result<Facts, Refused> {
        let id = AggregateId::of_cooperation(order.id.cooperation.clone());
        let cooperation = self.0.current(&id).await;
        Ok(Facts {
            cooperation: cooperation.map_err(|err| Refused::Broken { detail: err.to_string() })?,
        })
    }
}

/// The request that starts a network, the same on all sides.
pub(crate) fn starting() -> Request {
    Request::Start {
        names: names("Klimanettverket"),
        theme: "Klima".parse().expect("the theme is one line"),
        purpose: "Felles tiltak for klima og energi.".parse().expect("the text is a short one"),
        leader: None,
        initiated_by: None,
        established: "2017".parse().expect("it is a year"),
    }
}

/// The order that starts the network `id`, as it reaches the kernel.
fn start(id: AggregateId) -> Order<Network> {
    let now = clock::now();
    Order {
        id,
        command_id: sample::command_id(),
        digest: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".into(),
        principal: Principal {
            subject: "bench".into(),
            member: None,
            supplier: None,
            grants: vec![Grant { role: Role::Secretariat, cooperation: None }],
        },
        request: starting(),
        at: now,
        now,
        expected_version: None,
        provenance: None,
        after: Vec::new(),
        cause: None,
        traceparent: None,
        deadline: Deadline::NONE,
    }
}

/// Starts a network with each command, in one cooperation.
pub(crate) async fn start_networks(
    nats: &Nats,
    writers: usize,
    window: Window,
) -> anyhow::Result<Measured> {
    let log = nats.log(Tuning::default()).await?;
    let cooperations = Cooperations(Arc::new(Repository::new(log.clone())));
    let networks = Arc::new(Repository::<Network>::new(log.clone()));
    let home = start("bench:network".parse()?).id.cooperation;
    let founding = sample::order(AggregateId::of_cooperation(home), sample::found());
    execute(&*cooperations.0, &NoFacts, &founding).await?;
    let measured = drive(writers, window, move |writer, turn| {
        let (networks, cooperations) = (networks.clone(), cooperations.clone());
        async move {
            let order = start(sample::id(format!("{}-{writer}-{turn}", Network::KIND)));
            execute(&*networks, &cooperations, &order).await?;
            Ok(1)
        }
    })
    .await?;
    nats.remove(&log).await?;
    Ok(measured)
}
