//! Whether a stream is the one that the list knows, as long as it was, and readable throughout.
//!
//! The state that the server tells of a stream does not show a damaged message: it is counted as if it
//! could be read. Only reading tells, so every message is read once (without its payload, which the
//! server checks all the same) at the start, whenever the connection is new, and on a schedule.

use std::{collections::BTreeSet, time::Duration};

use async_nats::jetstream::{
    self,
    consumer::{Consumer, DeliverPolicy, pull},
    stream::Stream,
};
use futures::{StreamExt, TryStreamExt};

use super::{
    StreamError, kinds,
    record::{Gap, Mark, Record, Records, digest_at, existing, unreachable},
};
use crate::jetstream::absent;

/// How long reading through waits for the next message before it looks whether there is one.
const NEXT_MAX: Duration = Duration::from_secs(2);
/// The most gaps that are told; where there are more, the rest of the stream is not looked at.
pub const GAPS_MAX: usize = 1_000;

/// What is wrong with a stream. It takes no commands until it is restored or accepted
/// (`samvirke streams adopt`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    #[error("the list of streams (stream STREAMS) is missing")]
    NoList,
    #[error("it is not in the list of streams")]
    NotListed,
    #[error("it is missing")]
    Missing,
    #[error("it begins with another message than the one that was listed")]
    Replaced,
    #[error("it ends at {last}, and had come to {known}: its tail is lost")]
    Cut { known: u64, last: u64 },
    #[error("the message at {sequence} is another one than was seen there")]
    Altered { sequence: u64 },
}

/// A stream that is what the list says, and what the list says.
#[derive(Clone, Debug)]
pub struct Examined {
    pub records: Records,
    pub record: Record,
    pub stream: Stream,
    /// Its last sequence.
    pub last: u64,
}

/// Compares a stream with the list: its first message, and the last that was seen.
///
/// # Errors
///
/// When the server does not answer.
pub async fn examine(
    js: &jetstream::Context,
    name: &str,
) -> Result<Result<Examined, Damage>, StreamError> {
    let Some(records) = Records::open(js).await? else { return Ok(Err(Damage::NoList)) };
    let Some(record) = records.of(name).await? else { return Ok(Err(Damage::NotListed)) };
    let Some(stream) = existing(js, name).await? else { return Ok(Err(Damage::Missing)) };
    let last = stream.cached_info().state.last_sequence;
    if let Some(Mark { sequence, digest }) = &record.last {
        if last < *sequence {
            return Ok(Err(Damage::Cut { known: *sequence, last }));
        }
        match digest_at(&stream, *sequence).await? {
            Some(found) if found == *digest => (),
            Some(_) => return Ok(Err(Damage::Altered { sequence: *sequence })),
            // A gap like any other, which reading through finds, or it was erased.
            None => (),
        }
    }
    if let Some(first) = &record.first {
        match digest_at(&stream, 1).await? {
            Some(found) if found == *first => (),
            Some(_) => return Ok(Err(Damage::Replaced)),
            // That it cannot be read is a gap like any other.
            None => (),
        }
    }
    Ok(Ok(Examined { records, record, stream, last }))
}

/// The sequences of a published stream at which a message was erased, with a record of it. Those are no
/// damage; in an event stream nothing is ever erased.
async fn erased(js: &jetstream::Context, stream: &Stream) -> Result<BTreeSet<u64>, StreamError> {
    let config = &stream.cached_info().config;
    if config.deny_delete {
        return Ok(BTreeSet::new());
    }
    let records = existing(js, &kinds::erasure_stream_name(&config.name)).await?;
    let Some(records) = records else { return Ok(BTreeSet::new()) };
    let failed = |err: Box<dyn std::error::Error + Send + Sync>| unreachable(&config.name, err);
    let subjects = records.info_with_subjects(">").await.map_err(|err| failed(Box::new(err)))?;
    let subjects: Vec<(String, usize)> =
        subjects.try_collect().await.map_err(|err| failed(Box::new(err)))?;
    Ok(subjects.iter().filter_map(|(subject, _)| kinds::erased_at(subject)).collect())
}

