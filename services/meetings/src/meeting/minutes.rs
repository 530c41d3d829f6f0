//! The minutes: drafted from the record, approved, published, and from then on only added to.
//!
//! A draft says how much of the record it rests on, so that nobody approves minutes of less than
//! what happened.

use samvirke_schemas::{
    date::Date,
    digest::Digest,
    id::LocalId,
    meetings::{
        meeting::Event,
        minutes::{ADDENDA_MAX, Approval, SIGNATORIES_MAX, Withheld, WithheldItem},
    },
    text::Prose,
};
use serde::{Deserialize, Serialize};

use super::{Command, Decision, Meeting, Record, Rejection, agenda::Item};

/// How far the minutes have come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Minutes {
    #[default]
    NotDrafted,
    Drafted {
        draft: u32,
        rests_on: u64,
        document: Option<Digest>,
    },
    Approved {
        draft: u32,
        approval: Approval,
        addenda: Vec<Addendum>,
        /// How many addenda there were when the minutes were last published.
        published: Option<u32>,
    },
}

/// What was added to approved minutes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Addendum {
    pub text: Prose,
    pub item: Option<LocalId>,
}

impl Meeting {
    pub(super) fn draft_minutes(&self, document: Option<&Digest>) -> Decision {
        let record = self.held()?;
        let next = match &record.minutes {
            Minutes::NotDrafted => 1,
            Minutes::Drafted { rests_on, document: present, .. }
                if *rests_on == record.recorded && present.as_ref() == document =>
            {
                return Ok(Vec::new());
            }
            Minutes::Drafted { draft, .. } => draft.saturating_add(1),
            Minutes::Approved { .. } => return Err(Rejection::MinutesAreApproved),
        };
        Ok(vec![Event::MinutesDrafted {
            draft: next,
            rests_on: record.recorded,
            document: document.cloned(),
        }])
    }

    pub(super) fn approve_minutes(
        &self,
        command: &Command,
        draft: u32,
        approval: &Approval,
    ) -> Decision {
        let record = self.held()?;
        match &record.minutes {
            Minutes::NotDrafted => return Err(Rejection::NotDrafted),
            Minutes::Approved { draft: present, approval: how, .. } => {
                return if *present == draft && how == approval {
                    Ok(Vec::new())
                } else {
                    Err(Rejection::MinutesAreApproved)
                };
            }
            Minutes::Drafted { draft: latest, .. } if *latest != draft => {
                return Err(Rejection::NotTheLatestDraft { latest: *latest });
            }
            Minutes::Drafted { rests_on, .. } if *rests_on != record.recorded => {
                return Err(Rejection::DraftIsOutdated { draft });
            }
            Minutes::Drafted { .. } => (),
        }
        self.check_approval(command, record, approval)?;
        Ok(vec![Event::MinutesApproved { draft, approval: approval.clone(), on: command.day() }])
    }

    fn check_approval(
        &self,
        command: &Command,
        record: &Record,
        approval: &Approval,
    ) -> Result<(), Rejection> {
        let open = matches!(self, Self::Open(_));
        match approval {
            Approval::AtTheEnd {} if open => record.everything_came_to_something(),
            Approval::AtTheEnd {} => Err(Rejection::NotAtTheEnd),
            Approval::BySignatories { .. } | Approval::AtNextMeeting { .. } if open => {
                Err(Rejection::IsOpen)
            }
            Approval::BySignatories { seats } => {
                if seats.is_empty() || seats.len() > SIGNATORIES_MAX {
                    return Err(Rejection::SignatoriesNeeded);
                }
                let Some(body) = &record.in_force else { return Ok(()) };
                match seats.iter().find(|seat| body.seats.iter().all(|own| own.seat != **seat)) {
                    Some(seat) => Err(Rejection::NoSuchSeat { seat: seat.clone() }),
                    None => Ok(()),
                }
            }
            Approval::AtNextMeeting { meeting, .. } if *meeting == command.id => {
                Err(Rejection::NotAnotherMeeting)
            }
            Approval::AtNextMeeting { .. } => Ok(()),
        }
    }

    pub(super) fn publish_minutes(&self, command: &Command) -> Decision {
        let record = self.ended()?;
        let Minutes::Approved { draft, addenda, published, .. } = &record.minutes else {
            return Err(Rejection::NotApproved);
        };
        let addenda = u32::try_from(addenda.len()).unwrap_or(u32::MAX);
        if *published == Some(addenda) {
            return Ok(Vec::new());
        }
        let mut public = Vec::new();
        let mut withheld = Vec::new();
        for item in &record.agenda.items {
            let id = item.entry.item.clone();
            match item.withheld(command.day()) {
                None => public.push(id),
                Some(because) => withheld.push(WithheldItem { item: id, because }),
            }
        }
        Ok(vec![Event::MinutesPublished {
            draft: *draft,
            public,
            withheld,
            addenda,
            on: command.day(),
        }])
    }

    pub(super) fn add_addendum(
        &self,
        command: &Command,
        text: &Prose,
        item: Option<&LocalId>,
    ) -> Decision {
        let record = self.ended()?;
        let Minutes::Approved { addenda, .. } = &record.minutes else {
            return Err(Rejection::NotApproved);
        };
        if addenda.iter().any(|own| own.text == *text && own.item.as_ref() == item) {
            return Ok(Vec::new());
        }
        if addenda.len() >= ADDENDA_MAX {
            return Err(Rejection::TooManyAddenda);
        }
        let public = match item {
            None => true,
            Some(item) => record.agenda.item(item)?.withheld(command.day()).is_none(),
        };
        Ok(vec![Event::AddendumAdded {
            number: u32::try_from(addenda.len()).unwrap_or(u32::MAX).saturating_add(1),
            text: text.clone(),
            item: item.cloned(),
            public,
            on: command.day(),
        }])
    }

    /// The record of a meeting that minutes can be kept of.
    fn held(&self) -> Result<&Record, Rejection> {
        match self {
            Self::Open(record) | Self::Closed(record) | Self::Reported(record) => Ok(record),
            Self::Planned(_) | Self::Called(_) => Err(Rejection::NotHeld),
            Self::Unplanned | Self::Adjourned(_) | Self::Cancelled(_) => Err(self.refusal()),
        }
    }

    /// The record of a meeting that is over.
    fn ended(&self) -> Result<&Record, Rejection> {
        match self {
            Self::Closed(record) | Self::Reported(record) => Ok(record),
            Self::Planned(_) | Self::Called(_) => Err(Rejection::NotHeld),
            Self::Unplanned | Self::Open(_) | Self::Adjourned(_) | Self::Cancelled(_) => {
                Err(self.refusal())
            }
        }
    }
}

impl Minutes {
    pub fn is_approved(&self) -> bool {
        matches!(self, Self::Approved { .. })
    }
}

impl Item {
    /// Why the public does not see the item's texts on `day`, if it does not.
    pub(super) fn withheld(&self, day: Date) -> Option<Withheld> {
        let restriction = self.entry.restriction.as_ref();
        if restriction.is_some_and(|own| own.until.is_none_or(|until| day <= until)) {
            return Some(Withheld::Restricted);
        }
        self.behind_doors.then_some(Withheld::ClosedDoors)
    }
}
