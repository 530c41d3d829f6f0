//! What was published and may be published no longer: which events to forget, and what may still be known of them.
//!
//! When a case or an item is restricted, everything that was published about it before is rendered again, as
//! of today: with the titles of today, by the restriction of today. The events that published it before are named
//! in a fact of their own, and the new versions follow under the same ids. What is published so is the same whenever
//! the streams are read again.

use std::collections::{BTreeMap, BTreeSet};

use samvirke_kernel::{
    envelope::{Envelope, EnvelopeError},
    log::Stored,
};
use samvirke_schemas::{
    Tagged,
    feed::{
        Audience, Concerns, Fact, Said, event_id,
        fact::{WITHHELD_EVENTS_MAX, case as case_fact, meeting as meeting_fact},
    },
    id::{AggregateId, LocalId},
    local_time::day_of,
};
use uuid::Uuid;

use super::{
    Translation,
    message_builder::MessageBuilder,
    state::{
        TranslationState,
        case::Case,
        meeting::Meeting,
        withholding::{Affected, Cause, Pin, Withholding},
    },
};

/// What is put back afterwards.
enum PinnedState {
    Case(Option<Box<Case>>),
    Meeting(Option<Box<Meeting>>),
}

impl Withholding {
    /// A case is restricted: it, and whatever mentions it, has published too much.
    pub(super) fn of_case(
        state: &TranslationState,
        id: &AggregateId,
        builder: &MessageBuilder<'_>,
    ) -> Self {
        let own = Affected { kind: "case", id: id.clone() };
        let mentions = state.mentions.get(id).into_iter().flatten().cloned();
        let members = state.cases.get(id).map(|case| case.ever_parties().clone());
        Self {
            cause: Cause::Case(id.clone()),
            members: members.unwrap_or_default(),
            affected: mentions.chain([own]).collect(),
            origin: builder.origin(),
            occurred_at: builder.occurred_at(),
            recorded_at: builder.recorded_at(),
        }
    }

    /// An item is restricted or called otherwise.
    pub(super) fn of_item(
        state: &TranslationState,
        item: &LocalId,
        builder: &MessageBuilder<'_>,
    ) -> Self {
        let id = builder.about();
        let cases = state.meetings.get(id).map(Meeting::cases);
        let parties = cases.into_iter().flatten().filter_map(|case| state.cases.get(case));
        Self {
            cause: Cause::Item { meeting: id.clone(), item: item.clone() },
            members: parties.flat_map(|case| case.ever_parties().clone()).collect(),
            affected: [Affected { kind: "meeting", id: id.clone() }].into(),
            origin: builder.origin(),
            occurred_at: builder.occurred_at(),
            recorded_at: builder.recorded_at(),
        }
    }

    /// Whether a fact may have published what is withheld.
    fn is_told_by(&self, said: &Said) -> bool {
        match &self.cause {
            Cause::Case(id) => said.concerns.cases.contains(id),
            Cause::Item { .. } => matches!(
                said.fact,
                Fact::MeetingNoticeIssued(_)
                    | Fact::MeetingMinutesPublished(_)
                    | Fact::MeetingAddendumAdded(_)
                    | Fact::MeetingItemCorrected(_)
                    | Fact::MeetingItemRestricted(_)
            ),
        }
    }

    /// The facts that name the events to forget, for one audience.
    fn forget(&self, audience: &Audience, events: &[Uuid]) -> Vec<Said> {
        let part = |(index, events): (usize, &[Uuid])| {
            let events = events.to_vec();
            let (about, plural, concerns, fact) = match &self.cause {
                Cause::Case(id) => (
                    id,
                    "cases",
                    Concerns { cases: [id.clone()].into(), ..Concerns::default() },
                    Fact::CaseWithheld(case_fact::Withheld { case: id.clone(), events }),
                ),
                Cause::Item { meeting, item } => (
                    meeting,
                    "meetings",
                    Concerns { meetings: [meeting.clone()].into(), ..Concerns::default() },
                    Fact::MeetingItemWithheld(meeting_fact::ItemWithheld {
                        meeting: meeting.clone(),
                        item: item.clone(),
                        events,
                    }),
                ),
            };
            Said {
                audience: audience.clone(),
                about: about.clone(),
                plural,
                concerns,
                fact,
                // Each part is an event of its own.
                origin: Uuid::new_v5(&self.origin, index.to_string().as_bytes()),
                restates: false,
                replacement: false,
                occurred_at: self.occurred_at,
                recorded_at: self.recorded_at,
                traceparent: None,
            }
        };
        events.chunks(WITHHELD_EVENTS_MAX).enumerate().map(part).collect()
    }
}

impl Translation {
    /// What the commit that was taken last withholds of what was published before it.
    pub fn withholding(&mut self) -> Option<Withholding> {
        self.state.withholding.take()
    }

    /// Says which events to forget, and then what may still be known of them. `histories` are the commits
    /// before this one of all that are affected.
    ///
    /// # Errors
    ///
    /// As [`Translation::take`].
    pub fn withhold(
        &mut self,
        withholding: &Withholding,
        histories: &[(Affected, Vec<(Stored, Envelope)>)],
    ) -> Result<Vec<Said>, EnvelopeError> {
        self.state.anew_on = Some(day_of(withholding.recorded_at));
        let anew = self.put_anew(histories);
        self.state.anew_on = None;
        let mut anew = anew?;
        anew.retain(|said| withholding.is_told_by(said));
        let mut events: BTreeMap<Audience, Vec<Uuid>> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for said in &mut anew {
            said.replacement = true;
            let members = withholding.members.iter().cloned().map(Audience::Member);
            for audience in members.chain([Audience::Public, said.audience.clone()]) {
                let id = event_id(said.origin, said.fact.tag(), &audience);
                if seen.insert(id) {
                    events.entry(audience).or_default().push(id);
                }
            }
        }
        let mut said = Vec::new();
        for (audience, events) in &events {
            said.extend(withholding.forget(audience, events));
        }
        said.append(&mut anew);
        Ok(said)
    }

    /// What the commits publish as of today.
    fn put_anew(
        &mut self,
        histories: &[(Affected, Vec<(Stored, Envelope)>)],
    ) -> Result<Vec<Said>, EnvelopeError> {
        let mut anew = Vec::new();
        for (affected, commits) in histories {
            let kept = self.state.pin(affected);
            let told = commits.iter().try_for_each(|(stored, envelope)| {
                anew.append(&mut self.take(stored, envelope)?);
                Ok(())
            });
            self.state.unpin(&affected.id, kept);
            told?;
        }
        Ok(anew)
    }
}

impl TranslationState {
    fn pin(&mut self, affected: &Affected) -> PinnedState {
        match affected.kind {
            "case" => {
                let kept = self.cases.remove(&affected.id);
                self.pin = kept.as_ref().map(|case| Pin::Case(case.pin()));
                PinnedState::Case(kept.map(Box::new))
            }
            _ => {
                let kept = self.meetings.remove(&affected.id);
                self.pin = kept.as_ref().map(|meeting| Pin::Agenda(meeting.items_today()));
                PinnedState::Meeting(kept.map(Box::new))
            }
        }
    }

    fn unpin(&mut self, id: &AggregateId, kept: PinnedState) {
        self.pin = None;
        self.withholding = None;
        match kept {
            PinnedState::Case(case) => self.cases.extend(case.map(|case| (id.clone(), *case))),
            PinnedState::Meeting(meeting) => {
                self.meetings.extend(meeting.map(|meeting| (id.clone(), *meeting)));
            }
        }
    }
}
