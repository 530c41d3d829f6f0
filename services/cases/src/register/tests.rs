//! The rules of a register, told on Vestregionen's numbers.

use samvirke_kernel::scenario::{Outcome, Scenario, role};
use samvirke_schemas::names::Names;

use super::*;

fn id(text: &str) -> AggregateId {
    text.parse().unwrap()
}

fn next() -> Wanted {
    Wanted::Next {}
}

fn stated(number: &str) -> Wanted {
    Wanted::Stated { number: number.parse().unwrap() }
}

fn lettered(running: u32) -> Wanted {
    Wanted::Lettered { running }
}

fn take(case: &str, treatment: Option<&str>, wanted: Wanted) -> Request {
    Request::Take {
        case: id(case),
        treatment: treatment.map(|treatment| treatment.parse().unwrap()),
        wanted,
        command: None,
    }
}

fn open(year: u16) -> Request {
    Request::Open { year, series: None }
}

fn series(year: u16) -> Request {
    let names = Names { nb: "Kommunehelsesamarbeidet".parse().unwrap(), nn: None, en: None };
    Request::Open { year, series: Some(Series { key: "khs".parse().unwrap(), names }) }
}

/// The register of 2017, asked by Samvirke itself.
fn opened() -> Scenario<Register> {
    Scenario::new("vestregionen:2017").after(open(2017)).by(role(Role::System))
}

#[track_caller]
fn number(outcome: Outcome<Register>) -> String {
    let [Event::NumberTaken { taken, .. }] = &outcome.events()[..] else {
        panic!("one number is taken");
    };
    taken.number.to_string()
}

#[test]
fn r31_numbers_run_on_within_their_year() {
    let first = opened().when(take("vestregionen:a", None, next()));
    assert_eq!(number(first), "1/2017");
    let after_24 = opened()
        .after(take("vestregionen:a", None, stated("24/2017")))
        .after(take("vestregionen:b", None, stated("6/2017")))
        .when(take("vestregionen:c", None, next()));
    assert_eq!(number(after_24), "25/2017");
}

#[test]
fn r31_an_imported_number_is_kept_as_it_was_written() {
    opened().when(take("vestregionen:a", None, stated("06/2017"))).then(vec![Event::NumberTaken {
        case: id("vestregionen:a"),
        taken: NumberTaken {
            register: "2017".parse().unwrap(),
            treatment: None,
            number: "6/2017".parse().unwrap(),
            as_written: Some("06/2017".parse().unwrap()),
            collides_with: Vec::new(),
        },
        command: None,
    }]);
}

#[test]
fn r31_a_number_of_another_year_is_refused() {
    opened()
        .when(take("vestregionen:a", None, stated("4/2016")))
        .then_refused(Rejection::YearDiffers { number: "4/2016".parse().unwrap(), year: 2017 });
}

#[test]
fn r32_a_letter_is_another_treatment_of_the_same_matter() {
    let scenario = opened()
        .when(take("vestregionen:a", Some("sg"), lettered(24)))
        .then_refused(Rejection::NothingToLetter { running: 24, year: 2017 })
        .after(take("vestregionen:a", None, stated("24/2017")));
    assert_eq!(
        number(scenario.clone().when(take("vestregionen:a", Some("sg"), lettered(24)))),
        "24a/2017"
    );
    let second = scenario.after(take("vestregionen:a", Some("sg"), lettered(24))).when(take(
        "vestregionen:a",
        Some("gf"),
        lettered(24),
    ));
    assert_eq!(number(second), "24b/2017");
}

#[test]
fn r32_there_are_26_letters() {
    let mut scenario = opened().after(take("vestregionen:a", None, stated("24/2017")));
    for letter in 'a'..='z' {
        scenario = scenario.after(take("vestregionen:a", Some(&letter.to_string()), lettered(24)));
    }
    scenario
        .when(take("vestregionen:a", Some("one-more"), lettered(24)))
        .then_refused(Rejection::LettersUsedUp { running: 24, year: 2017 });
}

