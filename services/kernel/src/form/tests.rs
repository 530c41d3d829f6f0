//! Every way in which a value can be ill formed is told in bokmål.

use std::fmt::Display;

use samvirke_schemas::{
    case_number::CaseNumber,
    cases::case::paper::MediaType,
    digest::Digest,
    id::{AggregateId, ID_CHARS_MAX, LocalId},
    local_time::LocalTime,
    organisation::OrganisationNumber,
    partial_date::PartialDate,
    text::Line,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::*;

/// How what is not known begins.
const UNKNOWN: &str = "verdien har ikke rett form";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Request {
    Ask { _count: u16, _text: String, _list: Vec<bool>, _day: Option<samvirke_schemas::date::Date> },
    Empty {},
}

#[track_caller]
fn refused(request: Value) -> String {
    let (field, error) = read::<Request>(request.into()).unwrap_err();
    let Refused::Invalid { detail_nb, .. } = refusal(&field, &error) else { panic!("{error}") };
    detail_nb
}

fn ask(name: &str, value: Value) -> Value {
    let mut fields = json!({"_count": 1, "_text": "a", "_list": []});
    fields[name] = value;
    json!({"ask": fields})
}

#[test]
fn what_the_reader_of_json_finds_is_told_in_bokmaal() {
    for (request, told) in [
        (json!({"ask": {}}), "feltet _count mangler"),
        (json!({"empty": {"x": 1}}), "feltet x finnes ikke; her skal det ikke være noen"),
        (
            ask("_x", json!(1)),
            "feltet _x finnes ikke; det kan være en av _count, _text, _list, _day",
        ),
        (json!({"x": {}}), "x er ikke en av verdiene; det kan være ask eller empty"),
        (ask("_count", json!("a")), "det skal være et heltall fra 0 til 65535, ikke teksten \"a\""),
        (ask("_count", json!(-1)), "det skal være et heltall fra 0 til 65535, ikke tallet -1"),
        (ask("_text", json!(1.5)), "det skal være en tekst, ikke tallet 1.5"),
        (ask("_text", json!(null)), "det skal være en tekst, ikke null"),
        (ask("_list", json!({})), "det skal være en liste, ikke et objekt"),
        (ask("_list", json!([1])), "det skal være true eller false, ikke tallet 1"),
        (ask("_day", json!("2017-02-30")), "datoen 2017-02-30 finnes ikke"),
        (
            ask("_day", json!("+10000-01-01")),
            "en dato skrives 2014-11-27, i årene 1000 til 9999, ikke \"+10000-01-01\"",
        ),
        (ask("_day", json!(1)), "det skal være en tekst, ikke tallet 1"),
        (json!({"ask": ["a"]}), "det skal være et objekt, ikke en liste"),
        (json!("ask"), "det skal være et objekt, ikke teksten \"ask\""),
        (json!({}), "det skal være et objekt med ett felt, ask eller empty, ikke et objekt"),
    ] {
        assert_eq!(refused(request.clone()), told, "{request}");
    }
}

#[track_caller]
fn check<T>(result: Result<T, impl Display>) {
    let Err(error) = result else { panic!("it passed") };
    let told = bokmaal(&error.to_string());
    assert!(!told.starts_with(UNKNOWN), "{error} has no bokmål");
    assert!(!told.contains('{'), "{told}");
}

#[test]
fn what_a_value_says_of_its_form_is_told_in_bokmaal() {
    for id in ["", "Å", &"a".repeat(ID_CHARS_MAX + 1)] {
        check(LocalId::try_new(id));
    }
    check("".parse::<AggregateId>());
    for text in ["", "\u{7}", &"a".repeat(100_000)] {
        check(text.parse::<Line>());
    }
    check(OrganisationNumber::try_new("1"));
    check(OrganisationNumber::try_new("935478716"));
    check("24".parse::<CaseNumber>());
    check("2014-13".parse::<PartialDate>());
    for time in ["x", "2017-03-26T02:30", "2017-10-29T02:30", "2017-06-01T09:00+05:00"] {
        check(time.parse::<LocalTime>());
    }
    check(serde_json::from_value::<MediaType>(json!("pdf")));
    check(serde_json::from_value::<Digest>(json!("sha256:x")));
    check("x".parse::<crate::position::Position>());
    check(serde_json::from_value::<uuid::Uuid>(json!("x")));
}

#[test]
fn a_field_that_is_repeated_is_refused() {
    let twice: Json = serde_json::from_str(r#"{"ask": {"_count": 1, "_count": 2}}"#).unwrap();
    let (field, error) = read::<Request>(twice).unwrap_err();
    assert_eq!((field.as_str(), error), ("ask", FormError::Repeated { field: "_count" }));
}

#[test]
fn of_a_long_value_an_excerpt_is_told_and_what_would_do_whole() {
    let long = "x".repeat(530_000);
    let of_form = |sent: Value| read::<Request>(sent.into()).unwrap_err().1;
    for (refused, would_do) in [
        (refusal(&long, &of_form(json!({ &long: {} }))), "expected `ask` or `empty`"),
        (refusal(&long, &of_form(ask("_count", json!(long)))), "from 0 to 65535"),
        (refusal(&long, &of_form(ask(&long, json!(1)))), "`_list`, `_day`"),
    ] {
        let Refused::Invalid { field, detail, detail_nb } = refused else { panic!("{refused:?}") };
        assert!(detail.ends_with(would_do), "{detail}");
        assert!(field.len() < 300 && detail.len() < 2_100 && detail_nb.len() < 2_200);
    }
    for (detail, would_do) in [
        (format!("something new about {long}"), "(530020 characters)"),
        (format!("unknown variant `a`, expected {long}"), "characters)"),
    ] {
        let Refused::Invalid { field, detail, detail_nb } = invalid(&long, detail) else {
            panic!("another refusal");
        };
        assert!(detail.ends_with(would_do), "{detail}");
        assert!(field.len() < 300 && detail.len() < 2_100 && detail_nb.len() < 2_200);
    }
}

#[test]
fn a_value_with_braces_is_told_as_it_is() {
    let values = ["{1}".to_owned(), "{}".to_owned()];
    assert_eq!(filled("it is {1}, not {0}", &values), "it is {}, not {1}");
    assert_eq!(filled("not {}, but {}", &values), "not {1}, but {}");
}

#[test]
fn what_is_not_known_is_told_as_it_is() {
    assert_eq!(bokmaal("new: {}"), "verdien har ikke rett form (new: {})");
}

#[test]
fn every_message_keeps_its_values() {
    for (english, bokmaal) in MESSAGES {
        let places = english.matches("{}").count();
        let named = bokmaal.matches('{').count();
        assert!(named == places || english.starts_with("UUID"), "{english}");
    }
}
