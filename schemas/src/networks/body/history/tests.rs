//! The body of a day across versions, stays, terms and pauses, told on the steering group.

use super::{
    super::{NamedDeputy, Post},
    *,
};
use crate::{
    id::LocalId,
    networks::{
        cooperation::MemberKind,
        rules::{Authority, BodyInForce, Majority, Office, Quorum, Right},
    },
    organisation::OrganisationNumber,
    text::Prose,
};

const BAERUM: &str = "935478715";
const ASKER: &str = "920125298";
const BUSKERUD: &str = "964951373";

#[test]
fn a_history_begins_with_the_establishment_and_with_nothing_else() {
    let begun = BodyHistory::begin(&established()).unwrap();
    assert_eq!((begun.kind, begun.versions.len()), (BodyKind::SteeringGroup, 1));
    for other in [
        amended(7, "2012-01-01"),
        filled("baerum", BAERUM, "2011-10-01"),
        vacated("baerum", "2011-10-01", "2015-10-01"),
        member_left(BAERUM, "2016-12-31"),
        named("baerum", &[Office::DeputyMayor], "2012-01-01"),
        elected(Post::Chair, "baerum", "2014-01-01", "2015-12-31"),
        stepped_down(Post::Chair, "baerum", "2014-01-01", "2014-06-30"),
        paused("2014-03-01"),
        Event::Resumed { from: day("2015-03-01") },
        prepares(None, "2014-01-01"),
        disbanded("2016-12-31"),
    ] {
        assert_eq!(BodyHistory::begin(&other), None, "{other:?}");
    }
}

#[test]
fn a_body_is_in_force_from_its_first_day_to_its_last() {
    let history = history([disbanded("2016-12-31")]);
    let exists = |text| history.in_force(&body("vestregionen:sg"), day(text)).is_some();
    assert_eq!(
        ["2009-12-31", "2010-01-01", "2016-12-31", "2017-01-01"].map(exists),
        [false, true, true, false]
    );
}

#[test]
fn r4_the_rules_are_those_of_the_day() {
    let history = history([amended(7, "2012-01-01"), amended(14, "2015-01-01")]);
    let rules = |text| {
        let picture = on(&history, text);
        (picture.rules_version, picture.rules.notice_days)
    };
    assert_eq!(rules("2010-01-01"), (1, 0));
    assert_eq!(rules("2011-12-31"), (1, 0));
    assert_eq!(rules("2012-01-01"), (2, 7));
    assert_eq!(rules("2014-12-31"), (2, 7));
    assert_eq!(rules("2030-01-01"), (3, 14));
}

#[test]
fn r1_the_seats_are_those_held_on_the_day() {
    let history = seated([vacated("buskerud", "2011-10-01", "2015-10-01")]);
    assert!(seats(&history, "2011-09-30").is_empty());
    assert_eq!(seats(&history, "2011-10-01"), ["asker", "baerum", "buskerud"]);
    assert_eq!(seats(&history, "2015-10-01"), ["asker", "baerum", "buskerud"]);
    assert_eq!(seats(&history, "2015-10-02"), ["asker", "baerum"]);
    assert_eq!(seats(&history, "2020-01-01"), ["baerum"]);
}

#[test]
fn a_stay_vacated_before_it_began_makes_room_for_one_from_the_same_day() {
    let again = history([
        filled("baerum", BAERUM, "2018-01-01"),
        vacated("baerum", "2018-01-01", "2016-12-31"),
        filled("baerum", BAERUM, "2018-01-01"),
    ]);
    assert!(seats(&again, "2016-12-31").is_empty());
    assert_eq!(seats(&again, "2018-01-01"), ["baerum"]);
    let mut ended = again.clone();
    ended.take(&vacated("baerum", "2018-01-01", "2018-01-31"));
    assert_eq!(seats(&ended, "2018-01-31"), ["baerum"]);
    assert!(seats(&ended, "2018-02-01").is_empty());
    assert_eq!(ended.stays.len(), 2);
}

#[test]
fn r1_a_member_that_leaves_takes_along_the_seats_it_would_have_held_longer() {
    let history = history([
        until("2012-12-31", filled("baerum", BAERUM, "2011-10-01")),
        filled("baerum-2", BAERUM, "2011-10-01"),
        filled("baerum", BAERUM, "2018-01-01"),
        filled("buskerud", BUSKERUD, "2011-10-01"),
        member_left(BAERUM, "2016-12-31"),
    ]);
    assert_eq!(seats(&history, "2012-12-31"), ["baerum", "baerum-2", "buskerud"]);
    assert_eq!(seats(&history, "2013-01-01"), ["baerum-2", "buskerud"]);
    assert_eq!(seats(&history, "2016-12-31"), ["baerum-2", "buskerud"]);
    assert_eq!(seats(&history, "2017-01-01"), ["buskerud"]);
    assert_eq!(seats(&history, "2018-01-01"), ["buskerud"]);
}

