//! What may be ordered.

use samvirke_schemas::feed::FILTER_IDS_MAX;

use super::*;

#[test]
fn a_subscription_begins_with_what_happens_next() {
    scenario().when(create()).then(vec![created()]);
}

#[test]
fn a_subscription_may_begin_after_an_event_that_was_seen() {
    let from = |after| Start::Position { after: FeedPosition(after) };
    let create = |after| create_with(ENDPOINT, Filters::default(), from(after));
    scenario().when(create(5)).then(vec![created_after(5)]);
    let beyond = Rejection::UnknownPosition { after: FeedPosition(42), last: FeedPosition(41) };
    scenario().when(create(42)).then_refused(beyond);
}

#[test]
fn a_subscription_may_begin_at_a_time() {
    let from = Start::Time { since: "2017-01-01T00:00".parse().unwrap() };
    scenario()
        .when(create_with(ENDPOINT, Filters::default(), from.clone()))
        .then(vec![created_after(7)]);
    let nothing_since = Facts { before_time: None, ..facts() };
    let scenario = scenario().knowing(nothing_since);
    scenario.when(create_with(ENDPOINT, Filters::default(), from)).then(vec![created()]);
}

#[test]
fn creating_twice_changes_nothing_unless_the_terms_differ() {
    scenario().given([created()]).when(create()).then_nothing();
    let other = create_with("https://arkiv.example/", Filters::default(), Start::default());
    scenario().given([created()]).when(other).then_refused(Rejection::AlreadyCreated);
    let ended = Event::Ended { reason: None };
    scenario().given([created(), ended]).when(create()).then_refused(Rejection::AlreadyCreated);
}

#[test]
fn r1_a_subscription_is_for_a_member_of_today() {
    let member = BAERUM.parse().unwrap();
    let scenario = scenario().knowing(Facts { is_member: false, ..facts() });
    scenario.when(create()).then_refused(Rejection::NotAMember { member });
}

#[test]
fn an_owner_has_no_more_subscriptions_than_the_limit() {
    let full = Facts { owned: SUBSCRIPTIONS_PER_OWNER_MAX, ..facts() };
    let max = SUBSCRIPTIONS_PER_OWNER_MAX;
    scenario().knowing(full).when(create()).then_refused(Rejection::TooMany { max });
}

#[test]
fn an_endpoint_speaks_tls_unless_the_installation_says_otherwise() {
    let plain = || create_with("http://sak.example/", Filters::default(), Start::default());
    scenario().when(plain()).then_refused(Rejection::NotEncrypted);
    let allowed = Facts { unencrypted_allowed: true, ..facts() };
    scenario().knowing(allowed).when(plain()).then_accepted();
}

#[test]
fn an_endpoint_is_not_where_other_services_listen() {
    let at = |port: u16| {
        let endpoint = format!("https://sak.example:{port}/");
        create_with(&endpoint, Filters::default(), Start::default())
    };
    scenario().when(at(25)).then_refused(Rejection::PortNotAllowed { port: 25 });
    scenario().when(at(443)).then_accepted();
    scenario().when(at(8443)).then_accepted();
}

#[test]
fn a_filter_names_what_there_is_in_the_cooperation() {
    let with = |filters| create_with(ENDPOINT, filters, Start::default());
    let known = Filters {
        types: ["cooperation.member-admitted".to_owned()].into(),
        bodies: ["vestregionen:sg".parse().unwrap()].into(),
        cases: ["vestregionen:24-2017".parse().unwrap()].into(),
        concerning: Reach::Own,
    };
    scenario().when(with(known.clone())).then_accepted();
    let name = "case.invented".to_owned();
    let unknown = Filters { types: [name.clone()].into(), ..known.clone() };
    scenario().when(with(unknown)).then_refused(Rejection::UnknownType { name });
    let elsewhere = Filters { cases: ["grenland:1-2017".parse().unwrap()].into(), ..known };
    let id = "grenland:1-2017".to_owned();
    scenario().when(with(elsewhere)).then_refused(Rejection::OfAnotherCooperation { id });
}

#[test]
fn a_filter_has_its_limits() {
    let ids = (0..=FILTER_IDS_MAX).map(|n| format!("vestregionen:{n}").parse().unwrap());
    let many = Filters { bodies: ids.collect(), ..Filters::default() };
    let refused = Rejection::TooManyFilters { max: FILTER_IDS_MAX };
    scenario().when(create_with(ENDPOINT, many, Start::default())).then_refused(refused);
}

#[test]
fn nothing_concerns_the_secretariat_alone() {
    let own = Filters { concerning: Reach::Own, ..Filters::default() };
    let request = Request::Create {
        owner: Owner::Secretariat {},
        channel: webhook(ENDPOINT),
        filters: own,
        from: Start::default(),
    };
    scenario().when(request).then_refused(Rejection::OwnOfNobody);
}
