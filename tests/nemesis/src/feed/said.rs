//! What the stream FEED says, read as it is stored.

use anyhow::Context;
use async_nats::jetstream::{message::StreamMessage, stream::Stream};
use samvirke_schemas::feed::SET_UP_SUBJECT;
use serde_json::Value;

/// One message of FEED.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) position: u64,
    /// The member it is said to; none where it is said to everyone.
    pub(super) to: Option<String>,
    /// The type: `case.decided`.
    pub(super) tag: String,
    /// The members that are told the same with more in it.
    pub(super) restated: Vec<String>,
    pub(super) id: String,
    /// What it is about: `cases/prove:1`.
    pub(super) about: String,
    /// The members that it concerns by name.
    pub(super) members: Vec<String>,
    /// The event as it was published.
    pub(super) event: Vec<u8>,
}

impl Said {
    pub(super) fn read(
        position: u64,
        subject: &str,
        restated: Option<&str>,
        event: &[u8],
    ) -> anyhow::Result<Self> {
        let words: Vec<&str> = subject.splitn(5, '.').collect();
        let (to, tag) = match words[..] {
            ["feed", "prove", "member", member, tag] => (Some(member.to_owned()), tag.to_owned()),
            ["feed", "prove", "public", kind, what] => (None, format!("{kind}.{what}")),
            _ => anyhow::bail!("FEED:{position} has the subject {subject}"),
        };
        let told: Value = serde_json::from_slice(event)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let members = told["data"]["concerns"]["members"].as_array();
        Ok(Self {
            position,
            to,
            tag,
            restated: restated.iter().flat_map(|it| it.split(',')).map(str::to_owned).collect(),
            id: text(&told["id"]),
            about: text(&told["subject"]),
            members: members.into_iter().flatten().map(text).collect(),
            event: event.to_vec(),
        })
    }
}

/// Reads on, up to what FEED ends with now.
pub(super) async fn read_on(stream: &Stream, said: &mut Vec<Said>) -> anyhow::Result<()> {
    let last = stream.get_info().await?.state.last_sequence;
    let next = said.last().map_or(0, |said| said.position) + 1;
    for position in next..=last {
        let message = stream.get_raw_message(position).await;
        let StreamMessage { subject, headers, payload, .. } =
            message.with_context(|| format!("FEED:{position} cannot be read"))?;
        if *subject == *SET_UP_SUBJECT {
            continue;
        }
        let restated = headers.get("Samvirke-Restated").map(async_nats::HeaderValue::as_str);
        said.push(Said::read(position, &subject, restated, &payload)?);
    }
    Ok(())
}
