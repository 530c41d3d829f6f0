//! From the event streams to the feed: each fact once, in one order.
//!
//! Invariant: what is published and how far the streams are told move together, since the one travels in
//! the other's headers. A message is accepted only right after the one it was written to follow, so two
//! relays at once publish what one would.

use std::time::Duration;

use futures::never::Never;
use samvirke_kernel::{
    committer::{AppendError, BATCH_MESSAGES_MAX},
    envelope::{Envelope, EnvelopeError},
    inbox::chain,
    log::{Log, ReadError},
    publication::{Outgoing, Publication},
};
use samvirke_schemas::feed::{CloudEvent, RESTATED, Said, Subject};
use samvirke_schemas::{Tagged, feed::Audience};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::{
    sources::{Commit, InvalidReached, Reached, Sources},
    translation::Translation,
};

/// The header that says how far the event streams are told.
pub const SOURCES: &str = "Samvirke-Sources";
const CONTENT_TYPE: (&str, &str) = ("Content-Type", "application/cloudevents+json");
/// How long a relay that was interrupted waits.
const RETRY: Duration = Duration::from_secs(1);

/// Why the relay was interrupted.
#[derive(Debug, thiserror::Error)]
pub enum Interrupted {
    #[error("an event stream or the feed cannot be read")]
    Read(#[from] ReadError),
    #[error("an event cannot be read, and what cannot be read cannot be told")]
    Event(#[from] EnvelopeError),
    #[error("an event cannot be written as JSON")]
    Write(#[from] serde_json::Error),
    #[error("the feed does not take a message")]
    Publish(#[from] AppendError),
    #[error(transparent)]
    Checkpoint(#[from] InvalidReached),
    #[error(
        "the feed was made from another stream {stream} than the one here: restore the stream, or let the feed be made anew under another name"
    )]
    OtherStream { stream: String },
    #[error(
        "the feed has told {stream} to {told}, but it ends at {last}: the stream has lost its tail; restore it"
    )]
    Truncated { stream: String, told: u64, last: u64 },
}

/// Where the feed ends, and how far the streams are told there.
struct End {
    sequence: u64,
    reached: Reached,
}

/// What one commit has to say.
struct Speech {
    commit: Commit,
    said: Vec<Said>,
}

/// Relays until told to stop.
pub async fn run(publication: &Publication, logs: &[Log], shutdown: &CancellationToken) {
    loop {
        let interrupted = tokio::select! {
            () = shutdown.cancelled() => return,
            ended = relay(publication, logs) => match ended {
                Err(interrupted) => interrupted,
            },
        };
        let reason = chain(&interrupted);
        match interrupted {
            Interrupted::OtherStream { .. } | Interrupted::Truncated { .. } => {
                error!(reason, "the feed stands still until an operator acts");
            }
            Interrupted::Read(_)
            | Interrupted::Event(_)
            | Interrupted::Write(_)
            | Interrupted::Publish(_)
            | Interrupted::Checkpoint(_) => warn!(reason, "the feed is interrupted"),
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(RETRY) => (),
        }
    }
}

/// Relays until it is interrupted; nothing is lost if it is then called again.
///
/// # Errors
///
/// [`Interrupted`].
pub async fn relay(publication: &Publication, logs: &[Log]) -> Result<Never, Interrupted> {
    let mut end = end(publication, logs).await?;
    info!(feed = end.sequence, reached = %end.reached, "relaying");
    let mut translation = Translation::default();
    let mut sources = Sources::follow(logs).await?;
    loop {
        let mut speeches = Vec::new();
        for commit in sources.next().await? {
            let envelope = Envelope::read(commit.stored.sequence, &commit.stored.payload)?;
            let said = translation.take(&commit.stored, &envelope)?;
            speeches.push(Speech { commit, said });
        }
        tell(publication, logs, &speeches, &mut end).await?;
    }
}

/// Publishes what is not told yet, however often another relay comes in between.
async fn tell(
    publication: &Publication,
    logs: &[Log],
    speeches: &[Speech],
    at: &mut End,
) -> Result<(), Interrupted> {
    loop {
        let (messages, reached) = untold(speeches, at)?;
        let mut sequence = at.sequence;
        let mut outcome = Ok(());
        for batch in messages.chunks(BATCH_MESSAGES_MAX) {
            match publication.publish(sequence, batch).await {
                Ok(last) => sequence = last,
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        match outcome {
            Ok(()) => {
                metrics::counter!("samvirke_feed_published").increment(messages.len() as u64);
                *at = End { sequence, reached };
                return Ok(());
            }
            // Someone else has published, or this has and was not told: the feed itself knows.
            Err(AppendError::Conflict { .. } | AppendError::Unknown { .. }) => {
                *at = end(publication, logs).await?;
            }
            Err(
                error @ (AppendError::Overloaded
                | AppendError::TooLarge { .. }
                | AppendError::Refused { .. }),
            ) => return Err(error.into()),
        }
    }
}

/// The messages that are still to be published, and how far the streams are told after them.
fn untold(speeches: &[Speech], end: &End) -> Result<(Vec<Outgoing>, Reached), serde_json::Error> {
    let mut reached = end.reached.clone();
    let mut messages = Vec::new();
    for Speech { commit, said } in speeches {
        let (stream, sequence) = (&commit.stream, commit.stored.sequence);
        let told = reached.told(stream, sequence);
        for (index, one) in said.iter().enumerate().skip(told) {
            reached.tell(stream, sequence, index + 1, said.len());
            let place = end.sequence + messages.len() as u64 + 1;
            messages.push(message(one, said, place, &reached)?);
        }
        reached.tell(stream, sequence, said.len(), said.len());
    }
    Ok((messages, reached))
}

fn message(
    one: &Said,
    all: &[Said],
    sequence: u64,
    reached: &Reached,
) -> Result<Outgoing, serde_json::Error> {
    let event = CloudEvent::new(one, sequence)?;
    let subject = Subject {
        cooperation: one.about.cooperation.clone(),
        audience: one.audience.clone(),
        tag: one.fact.tag().to_owned(),
    };
    let mut headers =
        vec![(CONTENT_TYPE.0, CONTENT_TYPE.1.to_owned()), (SOURCES, reached.to_string())];
    if one.audience == Audience::Public {
        let restated: Vec<String> = all
            .iter()
            .filter(|other| other.restates && other.origin == one.origin)
            .filter(|other| other.fact.tag() == one.fact.tag())
            .map(|other| other.audience.to_string())
            .collect();
        if !restated.is_empty() {
            headers.push((RESTATED, restated.join(",")));
        }
    }
    let payload = serde_json::to_vec(&event)?.into();
    Ok(Outgoing { subject: subject.to_string(), headers, payload })
}

/// Reads where the feed ends, and that it was made from these streams.
async fn end(publication: &Publication, logs: &[Log]) -> Result<End, Interrupted> {
    let identities = || logs.iter().map(Log::identity);
    let Some(last) = publication.last().await? else {
        return Ok(End { sequence: 0, reached: Reached::nothing(identities()) });
    };
    let mut reached: Reached = last.header(SOURCES).unwrap_or_default().parse()?;
    for log in logs {
        let stream = log.identity().name.clone();
        if !reached.is_of(log.identity()) {
            return Err(Interrupted::OtherStream { stream });
        }
        let (told, last) = (reached.sequence(&stream), log.last_sequence().await?);
        if told > last {
            return Err(Interrupted::Truncated { stream, told, last });
        }
    }
    reached.know(identities());
    Ok(End { sequence: last.sequence, reached })
}
