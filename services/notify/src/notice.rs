//! What people are told: a fact of the feed, or a moment that a fact has set.
//!
//! A notice is kept with the outbox until long after it was sent, so it holds no name and no
//! address of anybody. A mailbox is read by many and forwards what it gets, so a notice holds nothing
//! that the public does not see either: it is made of the types in [`public`], field by field.

mod public;

use chrono::{DateTime, Utc};
use samvirke_schemas::{
    Tagged,
    cases::case::joint::SettleRule,
    contacts::contact::Topic,
    date::Date,
    feed::fact::{brief, meeting, subscription},
    id::{AggregateId, CooperationId},
    local_time::LocalTime,
    organisation::OrganisationNumber,
};
use serde::{Deserialize, Serialize};

pub(crate) use public::{
    PublicAgendaChange, PublicCase, PublicExtension, PublicHearing, PublicItem, PublicMinutes,
    PublicNotice, PublicTask,
};

/// Something to be told. The tag names the template.
#[derive(
    Clone, Debug, PartialEq, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Notice {
    MeetingCalled {
        called: PublicNotice,
        changes: Changes,
    },
    MeetingMoved {
        moved: meeting::Moved,
        changes: Changes,
    },
    MeetingCancelled {
        cancelled: meeting::Cancelled,
        changes: Changes,
    },
    /// An item of the agenda is called otherwise, or restricted.
    AgendaChanged(PublicAgendaChange),
    MinutesPublished(PublicMinutes),
    CaseSent {
        case: PublicCase,
        settles: SettleRule,
        answer_by: Option<Date>,
    },
    HearingOpened(PublicHearing),
    HearingExtended(PublicExtension),
    HearingClosing {
        case: PublicCase,
        deadline: LocalTime,
    },
    FollowUpDue {
        case: PublicCase,
        task: PublicTask,
    },
    /// To a member that has been silent.
    MemberSilent(Silence),
    /// To the secretariat, with all that are silent.
    MembersSilent {
        silence: Silence,
        members: Vec<SilentMember>,
    },
    DeliveryStopped(subscription::Stopped),
    /// Several, gathered into one mail.
    Digest {
        notices: Vec<Notice>,
    },
}

impl Tagged for Notice {
    const TAGS: &'static [&'static str] = <Self as strum::VariantNames>::VARIANTS;

    fn tag(&self) -> &'static str {
        self.into()
    }
}

/// How a meeting's plan has changed, for calendars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Changes {
    /// Once for each time it was moved, and once more when cancelled.
    pub(crate) sequence: u32,
    /// When the fact was registered.
    pub(crate) at: DateTime<Utc>,
}

/// A joint case in which something is missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Silence {
    pub(crate) case: PublicCase,
    pub(crate) missing: Missing,
    pub(crate) sent_on: Date,
    pub(crate) answer_by: Option<Date>,
}

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Missing {
    /// That the case has arrived.
    Receipt,
    /// The council's decision.
    Decision,
}

/// A member that has been silent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SilentMember {
    pub(crate) member: brief::Member,
    /// Whether it has said that the case arrived.
    pub(crate) received: bool,
    pub(crate) since: Date,
}

impl Notice {
    /// The topic, by which contacts say how often they are told.
    pub(crate) fn topic(&self) -> Topic {
        match self {
            Self::MeetingCalled { .. }
            | Self::MeetingMoved { .. }
            | Self::MeetingCancelled { .. }
            | Self::AgendaChanged(_) => Topic::Meetings,
            Self::MinutesPublished(_) => Topic::Minutes,
            Self::CaseSent { .. } => Topic::JointCases,
            Self::HearingOpened(_) | Self::HearingExtended(_) | Self::HearingClosing { .. } => {
                Topic::Hearings
            }
            Self::FollowUpDue { .. } => Topic::FollowUps,
            Self::MemberSilent(_) | Self::MembersSilent { .. } => Topic::Reminders,
            Self::DeliveryStopped(_) => Topic::Deliveries,
            // A digest is one mail of several topics; each was asked for by itself.
            Self::Digest { notices } => notices.first().map_or(Topic::Minutes, Self::topic),
        }
    }

