//! What commits have to say, as messages of the feed.

use std::collections::BTreeSet;

use samvirke_kernel::publication::Outgoing;
use samvirke_schemas::{
    Tagged,
    feed::{Audience, CloudEvent, RESTATED, Said, Subject},
};

use super::SOURCES;
use crate::sources::{Reached, Told};

const CONTENT_TYPE: (&str, &str) = ("Content-Type", "application/cloudevents+json");

/// What one commit has to say.
pub(super) struct Speech {
    pub(super) stream: String,
    pub(super) sequence: u64,
    /// The digest of the commit, and of the one before it in its stream.
    pub(super) digest: String,
    pub(super) before: Option<String>,
    pub(super) said: Vec<Said>,
    /// The places of what is not published, since it was withheld later.
    pub(super) skipped: BTreeSet<usize>,
}

impl Speech {
    fn commit(&self) -> Told<'_> {
        Told { sequence: self.sequence, digest: &self.digest, before: self.before.as_deref() }
    }
}

/// A place in the feed, and how far the streams are told there.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) sequence: u64,
    pub(super) reached: Reached,
}

impl Place {
    /// Whether everything that a commit has to say is told here.
    pub(super) fn has_told(&self, speech: &Speech) -> bool {
        self.reached.sequence(&speech.stream) >= speech.sequence
    }

    /// The next messages after this place, `max` at most, and the place after them.
    pub(super) fn next<'a>(
        &self,
        speeches: impl IntoIterator<Item = &'a Speech>,
        max: usize,
    ) -> Result<(Vec<Outgoing>, Self), serde_json::Error> {
        let mut messages = Vec::new();
        let mut place = self.clone();
        for speech in speeches {
            let Speech { stream, sequence, said, skipped, .. } = speech;
            let told = place.reached.told(stream, *sequence);
            for (index, one) in said.iter().enumerate().skip(told) {
                if skipped.contains(&index) {
                    place.reached.tell(stream, &speech.commit(), index + 1, said.len());
                    continue;
                }
                if messages.len() == max {
                    return Ok((messages, place));
                }
                place.sequence += 1;
                place.reached.tell(stream, &speech.commit(), index + 1, said.len());
                messages.push(message(one, said, &place)?);
            }
            // It may have had nothing to say.
            place.reached.tell(stream, &speech.commit(), said.len(), said.len());
        }
        Ok((messages, place))
    }
}

fn message(one: &Said, all: &[Said], place: &Place) -> Result<Outgoing, serde_json::Error> {
    let event = CloudEvent::new(one, place.sequence)?;
    let subject = Subject {
        cooperation: one.about.cooperation.clone(),
        audience: one.audience.clone(),
        tag: one.fact.tag().to_owned(),
    };
    let mut headers =
        vec![(CONTENT_TYPE.0, CONTENT_TYPE.1.to_owned()), (SOURCES, place.reached.to_string())];
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
