//! Networks that are started through the kernel alone: no HTTP, no token, no signature, no message between.

use std::sync::Arc;

use crate::{
    drive::{Measured, Window, drive},
    rig::Nats,
    sample::{self, names},
};
use samvirke_kernel::{
    Decider,
    committer::Tuning,
    execute::{CommandContext, FactSource, NoFacts, execute},
    repository::Repository,
};
use samvirke_networks::{
    cooperation::Cooperation,
    network::{Facts, Network},
};
use samvirke_schemas::{
    id::AggregateId, networks::network::Request, principal::Role, reply::Refused,
};

/// The cooperation as the service reads it.
#[derive(Clone)]
struct Cooperations(Arc<Repository<Cooperation>>);

impl FactSource<Network> for Cooperations {
    async fn facts(
        &self,
        _: &Network,
        context: &CommandContext<Network>,
    ) -> Result<Facts, Refused> {
        let id = AggregateId::of_cooperation(context.id.cooperation.clone());
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

/// Starts a network with each command, in one cooperation.
pub(crate) async fn start_networks(
    nats: &Nats,
    writers: usize,
    window: Window,
) -> anyhow::Result<Measured> {
    let log = nats.log(Tuning::default()).await?;
    let cooperations = Cooperations(Arc::new(Repository::new(log.clone())));
    let networks = Arc::new(Repository::<Network>::new(log.clone()));
    let home = AggregateId::of_cooperation(sample::id("network").cooperation);
    let founding = sample::command_context(home, sample::found());
    execute(&*cooperations.0, &NoFacts, &founding).await?;
    let measured = drive(writers, window, move |writer, turn| {
        let (networks, cooperations) = (networks.clone(), cooperations.clone());
        async move {
            let id = sample::id(format!("{}-{writer}-{turn}", Network::KIND));
            let context = sample::command_context_as(Role::Secretariat, id, starting());
            execute(&*networks, &cooperations, &context).await?;
            Ok(1)
        }
    })
    .await?;
    nats.remove(&log).await?;
    Ok(measured)
}