    /// The topics in it that one may decline.
    pub(crate) fn declinable(&self) -> Vec<Topic> {
        use samvirke_schemas::contacts::contact::Frequency;
        let topics: std::collections::BTreeSet<Topic> = match self {
            Self::Digest { notices } => notices.iter().map(Self::topic).collect(),
            Self::MeetingCalled { .. }
            | Self::MeetingMoved { .. }
            | Self::MeetingCancelled { .. }
            | Self::AgendaChanged(_)
            | Self::MinutesPublished(_)
            | Self::CaseSent { .. }
            | Self::HearingOpened(_)
            | Self::HearingExtended(_)
            | Self::HearingClosing { .. }
            | Self::FollowUpDue { .. }
            | Self::MemberSilent(_)
            | Self::MembersSilent { .. }
            | Self::DeliveryStopped(_) => [self.topic()].into(),
        };
        topics.into_iter().filter(|topic| topic.least() == Frequency::Never).collect()
    }
}

impl Notice {
    /// Does something with each case that the notice names.
    pub(crate) fn each_case(&mut self, change: &mut dyn FnMut(&mut PublicCase)) {
        match self {
            Self::CaseSent { case, .. }
            | Self::HearingClosing { case, .. }
            | Self::FollowUpDue { case, .. } => change(case),
            Self::HearingOpened(opened) => change(&mut opened.case),
            Self::HearingExtended(extended) => change(&mut extended.case),
            Self::MemberSilent(silence) | Self::MembersSilent { silence, .. } => {
                change(&mut silence.case);
            }
            Self::Digest { notices } => {
                for notice in notices {
                    notice.each_case(change);
                }
            }
            Self::MeetingCalled { .. }
            | Self::MeetingMoved { .. }
            | Self::MeetingCancelled { .. }
            | Self::AgendaChanged(_)
            | Self::MinutesPublished(_)
            | Self::DeliveryStopped(_) => (),
        }
    }

    /// Does something with each item of an agenda that the notice names, and its meeting.
    pub(crate) fn each_item(&mut self, change: &mut dyn FnMut(&AggregateId, &mut PublicItem)) {
        match self {
            Self::MeetingCalled { called, .. } => {
                for item in &mut called.agenda {
                    change(&called.meeting.id, item);
                }
            }
            Self::AgendaChanged(changed) => change(&changed.meeting.id, &mut changed.item),
            Self::MinutesPublished(published) => {
                for treated in &mut published.items {
                    change(&published.meeting.id, &mut treated.item);
                }
            }
            Self::Digest { notices } => {
                for notice in notices {
                    notice.each_item(change);
                }
            }
            Self::MeetingMoved { .. }
            | Self::MeetingCancelled { .. }
            | Self::CaseSent { .. }
            | Self::HearingOpened(_)
            | Self::HearingExtended(_)
            | Self::HearingClosing { .. }
            | Self::FollowUpDue { .. }
            | Self::MemberSilent(_)
            | Self::MembersSilent { .. }
            | Self::DeliveryStopped(_) => (),
        }
    }
}

/// Whom to tell, in one cooperation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Whom {
    /// The contacts of a member.
    Member {
        member: OrganisationNumber,
    },
    /// The seats of a body: those of one member, or all but those of some.
    Seats {
        body: AggregateId,
        of: Option<OrganisationNumber>,
        #[serde(default)]
        except: Vec<OrganisationNumber>,
    },
    Secretariat {},
}

/// Something to be told when a moment comes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reminder {
    pub(crate) cooperation: CooperationId,
    pub(crate) whom: Whom,
    pub(crate) notice: Notice,
}
