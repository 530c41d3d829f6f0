//! The store as cqrs-es knows it, so that its framework runs on JetStream (decision 77).
//!
//! An id is `<cooperation>:<id>`. The metadata `position` comes back with a commit.

use std::{collections::HashMap, error::Error};

use cqrs_es::{AggregateContext, AggregateError, CqrsFramework, EventEnvelope, EventStore};
use samvirke_kernel::{
    Command, clock,
    committer::{AppendError, Pending},
    envelope::{self, ENVELOPE_VERSION, Envelope, Member},
    loaded::Loaded,
    repository::Repository,
};
use samvirke_schemas::{id::AggregateId, principal::Principal};

use crate::{
    rig::{Rig, add, id, new_id},
    tally::{Event, Rejection, Request, Tally},
};

struct Store(Repository<Tally>);

struct Context(Loaded<Tally>);

type Failed = AggregateError<Rejection>;

fn failed(error: impl Error + Send + Sync + 'static) -> Failed {
    AggregateError::UnexpectedError(Box::new(error))
}

impl AggregateContext<Tally> for Context {
    fn aggregate(&mut self) -> &mut Tally {
        &mut self.0.state
    }
}

impl Store {
    fn subject(&self, id: &AggregateId) -> String {
        self.0.log().subject("tally", id)
    }

    fn enveloped(
        &self,
        event: Event,
        id: &AggregateId,
        version: u64,
        at: u64,
    ) -> EventEnvelope<Tally> {
        EventEnvelope {
            aggregate_id: id.to_string(),
            sequence: usize::try_from(version).unwrap(),
            payload: event,
            metadata: HashMap::from([(
                "position".to_owned(),
                self.0.log().position(at).to_string(),
            )]),
        }
    }
}

impl EventStore<Tally> for Store {
    type AC = Context;

    async fn load_events(&self, id: &str) -> Result<Vec<EventEnvelope<Tally>>, Failed> {
        let id: AggregateId = id.parse().map_err(failed)?;
        let mut events = Vec::new();
        // Folding checks that each commit follows the one before it.
        let mut folded = Loaded::<Tally>::empty(id.clone());
        for commit in self.0.log().read(&self.subject(&id), 0).await.map_err(failed)? {
            folded.fold(&commit).map_err(failed)?;
            let read = Envelope::read(commit.sequence, &commit.payload).map_err(failed)?;
            let stored = read.events::<Event>(commit.sequence).map_err(failed)?;
            for (event, version) in stored.into_iter().zip(read.aggregate.version_from..) {
                events.push(self.enveloped(event, &id, version, commit.sequence));
            }
        }
        Ok(events)
    }

    async fn load_aggregate(&self, id: &str) -> Result<Context, Failed> {
        let id = id.parse().map_err(failed)?;
        self.0.load(&id).await.map(Context).map_err(failed)
    }

    async fn commit(
        &self,
        events: Vec<Event>,
        Context(context): Context,
        _metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<Tally>>, Failed> {
        // The framework has applied the events to the context's state already; only its version and
        // sequence are of interest here.
        let now = clock::now();
        let recorded = events.iter().map(|event| envelope::record(event, new_id()));
        let envelope = Envelope {
            v: ENVELOPE_VERSION,
            aggregate: Member {
                kind: "tally".to_owned(),
                id: context.id.clone(),
                version_from: context.version + 1,
                version_to: context.version + events.len() as u64,
            },
            command_id: new_id(),
            command: "tally.add".to_owned(),
            digest: String::new(),
            actor: Principal::system("cqrs-es"),
            cause: None,
            traceparent: None,
            provenance: None,
            occurred_at: now,
            recorded_at: now,
            previous: context.previous.digest(),
            events: recorded.collect::<Result<_, _>>().map_err(failed)?,
        };
        let pending = Pending {
            subject: self.subject(&context.id).into(),
            expected: context.sequence,
            payload: envelope.write().map_err(failed)?,
        };
        let sequences = self.0.log().append(vec![pending]).await.map_err(|error| {
            match matches!(error, AppendError::Conflict { .. }) {
                true => AggregateError::AggregateConflict,
                false => failed(error),
            }
        })?;
        let (id, versions) = (context.id, context.version + 1..);
        let stored = events.into_iter().zip(versions);
        Ok(stored
            .map(|(event, version)| self.enveloped(event, &id, version, sequences[0]))
            .collect())
    }
}

pub(crate) async fn the_framework_of_cqrs_es_runs_on_the_store(rig: &Rig) -> anyhow::Result<()> {
    let framework = CqrsFramework::new(Store(rig.repository().await?), Vec::new(), ());
    let command = |amount| Command {
        id: id("framed"),
        principal: Principal::system("test"),
        request: Request::Add { amount },
        facts: (),
        at: clock::now(),
        now: clock::now(),
    };
    framework.execute("test:framed", command(3)).await?;
    framework.execute("test:framed", command(4)).await?;
    assert!(framework.execute("test:framed", command(-8)).await.is_err());
    let store = Store(rig.repository().await?);
    let stale = store.load_aggregate("test:framed").await?;
    let events = store.load_events("test:framed").await?;
    assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2]);
    assert!(events[1].metadata["position"].starts_with("TALLIES:"));
    // What the framework wrote, our own way of executing goes on from.
    assert_eq!(add(&store.0, "framed", -7).await?.version, 3);
    let late = store.commit(vec![Event::Added { amount: 1 }], stale, HashMap::new()).await;
    assert!(matches!(late, Err(AggregateError::AggregateConflict)), "{late:?}");
    Ok(())
}
