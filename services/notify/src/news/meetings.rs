//! Meetings: the seats of the body are told, while there is still something to come.

use samvirke_schemas::feed::{
    Audience,
    fact::{
        brief,
        meeting::{Cancelled, Day, Item, MinutesPublished, Moved, NoticeIssued},
    },
};

use super::Steps;
use crate::notice::{
    Changes, Notice, PublicAgendaChange, PublicItem, PublicMinutes, PublicNotice, Whom,
};

impl Steps<'_> {
    pub(super) fn meeting_called(&mut self, called: &NoticeIssued) {
        let called_to = PublicNotice::from(called);
        let notice = Notice::MeetingCalled { called: called_to, changes: self.changes() };
        self.tell_seats(&called.meeting, &called.days, notice);
    }

    pub(super) fn meeting_moved(&mut self, moved: &Moved) {
        let notice = Notice::MeetingMoved { moved: moved.clone(), changes: self.changes() };
        self.tell_seats(&moved.meeting, &moved.days, notice);
    }

    pub(super) fn meeting_cancelled(&mut self, cancelled: &Cancelled) {
        let changes = self.changes();
        let notice = Notice::MeetingCancelled { cancelled: cancelled.clone(), changes };
        self.tell_seats(&cancelled.meeting, &cancelled.days, notice);
    }

    pub(super) fn agenda_changed(&mut self, meeting: &brief::Meeting, days: &[Day], item: &Item) {
        let change = PublicAgendaChange {
            meeting: meeting.clone(),
            days: days.to_vec(),
            item: PublicItem::from(item),
        };
        self.tell_seats(meeting, days, Notice::AgendaChanged(change));
    }

    pub(super) fn minutes_published(&mut self, published: &MinutesPublished) {
        if let Some(whom) = self.seats(&published.meeting) {
            self.tell(whom, Notice::MinutesPublished(PublicMinutes::from(published)));
        }
    }

    /// Tells of a meeting that has not been yet.
    fn tell_seats(&mut self, meeting: &brief::Meeting, days: &[Day], notice: Notice) {
        let today = self.today();
        if days.last().is_none_or(|last| last.day >= today)
            && let Some(whom) = self.seats(meeting)
        {
            self.tell(whom, notice);
        }
    }

    /// The seats of the body. What a member is told beyond the public has no place in a mail, so all
    /// are written to when the public is told.
    fn seats(&self, meeting: &brief::Meeting) -> Option<Whom> {
        let body = meeting.body.id.clone();
        match &self.heard.audience {
            Audience::Member(_) => None,
            Audience::Public => Some(Whom::Seats { body, of: None, except: Vec::new() }),
        }
    }

    fn changes(&self) -> Changes {
        Changes { sequence: self.heard.changes, at: self.heard.recorded_at }
    }
}