#[test]
fn r14_r17_chair_and_deputy_chair_are_those_of_the_term() {
    let history = led([
        elected(Post::Chair, "asker", "2016-01-01", "2017-12-31"),
        vacated("asker", "2011-10-01", "2017-06-30"),
    ]);
    assert_eq!(posts(&history, "2013-12-31"), ["", ""]);
    assert_eq!(posts(&history, "2014-01-01"), ["baerum", "asker"]);
    assert_eq!(posts(&history, "2015-12-31"), ["baerum", "asker"]);
    assert_eq!(posts(&history, "2016-01-01"), ["asker", ""]);
    assert_eq!(posts(&history, "2017-06-30"), ["asker", ""]);
    assert_eq!(posts(&history, "2017-07-01"), ["", ""]);
}

#[test]
fn r14_a_post_ends_with_stepping_down_and_with_the_seat_and_is_not_inherited() {
    let history = led([
        stepped_down(Post::DeputyChair, "asker", "2014-01-01", "2014-06-30"),
        vacated("baerum", "2011-10-01", "2015-06-30"),
        filled("baerum", BAERUM, "2015-07-01"),
    ]);
    assert_eq!(posts(&history, "2014-06-30"), ["baerum", "asker"]);
    assert_eq!(posts(&history, "2014-07-01"), ["baerum", ""]);
    assert_eq!(posts(&history, "2015-06-30"), ["baerum", ""]);
    assert_eq!(posts(&history, "2015-07-01"), ["", ""]);
    assert_eq!(seats(&history, "2015-07-01"), ["asker", "baerum", "buskerud"]);
}

#[test]
fn r14_a_term_whose_seat_was_vacated_before_it_began_makes_room_for_one_from_the_same_day() {
    let void =
        [vacated("baerum", "2011-10-01", "2013-12-30"), filled("baerum", BAERUM, "2013-12-31")];
    assert_eq!(posts(&led(void.clone()), "2014-01-01"), ["", "asker"]);
    let again = [
        elected(Post::Chair, "baerum", "2014-01-01", "2015-12-31"),
        stepped_down(Post::Chair, "baerum", "2014-01-01", "2014-12-31"),
    ];
    let history = led(void.into_iter().chain(again));
    assert_eq!(posts(&history, "2014-12-31"), ["baerum", "asker"]);
    assert_eq!(posts(&history, "2015-01-01"), ["", "asker"]);
}

#[test]
fn r27_deputies_stand_in_their_order_for_seats_that_are_held() {
    let history = seated([
        named("baerum", &[Office::DeputyMayor, Office::Delegate], "2012-01-01"),
        named("asker", &[Office::DeputyMayor], "2013-01-01"),
        named("baerum", &[Office::Delegate], "2014-01-01"),
        vacated("baerum", "2011-10-01", "2015-10-01"),
    ]);
    let calling = |text| {
        let deputies = on(&history, text).deputies.into_iter();
        deputies.map(|d| (d.seat.to_string(), d.order, d.office.unwrap())).collect::<Vec<_>>()
    };
    let asker = ("asker".to_owned(), 1, Office::DeputyMayor);
    let baerum = |order, office| ("baerum".to_owned(), order, office);
    assert_eq!(calling("2011-12-31"), []);
    let both = [baerum(1, Office::DeputyMayor), baerum(2, Office::Delegate)];
    assert_eq!(calling("2012-12-31"), both);
    assert_eq!(calling("2014-01-01"), [asker.clone(), baerum(1, Office::Delegate)]);
    assert_eq!(calling("2015-10-02"), [asker]);
}

#[test]
fn r13_a_body_is_paused_from_the_day_it_rests_until_it_is_resumed() {
    let history = history([paused("2014-03-01"), Event::Resumed { from: day("2015-03-01") }]);
    let paused = |text| on(&history, text).paused;
    assert_eq!(
        ["2014-02-28", "2014-03-01", "2015-02-28", "2015-03-01"].map(paused),
        [false, true, true, false]
    );
}

#[test]
fn r10_a_body_prepares_for_the_one_of_the_day() {
    let history = history([
        prepares(Some("vestregionen:khs-ss"), "2012-01-01"),
        prepares(None, "2014-01-01"),
    ]);
    let target = |text| on(&history, text).prepares_for.map(|id| id.local.to_string());
    assert_eq!(target("2011-12-31").as_deref(), Some("gf"));
    assert_eq!(target("2012-01-01").as_deref(), Some("khs-ss"));
    assert_eq!(target("2014-01-01"), None);
}