#[test]
fn r33_a_collision_is_recorded_and_warned_about_but_never_refused() {
    let events = opened()
        .after(take("vestregionen:future", None, stated("24/2017")))
        .when(take("vestregionen:report", None, stated("024/2017")))
        .events();
    let [Event::NumberTaken { taken, .. }] = &events[..] else { panic!("one number is taken") };
    assert_eq!(taken.collides_with, [id("vestregionen:future")]);
    let warnings = Register::warnings(&events);
    assert_eq!((warnings.len(), warnings[0].code.as_str()), (1, "number-collides"));
}

#[test]
fn r35_both_holders_of_a_number_keep_it() {
    let scenario = opened()
        .after(take("vestregionen:future", None, stated("24/2017")))
        .after(take("vestregionen:report", None, stated("24/2017")));
    for case in ["vestregionen:future", "vestregionen:report"] {
        let held = scenario.state().number_of(&id(case), None).unwrap();
        assert_eq!(held.number.to_string(), "24/2017");
    }
}

#[test]
fn r34_a_case_does_not_collide_with_its_own_treatments() {
    let events = opened()
        .after(take("vestregionen:a", None, stated("24/2017")))
        .when(take("vestregionen:a", Some("rg"), stated("24/2017")))
        .events();
    assert_eq!(Register::warnings(&events), []);
}

#[test]
fn a_number_asked_for_again_is_not_taken_again() {
    opened()
        .after(take("vestregionen:a", None, stated("24/2017")))
        .when(take("vestregionen:a", None, stated("024/2017")))
        .then_nothing()
        .when(take("vestregionen:a", None, next()))
        .then_nothing()
        .when(take("vestregionen:a", None, lettered(24)))
        .then_refused(Rejection::HoldsAnother { number: "24/2017".parse().unwrap() })
        .when(take("vestregionen:a", None, stated("25/2017")))
        .then_refused(Rejection::HoldsAnother { number: "24/2017".parse().unwrap() });
}

#[test]
fn only_samvirke_itself_takes_a_number() {
    opened()
        .by(role(Role::Secretariat))
        .when(take("vestregionen:a", None, next()))
        .then_refused(Rejection::OnlyWithACase);
}

#[test]
fn only_the_secretariat_opens_a_register() {
    Scenario::<Register>::new("vestregionen:2017")
        .by(role(Role::Delegate))
        .when(open(2017))
        .then_refused(Rejection::OnlyTheSecretariat);
}

#[test]
fn a_register_has_the_id_of_its_year_and_series() {
    let register = Scenario::<Register>::new("vestregionen:khs-2018");
    register
        .clone()
        .when(open(2018))
        .then_refused(Rejection::IdDiffers { expected: "2018".into() });
    register
        .clone()
        .when(series(2017))
        .then_refused(Rejection::IdDiffers { expected: "khs-2017".into() });
    register.when(series(2018)).then_accepted();
}

#[test]
fn a_register_is_opened_once_for_a_year_that_can_be_written() {
    Scenario::<Register>::new("vestregionen:99")
        .when(open(99))
        .then_refused(Rejection::NoSuchYear { year: 99 });
    opened()
        .by(role(Role::Secretariat))
        .when(open(2017))
        .then_nothing()
        .when(open(2018))
        .then_refused(Rejection::AlreadyOpened);
}

#[test]
fn no_number_is_taken_before_the_register_is_opened() {
    Scenario::<Register>::new("vestregionen:2017")
        .by(role(Role::System))
        .when(take("vestregionen:a", None, next()))
        .then_refused(Rejection::NotOpened);
}

#[test]
fn r31_after_the_highest_number_there_is_there_is_no_next() {
    opened()
        .after(take("vestregionen:a", None, stated("999999/2017")))
        .when(take("vestregionen:b", None, next()))
        .then_refused(Rejection::Full);
}
