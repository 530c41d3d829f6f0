//! Opening, adjourning, resuming and closing; the chair; the doors.

use samvirke_schemas::{
    id::LocalId,
    legal_basis::LegalBasis,
    local_time::LocalTime,
    meetings::{
        attendance::ChairAs,
        meeting::Event,
        schedule::{SITTINGS_MAX, Sitting},
    },
    networks::rules::BodyInForce,
};

use super::{Command, Decision, Meeting, Record, Rejection, agenda::Item, plan};

impl Meeting {
    pub(super) fn open(&self, command: &Command, chair: &LocalId) -> Decision {
        let record = match self {
            Self::Called(record) => record,
            Self::Open(record) if record.roll.chair.as_ref() == Some(chair) => {
                return Ok(Vec::new());
            }
            Self::Unplanned
            | Self::Planned(_)
            | Self::Open(_)
            | Self::Adjourned(_)
            | Self::Closed(_)
            | Self::Reported(_)
            | Self::Cancelled(_) => return Err(self.refusal()),
        };
        record.sits_on(command.day())?;
        // What is known by now of the body on that day goes before what was known at the notice.
        let called = record.body()?;
        let now = command.facts.body.as_ref();
        let now = now.filter(|known| known.body == record.body && known.on == called.on);
        let body = now.unwrap_or(called);
        if body.paused {
            return Err(Rejection::BodyIsPaused { body: record.body.clone() });
        }
        Ok(vec![Event::Opened {
            chair: chair.clone(),
            chairs_as: record.chairs_as(body, chair)?,
            at: LocalTime::new(command.at),
            body: (body != called).then(|| Box::new(body.clone())),
        }])
    }

    pub(super) fn change_chair(&self, command: &Command, chair: &LocalId) -> Decision {
        let record = self.in_session()?;
        if record.roll.chair.as_ref() == Some(chair) {
            return Ok(Vec::new());
        }
        Ok(vec![Event::ChairChanged {
            chair: chair.clone(),
            chairs_as: record.chairs_as(record.body()?, chair)?,
            at: LocalTime::new(command.at),
        }])
    }

    pub(super) fn adjourn(&self, command: &Command, until: &Sitting) -> Decision {
        if let Self::Adjourned(record) = self
            && record.resumes == Some(*until)
        {
            return Ok(Vec::new());
        }
        let record = self.in_session()?;
        let mut days = record.days();
        days.push(until.start.day());
        days.sort_unstable();
        days.dedup();
        if until.start.instant() <= command.at
            || !plan::is_sound(until)
            || days.len() > SITTINGS_MAX
        {
            return Err(Rejection::ResumesBefore);
        }
        Ok(vec![Event::Adjourned { until: *until, at: LocalTime::new(command.at) }])
    }

    pub(super) fn resume(&self, command: &Command, chair: &LocalId) -> Decision {
        let record = match self {
            Self::Adjourned(record) => record,
            Self::Open(record) if record.roll.chair.as_ref() == Some(chair) => {
                return Ok(Vec::new());
            }
            Self::Unplanned
            | Self::Planned(_)
            | Self::Called(_)
            | Self::Open(_)
            | Self::Closed(_)
            | Self::Reported(_)
            | Self::Cancelled(_) => return Err(self.refusal()),
        };
        let day = command.day();
        if record.resumes.is_none_or(|until| until.start.day() != day) {
            return Err(Rejection::NotOnItsDay { day });
        }
        Ok(vec![Event::Resumed {
            chair: chair.clone(),
            chairs_as: record.chairs_as(record.body()?, chair)?,
            at: LocalTime::new(command.at),
        }])
    }

    pub(super) fn close(&self, command: &Command) -> Decision {
        let record = match self {
            Self::Open(record) => record,
            Self::Closed(_) => return Ok(Vec::new()),
            Self::Unplanned
            | Self::Planned(_)
            | Self::Called(_)
            | Self::Adjourned(_)
            | Self::Reported(_)
            | Self::Cancelled(_) => return Err(self.refusal()),
        };
        record.everything_came_to_something()?;
        Ok(vec![Event::Closed { at: LocalTime::new(command.at) }])
    }

    pub(super) fn close_doors(&self, command: &Command, legal_basis: &LegalBasis) -> Decision {
        match &self.in_session()?.closed_doors {
            Some(present) if present == legal_basis => Ok(Vec::new()),
            Some(_) => Err(Rejection::DoorsAreClosed),
            None => Ok(vec![Event::DoorsClosed {
                legal_basis: legal_basis.clone(),
                at: LocalTime::new(command.at),
            }]),
        }
    }

    pub(super) fn open_doors(&self, command: &Command) -> Decision {
        Ok(match self.in_session()?.closed_doors {
            Some(_) => vec![Event::DoorsOpened { at: LocalTime::new(command.at) }],
            None => Vec::new(),
        })
    }
}

impl Record {
    /// In what capacity a seat would lead: the chair goes before the deputy chair, and both before
    /// anybody else, as long as they are there and not disqualified (R17).
    fn chairs_as(&self, body: &BodyInForce, seat: &LocalId) -> Result<ChairAs, Rejection> {
        if !self.roll.is_present(seat) {
            return Err(Rejection::NotPresent { seat: seat.clone() });
        }
        let up = self.item_up();
        if up.is_some_and(|item| self.roll.is_disqualified(seat, item)) {
            return Err(Rejection::Disqualified { seat: seat.clone() });
        }
        let leaders = [(&body.chair, ChairAs::Chair), (&body.deputy_chair, ChairAs::DeputyChair)];
        for (leader, capacity) in leaders {
            let Some(leader) = leader else { continue };
            // Whoever sits in for the chair's seat has the seat, not the office of chair.
            let can_lead = self.roll.holder_is_present(leader)
                && !up.is_some_and(|item| self.roll.is_disqualified(leader, item));
            match (can_lead, leader == seat) {
                (true, true) => return Ok(capacity),
                (true, false) => return Err(Rejection::ChairCanLead { seat: leader.clone() }),
                (false, _) => (),
            }
        }
        Ok(ChairAs::Substitute)
    }

    /// The item that is being treated.
    pub(super) fn item_up(&self) -> Option<&Item> {
        self.agenda.up.as_ref().and_then(|up| self.agenda.item(up).ok())
    }

    /// Checks that no item is left between two chairs.
    pub(super) fn everything_came_to_something(&self) -> Result<(), Rejection> {
        self.agenda.nothing_else_up(None)?;
        match self.agenda.first_left() {
            Some(item) => Err(Rejection::ItemLeft { item: item.clone() }),
            None => Ok(()),
        }
    }
}
