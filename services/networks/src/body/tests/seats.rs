//! Who may hold which seat, and who deputises.

use super::*;

fn deputies(seat: &str, deputies: Vec<NamedDeputy>, from: &str) -> Request {
    Request::NameDeputies { seat: local(seat), deputies, from: day(from) }
}

fn by_office(office: Office) -> NamedDeputy {
    NamedDeputy { office: Some(office), person: None }
}

fn by_person(id: u128) -> NamedDeputy {
    NamedDeputy { office: None, person: Some(person(id)) }
}

#[test]
fn r1_a_seat_goes_to_a_member_of_the_cooperation() {
    established()
        .when(fill("lier", OUTSIDER, Office::Mayor, "2011-10-01"))
        .then_refused(Rejection::NotMember { member: number(OUTSIDER), on: day("2011-10-01") })
        .when(fill("asker", ASKER, Office::Mayor, "2020-01-01"))
        .then_refused(Rejection::NotMember { member: number(ASKER), on: day("2020-01-01") })
        .knowing(Facts::default())
        .when(fill("baerum", BAERUM, Office::Mayor, "2011-10-01"))
        .then_refused(Rejection::NotMember { member: number(BAERUM), on: day("2011-10-01") });
}

#[test]
fn r1_a_seat_ends_with_the_membership_at_the_latest() {
    let ends = Rejection::MembershipEnds { to: day("2019-12-31") };
    established()
        .when(fill("asker", ASKER, Office::Mayor, "2011-10-01"))
        .then_refused(ends.clone())
        .when(until("2020-01-01", fill("asker", ASKER, Office::Mayor, "2011-10-01")))
        .then_refused(ends)
        .when(until("2019-12-31", fill("asker", ASKER, Office::Mayor, "2011-10-01")))
        .then_accepted();
}

#[test]
fn r4_the_event_keeps_what_kind_of_member_it_was() {
    established().when(fill("buskerud", BUSKERUD, Office::CountyMayor, "2011-10-01")).then(vec![
        Event::SeatFilled {
            seat: local("buskerud"),
            member: number(BUSKERUD),
            member_kind: MemberKind::CountyCouncil,
            office: Office::CountyMayor,
            holder: None,
            from: day("2011-10-01"),
            to: None,
        },
    ]);
}

#[test]
fn r4_the_rules_in_force_have_a_place_for_the_office() {
    let without = |office, on| Rejection::OfficeWithoutPlace { office, on: day(on) };
    established()
        .when(fill("director", BAERUM, Office::MunicipalDirector, "2011-10-01"))
        .then_refused(without(Office::MunicipalDirector, "2011-10-01"))
        .when(fill("buskerud", BUSKERUD, Office::Mayor, "2011-10-01"))
        .then_refused(without(Office::Mayor, "2011-10-01"));
}

#[test]
fn r4_a_seat_has_its_place_on_every_day_it_is_held() {
    let mut only_municipalities = mayors();
    only_municipalities.composition.truncate(1);
    let county_mayor = || fill("buskerud", BUSKERUD, Office::CountyMayor, "2011-10-01");
    established()
        .after(amend(only_municipalities, "2015-01-01"))
        .when(county_mayor())
        .then_refused(Rejection::OfficeWithoutPlace {
            office: Office::CountyMayor,
            on: day("2015-01-01"),
        })
        .when(until("2014-12-31", county_mayor()))
        .then_accepted();
}

#[test]
fn r5_a_member_has_so_many_seats_for_an_office_and_no_more() {
    let taken = |on, seats| Rejection::MemberSeatsTaken {
        member: number(BAERUM),
        office: Office::Mayor,
        seats,
        on: day(on),
    };
    let mut two_each = mayors();
    two_each.composition[0].seats_per_member = 2;
    seated()
        .when(fill("baerum-2", BAERUM, Office::Mayor, "2013-01-01"))
        .then_refused(taken("2013-01-01", 1))
        // A seat that ends before the other begins is no second seat.
        .after(until("2011-09-30", fill("baerum-2", BAERUM, Office::Mayor, "2010-01-01")))
        .when(fill("baerum-3", BAERUM, Office::Mayor, "2010-01-01"))
        .then_refused(taken("2010-01-01", 1))
        .after(amend(two_each, "2015-01-01"))
        .when(fill("baerum-3", BAERUM, Office::Mayor, "2015-01-01"))
        .then_accepted()
        .when(fill("baerum-4", BAERUM, Office::Mayor, "2015-01-01"))
        .then_refused(taken("2015-01-01", 2));
}