/// What is left of a gap without the sequences that are explained.
fn unexplained(gap: Gap, explained: &BTreeSet<u64>) -> Vec<Gap> {
    let mut left = Vec::new();
    let mut from = gap.from;
    for sequence in explained.range(gap.from..=gap.to) {
        if *sequence > from {
            left.push(Gap { from, to: sequence - 1 });
        }
        from = sequence + 1;
    }
    if from <= gap.to {
        left.push(Gap { from, to: gap.to });
    }
    left
}

impl Record {
    /// Whether an operator has accepted that there is no message at a sequence.
    pub fn accepts(&self, sequence: u64) -> bool {
        self.gaps.iter().any(|gap| (gap.from..=gap.to).contains(&sequence))
    }

    /// What of these gaps nobody has accepted.
    pub fn unexplained(&self, gaps: &[Gap]) -> Vec<Gap> {
        let accepted =
            |gap: &Gap| self.gaps.iter().any(|known| known.from <= gap.from && gap.to <= known.to);
        gaps.iter().copied().filter(|gap| !accepted(gap)).collect()
    }
}

/// Reads through a stream to `last`, and returns the sequences at which there is nothing to read, and of which
/// no record says that it was erased.
///
/// # Errors
///
/// When the server does not answer.
pub async fn read_through(
    js: &jetstream::Context,
    stream: &Stream,
    last: u64,
) -> Result<Vec<Gap>, StreamError> {
    let name = &stream.cached_info().config.name;
    let erased = erased(js, stream).await?;
    let (mut gaps, mut read) = (Vec::new(), 0);
    while read < last && gaps.len() < GAPS_MAX {
        let mut messages = sequences(js, name, read + 1).await?;
        loop {
            // Whoever is asked for a message that cannot be read is not told that there is none.
            let next = match tokio::time::timeout(NEXT_MAX, messages.next()).await {
                Ok(Some(next)) => Some(next?),
                Ok(None) | Err(_) => None,
            };
            let until = next.unwrap_or(last + 1).min(last + 1);
            if until > read + 1 {
                let gap = Gap { from: read + 1, to: until - 1 };
                if digest_at(stream, gap.from).await?.is_some() {
                    // It was slow, not silent.
                    break;
                }
                let readable = first_readable(stream, gap).await?;
                gaps.extend(unexplained(Gap { to: readable - 1, ..gap }, &erased));
                read = readable - 1;
                if readable <= gap.to {
                    break;
                }
            }
            read = until.min(last);
            if read >= last || gaps.len() >= GAPS_MAX {
                break;
            }
        }
    }
    Ok(gaps)
}

/// The first sequence in a gap at which there is something to read after all, or the one after it. What
/// was silent after the gap's first message may have been the connection.
async fn first_readable(stream: &Stream, gap: Gap) -> Result<u64, StreamError> {
    let found = absent::message(stream.get_first_raw_message_by_subject(">", gap.from).await);
    let found = found.map_err(|err| unreachable(&stream.cached_info().config.name, err))?;
    let beyond = gap.to + 1;
    Ok(found.map_or(beyond, |message| message.sequence.clamp(gap.from, beyond)))
}

/// The sequences of all messages from one on, in order.
async fn sequences(
    js: &jetstream::Context,
    name: &str,
    from: u64,
) -> Result<impl futures::Stream<Item = Result<u64, StreamError>> + Unpin + use<>, StreamError> {
    let config = pull::OrderedConfig {
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: from },
        headers_only: true,
        ..pull::OrderedConfig::default()
    };
    let consumer: Consumer<pull::OrderedConfig> =
        js.create_consumer_on_stream(config, name).await.map_err(|err| unreachable(name, err))?;
    let messages = consumer.messages().await.map_err(|err| unreachable(name, err))?;
    let name = name.to_owned();
    Ok(messages.map(move |message| {
        let message = message.map_err(|err| unreachable(&name, err))?;
        let info = message.info().map_err(|err| unreachable(&name, err.to_string()))?;
        Ok(info.stream_sequence)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_erased_is_no_damage_and_what_lies_between_is() {
        let gap = |from, to| Gap { from, to };
        let left = |explained: &[u64]| unexplained(gap(3, 7), &explained.iter().copied().collect());
        assert_eq!(left(&[]), [gap(3, 7)]);
        assert_eq!(left(&[3, 5, 9]), [gap(4, 4), gap(6, 7)]);
        assert_eq!(left(&[3, 4, 5, 6, 7]), []);
    }
}
