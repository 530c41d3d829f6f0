//! A stream full of cooperations, for what reads streams.
//!
//! Every cooperation lives the same ten commits. How many live them at the same time decides how
//! far apart the commits of one stand in the stream, and so how many rows a batch of them touches.

use bytes::Bytes;
use cqrs_es::EventEnvelope;
use futures::future;
use samvirke_kernel::{
    Decider,
    committer::Pending,
    envelope::{self, ENVELOPE_VERSION, Envelope, Member},
    execute::CommandContext,
    log::Log,
};
use samvirke_networks::cooperation::Cooperation;
use samvirke_schemas::{
    Tagged,
    networks::cooperation::{Event, MemberKind, Request},
};
use uuid::Uuid;

use crate::sample::{self, ASKER, BAERUM, BUSKERUD, day, id, names, number};

/// How many commits, of one event each, a cooperation has.
pub(crate) const COMMITS_EACH: usize = 10;

/// How much there is to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub cooperations: usize,
    /// How many of them live at the same time.
    pub together: usize,
}

impl Extent {
    pub(crate) fn commits(self) -> usize {
        self.cooperations * COMMITS_EACH
    }
}

/// One commit as cqrs-es has it: the id of the aggregate, and its events.
pub(crate) type Commit = (String, Vec<EventEnvelope<Cooperation>>);

/// The event of each step in a cooperation's life.
fn event(step: usize) -> Event {
    let admitted = |member, kind| Event::MemberAdmitted {
        member: number(member),
        names: names("Et medlem av samarbeidet"),
        kind,
        from: day(1992),
    };
    let led = |member, year| Event::LeadershipHandedOver { to: number(member), from: day(year) };
    match step {
        0 => founded(),
        1 => admitted(BAERUM, MemberKind::Municipality),
        2 => admitted(ASKER, MemberKind::Municipality),
        3 => admitted(BUSKERUD, MemberKind::CountyCouncil),
        4 => led(BAERUM, 1993),
        5 => Event::AgreementAmended { agreement: sample::agreement(1) },
        6 => led(ASKER, 1995),
        7 => Event::Paused { reason: "Medlemmene vurderer formen.".parse().expect("a short text") },
        8 => Event::Resumed {},
        _ => Event::AgreementAmended { agreement: sample::agreement(2) },
    }
}

/// What the sample's founding leads to.
fn founded() -> Event {
    let founding = sample::command_context(id("sample"), sample::found());
    let (_, command, _) = sample::command(founding);
    Cooperation::default()
        .decide(&command)
        .ok()
        .and_then(|mut events| events.pop())
        .expect("a cooperation that is not founded can be")
}

/// The bytes of a commit, as the kernel's repository writes them.
pub(crate) fn stored(
    context: &CommandContext<Cooperation>,
    version: u64,
    event: &Event,
    previous: Option<String>,
) -> anyhow::Result<Bytes> {
    let event_id = Uuid::new_v5(&context.command_id, b"0");
    let envelope = Envelope {
        v: ENVELOPE_VERSION,
        aggregate: Member {
            kind: Cooperation::KIND.into(),
            id: context.id.clone(),
            version_from: version,
            version_to: version,
        },
        command_id: context.command_id,
        command: format!("{}.{}", Cooperation::KIND, context.request.tag()),
        digest: context.digest.clone(),
        actor: context.principal.clone(),
        cause: None,
        traceparent: None,
        provenance: None,
        occurred_at: context.at,
        recorded_at: context.now,
        previous,
        events: vec![envelope::record(event, event_id)?],
    };
    Ok(envelope.write()?)
}

/// Payloads for raw publishes: foundings, as the kernel would store them.
pub(crate) fn payloads(count: usize) -> anyhow::Result<Vec<Bytes>> {
    let event = founded();
    (0..count)
        .map(|n| {
            stored(&sample::command_context(id(format!("0-{n}")), sample::found()), 1, &event, None)
        })
        .collect()
}

/// Writes the history to the stream; returns it as cqrs-es would have it.
pub(crate) async fn write(log: &Log, extent: Extent) -> anyhow::Result<Vec<Commit>> {
    let mut commits = Vec::with_capacity(extent.commits());
    let numbers: Vec<usize> = (0..extent.cooperations).collect();
    for group in numbers.chunks(extent.together) {
        let mut last: Vec<(u64, Option<String>)> = vec![(0, None); group.len()];
        for step in 0..COMMITS_EACH {
            let wave = group
                .iter()
                .zip(last)
                .map(|(number, (expected, previous))| next(log, *number, step, expected, previous));
            let (waiting, told): (Vec<_>, Vec<Commit>) =
                wave.collect::<anyhow::Result<Vec<_>>>()?.into_iter().unzip();
            last = future::try_join_all(waiting.into_iter().map(|pending| async move {
                let digest = envelope::digest(&pending.payload);
                let sequences = log.append(vec![pending]).await?;
                let sequence = sequences.last().copied().unwrap_or_default();
                anyhow::Ok((sequence, Some(digest)))
            }))
            .await?;
            commits.extend(told);
        }
    }
    Ok(commits)
}

fn next(
    log: &Log,
    number: usize,
    step: usize,
    expected: u64,
    previous: Option<String>,
) -> anyhow::Result<(Pending, Commit)> {
    // What the request was does not matter to whoever reads; its tag stands in the envelope.
    let request = if step == 0 { sample::found() } else { Request::Resume {} };
    let context = sample::command_context(id(number), request);
    let (version, event) = (step as u64 + 1, event(step));
    let payload = stored(&context, version, &event, previous)?;
    let subject = log.subject(Cooperation::KIND, &context.id);
    let aggregate_id = context.id.to_string();
    let told = EventEnvelope {
        aggregate_id: aggregate_id.clone(),
        sequence: step + 1,
        payload: event,
        metadata: std::collections::HashMap::new(),
    };
    Ok((Pending { subject: subject.into(), expected, payload }, (aggregate_id, vec![told])))
}