#[test]
fn r4_any_office_sits_where_composition_is_not_laid_down() {
    let mut open = mayors();
    open.composition.clear();
    unestablished()
        .after(establish_with(open))
        .when(fill("director", BAERUM, Office::MunicipalDirector, "2011-10-01"))
        .then_accepted()
        .when(fill("director-2", BAERUM, Office::MunicipalDirector, "2011-10-01"))
        .then_accepted();
}

#[test]
fn a_seat_keeps_its_member_and_office() {
    let anothers = Rejection::SeatIsAnothers {
        seat: local("baerum"),
        member: number(BAERUM),
        office: Office::Mayor,
    };
    seated()
        .after(vacate("baerum", "2015-10-01"))
        .when(fill("baerum", BUSKERUD, Office::CountyMayor, "2015-10-02"))
        .then_refused(anothers);
}

#[test]
fn a_seat_has_one_holder_at_a_time() {
    let taken = || Rejection::SeatTaken { seat: local("baerum"), from: day("2011-10-01") };
    seated()
        .when(fill("baerum", BAERUM, Office::Mayor, "2011-10-01"))
        .then_nothing()
        .when(fill("baerum", BAERUM, Office::Mayor, "2015-10-02"))
        .then_refused(taken())
        .when(until("2011-10-01", fill("baerum", BAERUM, Office::Mayor, "2010-10-01")))
        .then_refused(taken())
        .after(vacate("baerum", "2015-10-01"))
        .when(fill("baerum", BAERUM, Office::Mayor, "2015-10-01"))
        .then_refused(taken())
        .when(fill("baerum", BAERUM, Office::Mayor, "2015-10-02"))
        .then_accepted()
        .when(fill("baerum", BAERUM, Office::Mayor, "2011-10-01"))
        .then_nothing();
}

#[test]
fn r9_nobody_holds_two_seats() {
    established()
        .after(held_by(1, fill("baerum", BAERUM, Office::Mayor, "2011-10-01")))
        .when(held_by(1, fill("buskerud", BUSKERUD, Office::CountyMayor, "2012-10-01")))
        .then_refused(Rejection::HoldsAnotherSeat { seat: local("baerum") })
        .after(vacate("baerum", "2012-09-30"))
        .when(held_by(1, fill("buskerud", BUSKERUD, Office::CountyMayor, "2012-10-01")))
        .then_accepted();
}

#[test]
fn a_seat_is_held_for_some_days_while_the_body_exists() {
    established()
        .when(until("2011-09-30", fill("baerum", BAERUM, Office::Mayor, "2011-10-01")))
        .then_refused(Rejection::EndsBeforeItBegan { from: day("2011-10-01") })
        .when(fill("baerum", BAERUM, Office::Mayor, "2009-12-31"))
        .then_refused(Rejection::BeforeItExists { since: day("2010-01-01") });
}

#[test]
fn a_seat_is_vacated_once_by_whoever_holds_it() {
    let not_seated = |on| Rejection::NotSeated { seat: local("baerum"), on: day(on) };
    seated()
        .when(vacate("baerum", "2011-09-30"))
        .then_refused(not_seated("2011-09-30"))
        .when(vacate("baerum", "2015-10-01"))
        .then(vec![Event::SeatVacated {
            seat: local("baerum"),
            from: day("2011-10-01"),
            to: day("2015-10-01"),
            reason: reason(),
        }])
        .when(vacate("baerum", "2015-10-01"))
        .then_nothing()
        .when(vacate("baerum", "2015-10-02"))
        .then_refused(not_seated("2015-10-02"))
        .when(vacate("asker", "2019-12-31"))
        .then_nothing();
}

