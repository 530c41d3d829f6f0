//! Treating an item: taking it up, who is disqualified, and what comes of it.
//!
//! A body that only advises does not decide (R11), and none does without a quorum. Only postponing
//! needs none: it is what a body does that is too few.

use std::collections::BTreeSet;

use samvirke_schemas::{
    date::Date,
    id::LocalId,
    legal_basis::LegalBasis,
    local_time::LocalTime,
    meetings::{
        agenda::{Conclusion, Outcome, Subject},
        attendance::QuorumFound,
        meeting::{Event, Request},
    },
    networks::rules::{Authority, BodyInForce},
    text::Prose,
};

use super::{
    Command, Decision, Meeting, Record, Rejection,
    agenda::{End, Item},
    quorum,
};

/// What an item comes to, with the words that were worked out.
struct Ending {
    text: Option<Prose>,
    unanimous: Option<bool>,
    quorum: QuorumFound,
    day: Date,
}

impl Meeting {
    pub(super) fn take_up_item(&self, command: &Command, item: &LocalId) -> Decision {
        let record = self.in_session()?;
        let own = record.agenda.item(item)?;
        own.not_ended()?;
        own.in_order()?;
        record.agenda.nothing_else_up(Some(item))?;
        if record.agenda.up.as_ref() == Some(item) {
            return Ok(Vec::new());
        }
        Ok(vec![Event::ItemTakenUp {
            item: item.clone(),
            quorum: quorum::find(record.body()?, &record.sitting_for(Some(own))),
            at: LocalTime::new(command.at),
        }])
    }

    pub(super) fn record_conflict(
        &self,
        item: &LocalId,
        seat: &LocalId,
        legal_basis: Option<&LegalBasis>,
    ) -> Decision {
        let record = self.in_session()?;
        let own = record.agenda.item(item)?;
        own.not_ended()?;
        if !record.roll.is_present(seat) {
            return Err(Rejection::NotPresent { seat: seat.clone() });
        }
        if record.roll.is_disqualified(seat, own) {
            return Ok(Vec::new());
        }
        if own.proposals.iter().any(|proposal| proposal.vote.is_some()) {
            return Err(Rejection::VotedAlready { item: item.clone() });
        }
        Ok(vec![Event::ConflictRecorded {
            item: item.clone(),
            seat: seat.clone(),
            stand_in: record.roll.stand_in(seat).cloned(),
            legal_basis: legal_basis.cloned(),
        }])
    }

    pub(super) fn conclude_item(
        &self,
        command: &Command,
        item: &LocalId,
        conclusion: &Conclusion,
    ) -> Decision {
        let record = self.in_session()?;
        let own = record.agenda.item(item)?;
        if own.ended_as(conclusion)? {
            return Ok(Vec::new());
        }
        let body = record.body()?;
        let found = quorum::find(body, &record.sitting_for(Some(own)));
        if conclusion.outcome() != Outcome::Postponed {
            own.in_order()?;
            if record.agenda.up.as_ref() != Some(item) {
                return Err(Rejection::NotTakenUp { item: item.clone() });
            }
            record.chair_may_lead(own)?;
            met(&found)?;
        }
        record.may_come_to(own, conclusion, Some(body))?;
        let text = own.text_of(conclusion)?;
        let unanimous = own.carried_unanimously();
        Ok(own.concluded(conclusion, Ending { text, unanimous, quorum: found, day: command.day() }))
    }

    pub(super) fn record_outcome(&self, command: &Command) -> Decision {
        let Request::RecordOutcome { item, conclusion, unanimous, day } = &command.request else {
            return Ok(Vec::new());
        };
        let record = match self {
            Self::Reported(record) => record,
            Self::Open(_) | Self::Adjourned(_) | Self::Called(_) | Self::Closed(_) => {
                return Err(Rejection::NotReported);
            }
            Self::Unplanned | Self::Planned(_) | Self::Cancelled(_) => {
                return Err(self.refusal());
            }
        };
        let own = record.agenda.item(item)?;
        if own.ended_as(conclusion)? {
            return Ok(Vec::new());
        }
        if record.minutes.is_approved() {
            return Err(Rejection::MinutesAreApproved);
        }
        record.may_come_to(own, conclusion, record.in_force.as_ref())?;
        let text = conclusion.text().cloned();
        if text.is_none() && matches!(conclusion.outcome(), Outcome::Decided | Outcome::Recommended)
        {
            return Err(Rejection::TextNeeded);
        }
        let day = day.or_else(|| record.first_day()).unwrap_or_else(|| command.day());
        record.sits_on(day)?;
        Ok(own.concluded(
            conclusion,
            Ending { text, unanimous: *unanimous, quorum: QuorumFound::Unknown {}, day },
        ))
    }
}