#[test]
fn a_history_is_the_same_after_it_was_stored() {
    let history = led([
        amended(7, "2015-01-01"),
        named("baerum", &[Office::DeputyMayor], "2012-01-01"),
        vacated("baerum", "2011-10-01", "2015-06-30"),
        stepped_down(Post::DeputyChair, "asker", "2014-01-01", "2014-06-30"),
        paused("2016-03-01"),
        prepares(None, "2014-01-01"),
        disbanded("2016-12-31"),
    ]);
    let stored = serde_json::to_string(&history).unwrap();
    assert_eq!(serde_json::from_str::<BodyHistory>(&stored).unwrap(), history);
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn local(text: &str) -> LocalId {
    text.parse().unwrap()
}

fn body(text: &str) -> AggregateId {
    text.parse().unwrap()
}

fn number(text: &str) -> OrganisationNumber {
    OrganisationNumber::try_new(text).unwrap()
}

fn reason() -> Prose {
    "Kommunevalget.".parse().unwrap()
}

#[track_caller]
fn on(history: &BodyHistory, text: &str) -> BodyInForce {
    history.in_force(&body("vestregionen:sg"), day(text)).unwrap()
}

#[track_caller]
fn seats(history: &BodyHistory, text: &str) -> Vec<String> {
    on(history, text).seats.into_iter().map(|seat| seat.seat.into()).collect()
}

/// The seats of chair and deputy chair, empty where there is none.
#[track_caller]
fn posts(history: &BodyHistory, text: &str) -> [String; 2] {
    let picture = on(history, text);
    [picture.chair, picture.deputy_chair].map(|seat| seat.map(String::from).unwrap_or_default())
}

/// A steering group since 2010 that prepares for the general assembly, and what came after.
fn history(events: impl IntoIterator<Item = Event>) -> BodyHistory {
    let mut history = BodyHistory::begin(&established()).unwrap();
    for event in events {
        history.take(&event);
    }
    history
}

/// The mayors of Bærum and Asker and the county mayor of Buskerud, since 2011.
fn seated(events: impl IntoIterator<Item = Event>) -> BodyHistory {
    let seats = [
        filled("baerum", BAERUM, "2011-10-01"),
        until("2019-12-31", filled("asker", ASKER, "2011-10-01")),
        filled("buskerud", BUSKERUD, "2011-10-01"),
    ];
    history(seats.into_iter().chain(events))
}

/// `seated`, with Bærum's mayor chair and Asker's deputy chair for 2014 and 2015.
fn led(events: impl IntoIterator<Item = Event>) -> BodyHistory {
    let terms = [
        elected(Post::Chair, "baerum", "2014-01-01", "2015-12-31"),
        elected(Post::DeputyChair, "asker", "2014-01-01", "2015-12-31"),
    ];
    seated(terms.into_iter().chain(events))
}

fn rules(notice_days: u16) -> Rules {
    Rules {
        composition: Vec::new(),
        seat_rights: [Right::Attend, Right::Speak, Right::Propose, Right::Vote].into(),
        entitled: Vec::new(),
        notice_days,
        quorum: Quorum::HalfOfMembers {},
        majority: Majority::Simple,
        casting_vote: true,
        meetings_per_year_min: None,
        authority: Authority::Decides,
        delegated: Vec::new(),
        legal_basis: None,
    }
}

fn established() -> Event {
    Event::Established {
        names: Names { nb: "Styringsgruppen".parse().unwrap(), nn: None, en: None },
        kind: BodyKind::SteeringGroup,
        rules: rules(0),
        elections: None,
        in_force_from: day("2010-01-01"),
        prepares_for: Some(body("vestregionen:gf")),
    }
}

fn amended(notice_days: u16, from: &str) -> Event {
    let rules = rules(notice_days);
    Event::RulesAmended { version: 0, rules, elections: None, in_force_from: day(from) }
}

fn filled(seat: &str, member: &str, from: &str) -> Event {
    let (member_kind, office) = if member == BUSKERUD {
        (MemberKind::CountyCouncil, Office::CountyMayor)
    } else {
        (MemberKind::Municipality, Office::Mayor)
    };
    Event::SeatFilled {
        seat: local(seat),
        member: number(member),
        member_kind,
        office,
        holder: None,
        from: day(from),
        to: None,
    }
}

fn until(last: &str, mut event: Event) -> Event {
    if let Event::SeatFilled { to, .. } = &mut event {
        *to = Some(day(last));
    }
    event
}

fn vacated(seat: &str, from: &str, to: &str) -> Event {
    Event::SeatVacated { seat: local(seat), from: day(from), to: day(to), reason: reason() }
}

fn member_left(member: &str, to: &str) -> Event {
    Event::SeatsVacated { member: number(member), to: day(to), reason: reason() }
}

fn named(seat: &str, offices: &[Office], from: &str) -> Event {
    let deputy = |office: &Office| NamedDeputy { office: Some(*office), person: None };
    let deputies = offices.iter().map(deputy).collect();
    Event::DeputiesNamed { seat: local(seat), deputies, from: day(from) }
}

fn elected(post: Post, seat: &str, from: &str, to: &str) -> Event {
    Event::Elected { post, seat: local(seat), from: day(from), to: Some(day(to)) }
}

fn stepped_down(post: Post, seat: &str, from: &str, to: &str) -> Event {
    let (from, to) = (day(from), day(to));
    Event::SteppedDown { post, seat: local(seat), from, to, reason: reason() }
}

fn paused(from: &str) -> Event {
    Event::Paused { from: day(from), reason: reason(), tasks_go_to: body("vestregionen:gf") }
}

fn prepares(target: Option<&str>, from: &str) -> Event {
    Event::PreparationAssigned { body: target.map(body), from: day(from) }
}

fn disbanded(on: &str) -> Event {
    Event::Disbanded { on: day(on), reason: reason(), tasks_go_to: None }
}