#[test]
fn r1_a_member_that_leaves_takes_all_its_seats_along() {
    let leave = || Request::VacateSeatsOf {
        member: number(BAERUM),
        to: day("2016-12-31"),
        reason: reason(),
    };
    let mut two_each = mayors();
    two_each.composition[0].seats_per_member = 2;
    let scenario = unestablished()
        .after(establish_with(two_each))
        .after(until("2012-12-31", fill("baerum", BAERUM, Office::Mayor, "2011-10-01")))
        .after(fill("baerum-2", BAERUM, Office::Mayor, "2011-10-01"))
        .after(fill("baerum", BAERUM, Office::Mayor, "2018-01-01"))
        .after(fill("buskerud", BUSKERUD, Office::CountyMayor, "2011-10-01"))
        .by(role(Role::Delegate))
        .when(leave())
        .then_refused(Rejection::OnlyTheSecretariat)
        .by(role(Role::System))
        .when(leave())
        .then(vec![Event::SeatsVacated {
            member: number(BAERUM),
            to: day("2016-12-31"),
            reason: reason(),
        }])
        .when(leave())
        .then_nothing();
    let on = |scenario: &Scenario<Body>, text| {
        let history = scenario.state().history().unwrap();
        let seats = history.stays_on(day(text)).map(|stay| stay.seat.seat.to_string());
        seats.collect::<Vec<_>>()
    };
    assert_eq!(on(&scenario, "2012-12-31"), ["baerum", "baerum-2", "buskerud"]);
    assert_eq!(on(&scenario, "2016-12-31"), ["baerum-2", "buskerud"]);
    assert_eq!(on(&scenario, "2018-01-01"), ["buskerud"]);
    // The stay that came to nothing can begin after all, if the member comes back.
    let scenario = scenario
        .by(role(Role::Secretariat))
        .when(fill("baerum", BAERUM, Office::Mayor, "2018-01-01"))
        .then_accepted()
        .when(vacate("baerum", "2018-01-31"))
        .then_accepted()
        .when(vacate("baerum", "2018-01-31"))
        .then_nothing();
    assert_eq!(on(&scenario, "2018-01-31"), ["buskerud", "baerum"]);
    assert_eq!(on(&scenario, "2018-02-01"), ["buskerud"]);
}

#[test]
fn a_body_has_so_many_seats_at_one_time() {
    let filled = (0..SEATS_MAX).map(|nth| Event::SeatFilled {
        seat: local(&format!("seat-{nth}")),
        member: number(BAERUM),
        member_kind: MemberKind::Municipality,
        office: Office::Mayor,
        holder: None,
        from: day("2011-10-01"),
        to: Some(day("2015-10-01")),
    });
    let mut open = mayors();
    open.composition.clear();
    unestablished()
        .after(establish_with(open))
        .given(filled)
        .when(fill("one-more", BAERUM, Office::Mayor, "2015-10-01"))
        .then_refused(Rejection::TooManySeats { max: SEATS_MAX })
        .when(fill("one-more", BAERUM, Office::Mayor, "2015-10-02"))
        .then_accepted();
}

#[test]
fn r27_deputies_are_named_in_order_for_a_seat_that_is_held() {
    let first = || vec![by_office(Office::DeputyMayor), by_person(7)];
    seated()
        .when(deputies("lier", first(), "2012-01-01"))
        .then_refused(Rejection::NotSeated { seat: local("lier"), on: day("2012-01-01") })
        .when(deputies("baerum", first(), "2012-01-01"))
        .then(vec![Event::DeputiesNamed {
            seat: local("baerum"),
            deputies: first(),
            from: day("2012-01-01"),
        }])
        .when(deputies("baerum", first(), "2012-01-01"))
        .then_nothing()
        .when(deputies("baerum", Vec::new(), "2012-01-01"))
        .then_refused(Rejection::DeputiesGoBack { from: day("2012-01-01") })
        .when(deputies("asker", first(), "2011-12-01"))
        .then_accepted()
        .when(deputies("baerum", Vec::new(), "2013-01-01"))
        .then_accepted();
}

#[test]
fn r27_a_deputy_is_someone_and_someone_else() {
    let refused = |list, rejection| {
        established()
            .after(held_by(1, fill("baerum", BAERUM, Office::Mayor, "2011-10-01")))
            .when(deputies("baerum", list, "2012-01-01"))
            .then_refused(rejection);
    };
    let nobody = NamedDeputy { office: None, person: None };
    refused(vec![by_person(7), nobody], Rejection::DeputyUnknown { order: 2 });
    refused(vec![by_person(7), by_person(7)], Rejection::DeputyTwice { order: 2 });
    refused(vec![by_person(1)], Rejection::DeputyTwice { order: 1 });
    let max = samvirke_schemas::networks::body::DEPUTIES_MAX;
    let crowd = vec![by_office(Office::DeputyMayor); max + 1];
    refused(crowd, Rejection::TooManyDeputies { max });
}

#[test]
fn a_bodys_history_has_a_limit() {
    assert_eq!(check_room(HISTORY_MAX - 1), Ok(()));
    assert_eq!(check_room(HISTORY_MAX), Err(Rejection::HistoryFull { max: HISTORY_MAX }));
}
