//! Meetings: the seats of the body are told, while there is still something to come.

use samvirke_schemas::feed::{
    Audience,
    fact::{
        brief,
        meeting::{Cancelled, Day, MinutesPublished, Moved, NoticeIssued},
    },
};

use super::Steps;
use crate::notice::{Changes, Notice, Whom};

impl Steps<'_> {
    pub(super) fn meeting_called(&mut self, called: &NoticeIssued) {
        let notice = Notice::MeetingCalled { called: called.clone(), changes: self.changes() };
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

    pub(super) fn minutes_published(&mut self, published: &MinutesPublished) {
        let whom = self.seats(&published.meeting);
        self.tell(whom, Notice::MinutesPublished(published.clone()));
    }

    /// Tells of a meeting that has not been yet.
    fn tell_seats(&mut self, meeting: &brief::Meeting, days: &[Day], notice: Notice) {
        let today = self.today();
        if days.last().is_none_or(|last| last.day >= today) {
            let whom = self.seats(meeting);
            self.tell(whom, notice);
        }
    }

    fn seats(&self, meeting: &brief::Meeting) -> Whom {
        let body = meeting.body.id.clone();
        match &self.heard.audience {
            Audience::Member(member) => {
                Whom::Seats { body, of: Some(member.clone()), except: Vec::new() }
            }
            Audience::Public => Whom::Seats { body, of: None, except: self.heard.restated.clone() },
        }
    }

    fn changes(&self) -> Changes {
        Changes { sequence: self.heard.changes, at: self.heard.recorded_at }
    }
}
