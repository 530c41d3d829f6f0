//! The steering group of Vestregionen and its meeting of 15 June 2017, by office.

use samvirke_kernel::scenario::Scenario;
use samvirke_schemas::{
    date::Date,
    id::LocalId,
    local_time::LocalTime,
    meetings::{
        agenda::{AgendaItem, Conclusion, ItemKind, Subject},
        attendance::{OtherPresent, SeatPresent, StandIn},
        meeting::{Event, Request},
        schedule::{Sitting, Venue},
        vote::{Choice, Method, Proposer, SeatVote},
    },
    names::Names,
    networks::rules::{
        Authority, BodyInForce, BodyKind, Deputy, Entitlement, Majority, Office, Quorum, Right,
        Rules, Seat,
    },
    organisation::OrganisationNumber,
    text::Prose,
};

use crate::meeting::{Facts, Meeting};

/// The organisation numbers of members: three real ones, and others with a valid control digit.
pub(crate) const MEMBERS: [&str; 9] = [
    "935478715",
    "920125298",
    "964951373",
    "950000007",
    "950000015",
    "950000023",
    "950000031",
    "950000058",
    "950000066",
];

/// The mayors' seats of the steering group, in the order of [`MEMBERS`].
pub(crate) const SEATS: [&str; 5] =
    ["baerum-mayor", "asker-mayor", "buskerud-mayor", "lier-mayor", "drammen-mayor"];

pub(crate) fn id(text: &str) -> LocalId {
    text.parse().unwrap()
}