impl Record {
    /// Checks what the body may do with an item, and where it may send it.
    fn may_come_to(
        &self,
        item: &Item,
        conclusion: &Conclusion,
        body: Option<&BodyInForce>,
    ) -> Result<(), Rejection> {
        // Its own agenda and minutes every body settles for itself.
        let of_its_own = matches!(
            item.entry.subject,
            Subject::NoticeAndAgenda {} | Subject::EarlierMinutes { .. }
        );
        let decides = matches!(conclusion.outcome(), Outcome::Decided | Outcome::Rejected);
        let advises = body.is_some_and(|body| body.rules.authority == Authority::Advises);
        if decides && advises && !of_its_own {
            return Err(Rejection::AdvisesOnly);
        }
        match conclusion.to() {
            Some(to) if *to == self.body => Err(Rejection::GoesNowhere { to: to.clone() }),
            Some(_) | None => Ok(()),
        }
    }

    /// Checks that whoever leads the meeting may lead the treatment of an item.
    pub(super) fn chair_may_lead(&self, item: &Item) -> Result<(), Rejection> {
        match &self.roll.chair {
            Some(chair) if self.roll.is_disqualified(chair, item) => {
                Err(Rejection::ChairIsDisqualified { seat: chair.clone() })
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl Item {
    pub(super) fn not_ended(&self) -> Result<(), Rejection> {
        match self.end {
            None => Ok(()),
            Some(_) => Err(Rejection::AlreadyConcluded { item: self.entry.item.clone() }),
        }
    }

    /// Whether the item ended in just this way before; in another way is refused.
    fn ended_as(&self, conclusion: &Conclusion) -> Result<bool, Rejection> {
        let otherwise = || Rejection::AlreadyConcluded { item: self.entry.item.clone() };
        match &self.end {
            None => Ok(false),
            Some(End::Withdrawn) => Err(otherwise()),
            Some(End::Concluded { outcome, text, to }) => {
                let said = conclusion.text();
                let same = *outcome == conclusion.outcome()
                    && to.as_ref() == conclusion.to()
                    && (said.is_none() || same_words(said, text.as_ref()));
                if same { Ok(true) } else { Err(otherwise()) }
            }
        }
    }

    /// The text that a conclusion has: for what was voted on, the words that were carried.
    fn text_of(&self, conclusion: &Conclusion) -> Result<Option<Prose>, Rejection> {
        let item = || self.entry.item.clone();
        let said = conclusion.text();
        match conclusion.outcome() {
            Outcome::Decided | Outcome::Recommended => (),
            Outcome::Rejected => {
                let voted = self.proposals.iter().any(|proposal| proposal.vote.is_some());
                return if voted && self.carried().next().is_none() {
                    Ok(said.cloned())
                } else {
                    Err(Rejection::SomethingCarried { item: item() })
                };
            }
            Outcome::TookNote | Outcome::Forwarded | Outcome::Postponed | Outcome::SentBack => {
                return Ok(said.cloned());
            }
        }
        let carried: Vec<_> = self.carried().map(|(proposal, _)| proposal.text.as_str()).collect();
        if carried.is_empty() {
            return Err(Rejection::NothingCarried { item: item() });
        }
        let text = Prose::try_new(carried.join("\n\n")).map_err(|_| Rejection::TextTooLong)?;
        if said.is_some() && !same_words(said, Some(&text)) {
            return Err(Rejection::TextDiffers { item: item() });
        }
        Ok(Some(text))
    }

    /// Whether everything carried was carried by every vote cast; absent where nothing was (R40).
    fn carried_unanimously(&self) -> Option<bool> {
        let votes: BTreeSet<bool> = self.carried().map(|(_, vote)| vote.unanimous).collect();
        (!votes.is_empty()).then(|| !votes.contains(&false))
    }

    fn concluded(&self, conclusion: &Conclusion, ending: Ending) -> Vec<Event> {
        let (case, treatment) = self.entry.case();
        vec![Event::ItemConcluded {
            item: self.entry.item.clone(),
            case,
            treatment,
            outcome: conclusion.outcome(),
            text: ending.text,
            to: conclusion.to().cloned(),
            unanimous: ending.unanimous,
            quorum: ending.quorum,
            public: self.withheld(ending.day).is_none(),
            day: ending.day,
        }]
    }
}

/// Checks that a quorum was found.
pub(super) fn met(found: &QuorumFound) -> Result<(), Rejection> {
    match found {
        QuorumFound::Met { .. } | QuorumFound::Unknown {} => Ok(()),
        QuorumFound::Missed { present, needed } => {
            Err(Rejection::NoQuorum { present: u32::from(*present), needed: *needed })
        }
    }
}

/// Whether two texts differ in nothing but white space.
fn same_words(one: Option<&Prose>, other: Option<&Prose>) -> bool {
    let words = |text: Option<&Prose>| {
        text.map(|text| text.as_str().split_whitespace().collect::<Vec<_>>().join(" "))
    };
    words(one) == words(other)
}