pub(crate) fn prose(text: &str) -> Prose {
    text.parse().unwrap()
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn time(text: &str) -> LocalTime {
    text.parse().unwrap()
}

pub(crate) fn seat_of(member: usize, name: &str) -> Seat {
    Seat {
        seat: id(name),
        member: OrganisationNumber::try_new(MEMBERS[member]).unwrap(),
        office: Office::Mayor,
        holder: None,
    }
}

/// A body with one seat for each of the first `members` members.
pub(crate) fn body_of(members: usize) -> BodyInForce {
    BodyInForce {
        body: "vestregionen:sg".parse().unwrap(),
        names: Names { nb: "Styringsgruppen".parse().unwrap(), nn: None, en: None },
        kind: BodyKind::SteeringGroup,
        on: day("2017-06-15"),
        rules_version: 1,
        rules: Rules {
            composition: Vec::new(),
            seat_rights: [Right::Attend, Right::Speak, Right::Propose, Right::Vote].into(),
            entitled: vec![Entitlement {
                office: Office::MunicipalDirector,
                rights: [Right::Attend, Right::Speak, Right::Propose].into(),
            }],
            notice_days: 7,
            quorum: Quorum::HalfOfMembers {},
            majority: Majority::Simple,
            casting_vote: true,
            meetings_per_year_min: None,
            authority: Authority::Decides,
            delegated: Vec::new(),
            legal_basis: None,
        },
        seats: (0..members)
            .map(|at| seat_of(at, SEATS.get(at).copied().unwrap_or(&format!("seat-{at}"))))
            .collect(),
        chair: None,
        deputy_chair: None,
        deputies: Vec::new(),
        paused: false,
        prepares_for: None,
    }
}

/// The seats of `body` at the places `at`.
pub(crate) fn seats(body: &BodyInForce, at: &[usize]) -> Vec<LocalId> {
    at.iter().map(|at| body.seats[*at].seat.clone()).collect()
}

/// The steering group: five seats, led by Bærum and then Asker; Asker has two deputies in order.
pub(crate) fn steering_group() -> BodyInForce {
    let deputy = |order| Deputy {
        seat: id("asker-mayor"),
        order,
        office: Some(Office::DeputyMayor),
        person: None,
    };
    BodyInForce {
        chair: Some(id("baerum-mayor")),
        deputy_chair: Some(id("asker-mayor")),
        deputies: vec![deputy(2), deputy(1)],
        ..body_of(5)
    }
}

pub(crate) fn knowing(body: BodyInForce) -> Facts {
    Facts { body: Some(body) }
}

pub(crate) fn sitting(on: &str, from: &str, to: &str) -> Sitting {
    Sitting { start: time(&format!("{on}T{from}")), end: time(&format!("{on}T{to}")) }
}

pub(crate) fn venue() -> Venue {
    Venue { place: Some("Sem Gjestegård, Asker".parse().unwrap()), remote: None }
}

pub(crate) fn plan_on(sittings: Vec<Sitting>) -> Request {
    Request::Plan {
        body: "vestregionen:sg".parse().unwrap(),
        title: None,
        sittings,
        venue: venue(),
    }
}

pub(crate) fn plan() -> Request {
    plan_on(vec![sitting("2017-06-15", "10:00", "13:00")])
}

pub(crate) fn approval_of_agenda() -> AgendaItem {
    AgendaItem {
        item: id("1"),
        kind: ItemKind::An,
        title: "Godkjenning av innkalling og dagsorden".parse().unwrap(),
        public_title: None,
        subject: Subject::NoticeAndAgenda {},
        restriction: None,
    }
}

/// The case that was decided in the meeting: the future of the cooperation.
pub(crate) fn future() -> AgendaItem {
    AgendaItem {
        item: id("6-2017"),
        kind: ItemKind::Ps,
        title: "Vestregionens framtid".parse().unwrap(),
        public_title: None,
        subject: Subject::Case {
            case: "vestregionen:6-2017".parse().unwrap(),
            treatment: Some(id("sg")),
        },
        restriction: None,
    }
}

pub(crate) fn briefing() -> AgendaItem {
    AgendaItem {
        item: id("briefing"),
        kind: ItemKind::An,
        title: "Ordførers orientering".parse().unwrap(),
        public_title: None,
        subject: Subject::PlainText {},
        restriction: None,
    }
}

pub(crate) fn put(item: AgendaItem) -> Request {
    Request::PutItem { item }
}

pub(crate) fn notice() -> Request {
    Request::IssueNotice { urgent: None }
}

pub(crate) fn holder(seat: &str) -> SeatPresent {
    SeatPresent { seat: id(seat), stand_in: None, remote: false }
}

pub(crate) fn deputy(seat: &str, order: Option<u16>) -> SeatPresent {
    let stand_in = StandIn { order, office: Some(Office::DeputyMayor), person: None };
    SeatPresent { seat: id(seat), stand_in: Some(stand_in), remote: false }
}

pub(crate) fn arrive(seats: impl IntoIterator<Item = SeatPresent>) -> Request {
    Request::RegisterArrivals { seats: seats.into_iter().collect(), others: Vec::new() }
}

pub(crate) fn arrive_other(attendee: &str, office: Office) -> Request {
    let other = OtherPresent { attendee: id(attendee), office, member: None };
    Request::RegisterArrivals { seats: Vec::new(), others: vec![other] }
}

pub(crate) fn leave(seat: &str) -> Request {
    Request::RegisterDepartures { seats: vec![id(seat)], others: Vec::new() }
}

pub(crate) fn open_by(chair: &str) -> Request {
    Request::Open { chair: id(chair) }
}

pub(crate) fn take_up(item: &str) -> Request {
    Request::TakeUpItem { item: id(item) }
}

pub(crate) fn conflict(seat: &str) -> Request {
    Request::RecordConflict { item: id("6-2017"), seat: id(seat), legal_basis: None }
}

pub(crate) fn propose(proposal: &str, text: &str) -> Request {
    Request::Propose {
        item: id("6-2017"),
        proposal: id(proposal),
        by: Proposer::Seat { seat: id("baerum-mayor") },
        text: prose(text),
    }
}

pub(crate) fn vote(proposal: &str, method: Method) -> Request {
    Request::TakeVote { item: id("6-2017"), proposal: id(proposal), method, claimed: None }
}

/// The votes of the first seats in their order: `y`, `n` or `b`.
pub(crate) fn by_person(choices: &str) -> Method {
    let choice = |letter| match letter {
        'y' => Choice::Yes,
        'n' => Choice::No,
        _ => Choice::Blank,
    };
    let votes = SEATS.iter().zip(choices.chars());
    Method::ByPerson {
        votes: votes
            .map(|(seat, letter)| SeatVote { seat: id(seat), choice: choice(letter) })
            .collect(),
    }
}

pub(crate) fn conclude(item: &str, conclusion: Conclusion) -> Request {
    Request::ConcludeItem { item: id(item), conclusion }
}

pub(crate) fn decided() -> Conclusion {
    Conclusion::Decided { text: None }
}

pub(crate) fn took_note() -> Conclusion {
    Conclusion::TookNote { text: None }
}

pub(crate) fn postponed() -> Conclusion {
    Conclusion::Postponed { reason: Some(prose("For få til stede.")) }
}

pub(crate) fn unplanned_knowing(body: BodyInForce) -> Scenario<Meeting> {
    Scenario::new("vestregionen:sg-2017-06-15").knowing(knowing(body)).at("2017-05-20T12:00")
}

pub(crate) fn unplanned() -> Scenario<Meeting> {
    unplanned_knowing(steering_group())
}

pub(crate) fn planned() -> Scenario<Meeting> {
    unplanned().after(plan())
}

/// Called with exactly seven days' notice, to three items.
pub(crate) fn called_knowing(body: BodyInForce) -> Scenario<Meeting> {
    unplanned_knowing(body)
        .after(plan())
        .after(put(approval_of_agenda()))
        .after(put(future()))
        .after(put(briefing()))
        .at("2017-06-08T15:00")
        .after(notice())
}

pub(crate) fn called() -> Scenario<Meeting> {
    called_knowing(steering_group())
}

/// The first `present` seats are taken; Bærum leads where it is there.
pub(crate) fn opened_knowing(body: BodyInForce, present: usize) -> Scenario<Meeting> {
    called_knowing(body)
        .at("2017-06-15T09:55")
        .after(arrive(SEATS[..present].iter().map(|seat| holder(seat))))
        .at("2017-06-15T10:00")
        .after(open_by("baerum-mayor"))
}

pub(crate) fn opened(present: usize) -> Scenario<Meeting> {
    opened_knowing(steering_group(), present)
}

/// The case is taken up and proposal `p` lies before the meeting.
pub(crate) fn proposed_knowing(body: BodyInForce, present: usize) -> Scenario<Meeting> {
    opened_knowing(body, present)
        .after(take_up("6-2017"))
        .after(propose("p", "Vestregionens framtid drøftes."))
}

pub(crate) fn proposed(present: usize) -> Scenario<Meeting> {
    proposed_knowing(steering_group(), present)
}

/// Everything has come to something; only closing is left.
pub(crate) fn treated() -> Scenario<Meeting> {
    proposed(4)
        .after(vote("p", Method::Unanimous {}))
        .after(conclude("6-2017", decided()))
        .after(take_up("1"))
        .after(conclude("1", took_note()))
        .after(take_up("briefing"))
        .after(conclude("briefing", took_note()))
}

pub(crate) fn closed() -> Scenario<Meeting> {
    treated().at("2017-06-15T12:50").after(Request::Close {})
}

/// The one event of a decision.
#[track_caller]
pub(crate) fn only(events: Vec<Event>) -> Event {
    assert_eq!(events.len(), 1, "{events:?}");
    events.into_iter().next().unwrap()
}
