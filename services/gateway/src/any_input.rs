//! What a request is made of, held to generated texts: no parser panics, what one takes is read back as
//! it was written and is as the OpenAPI document says, and a refusal names the field in few words.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Version, header};
use samvirke_inputs::{TestCaseError, check, near, prop_assert, prop_assert_eq};
use samvirke_schemas::{
    catalogue::{QUERIES, Query},
    date::Date,
    local_time::LocalTime,
    text::{Line, Prose},
};
use serde_json::{Value, json};
use std::{fmt::Debug, str::FromStr};

use crate::{
    clock, fault::Fault, feed, headers, language::Language, openapi::openapi, parameter, percent,
    published, query, trace_context::TraceContext,
};

/// The most characters of a refusal: its own words, and an excerpt of what was sent, quoted.
const REFUSAL_CHARS_MAX: usize = 1_000;

#[test]
fn every_reader_of_headers_is_held_to_that() {
    let named = include_str!("any_input.rs");
    for source in [
        include_str!("headers.rs"),
        include_str!("percent.rs"),
        include_str!("language.rs"),
        include_str!("trace_context.rs"),
    ] {
        let readers = source.lines().filter(|line| {
            line.trim_start().starts_with("pub(crate) fn ")
                && ["&HeaderMap", "&str", "Option<&str>"].iter().any(|kind| line.contains(kind))
        });
        for line in readers {
            let name = line.split("fn ").nth(1).and_then(|rest| rest.split(['(', '<']).next());
            let called = ["(", ","].map(|end| format!("::{}{end}", name.unwrap()));
            assert!(
                called.iter().any(|call| named.contains(call)),
                "nothing generated is given to {}",
                line.trim()
            );
        }
    }
}

#[test]
fn if_match_is_one_tag_with_a_version() {
    header_holds(
        headers::IF_MATCH,
        "IfMatch",
        &["\"7\"", "\"7-a1b2c3d4e5f60718\"", "W/\"7\"", "\"7\", \"8\"", "*"],
        headers::expected_version,
        |version| version.map(|version| format!("\"{version}\"")),
    );
}

#[test]
fn positions_are_read_as_they_were_written() {
    header_holds(
        headers::POSITION,
        "SamvirkePosition",
        &["NETWORKS:17, CASES:4", "A:1,B:2,C:3", "FEED_ERASED:18446744073709551615", "A-1:0"],
        headers::positions,
        |positions| Some(positions.join(", ")),
    );
}

#[test]
fn when_something_happened_is_read_as_it_is_written() {
    let now = clock::now();
    header_holds(
        headers::OCCURRED_AT,
        "SamvirkeOccurredAt",
        &[
            "2017-06-01T09:00",
            "2017-06-01T07:00:00Z",
            "2017-06-01T09:00:00.5+02:00",
            "2017-10-29T02:30+01:00",
            "1000-01-01T00:00:00+00:53",
            "+262142-12-31T23:30+00:00",
            "9999-12-31T23:59:59Z",
        ],
        |headers| headers::occurred_at(headers, now),
        |at| at.map(|at| at.to_rfc3339()),
    );
}

#[test]
fn a_source_is_read_as_it_was_written() {
    header_holds(
        headers::SOURCE,
        "SamvirkeSource",
        &["M%C3%B8teprotokoll%2001.06.2017", "p. 9", "%F0%9F%98%80", "%C3"],
        headers::provenance,
        |provenance| {
            let source = provenance.as_ref()?.source.as_ref()?;
            Some(source.as_str().bytes().map(|byte| format!("%{byte:02X}")).collect())
        },
    );
}

#[test]
fn illustrative_is_true_or_false() {
    header_holds(
        headers::ILLUSTRATIVE,
        "SamvirkeIllustrative",
        &["true", "false"],
        headers::provenance,
        |provenance| Some(provenance.as_ref().is_some_and(|found| found.illustrative).to_string()),
    );
}

#[test]
fn a_key_is_visible_characters_and_makes_one_id() {
    header_holds(
        headers::IDEMPOTENCY_KEY,
        "IdempotencyKey",
        &["line-17", "01a21ea4-9c99-708c-b7f5-cd468168a965", "~!@#$%^&*()"],
        |headers| headers::command_id(headers, "secretariat"),
        |_| None,
    );
}

#[test]
fn no_header_that_is_only_a_wish_fails_a_request() {
    let examples = &[
        "nb-NO,nb;q=0.9,en;q=0.8",
        "en;q=0.000, *;q=1e0, nn;q=NaN",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03-more",
        "\"7\", W/\"7-a1b2\", *",
    ];
    let unheard_of = HeaderValue::from_static("\"unheard-of\"");
    check("a wish", &near(examples), |text| {
        let _language = Language::preferred(Some(&text));
        let trace = TraceContext::continue_from(Some(&text)).to_string();
        let again = TraceContext::continue_from(Some(&trace));
        prop_assert_eq!(&again.to_string()[..35], &trace[..35], "the trace goes on");
        if let Ok(value) = HeaderValue::from_str(&text) {
            let tags = with("If-None-Match", [value]);
            let is_any = text.split(',').any(|tag| tag.trim() == "*");
            prop_assert!(!headers::none_match(&tags, &unheard_of) || is_any);
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_request_names_one_host() {
    let examples = &["samvirke.example:8080", "[::1]:80", "a@b", "127.0.0.1", "a, b", ""];
    check("Host", &near(examples), |text| {
        let Ok(value) = HeaderValue::from_str(&text) else { return Ok(()) };
        match headers::one_host(Version::HTTP_11, &with(header::HOST.as_str(), [value])) {
            Ok(()) => prop_assert!(!text.contains(['@', '/', ' ', '\t'])),
            Err(fault) => refused(&fault, Some("Host"))?,
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn percent_encoding_is_undone_and_nothing_else_is_changed() {
    let examples = &["B%C3%A6rum%20a+b", "%25%2B%00", "%C3%28", "%f0%9f%98%80"];
    check("percent", &near(examples), |text| {
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for decoded in [percent::decode(&encoded), percent::decode_form(&encoded)] {
            prop_assert_eq!(decoded, Ok(text.clone()));
        }
        let (plain, form) = (percent::decode(&text), percent::decode_form(&text));
        if let Ok(plain) = &plain {
            prop_assert_eq!(plain == &text, !text.contains('%'));
            prop_assert!(form.is_ok());
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_query_string_becomes_parameters_of_the_types_that_the_document_says() {
    let examples = &[
        "cooperation=vestregionen&limit=20&after=x",
        "cooperation=vestregionen&body=vestregionen:sg&year=2017&kind=decision&text=a,+b%26c",
        "types=case.decided,meeting.held&bodies=vestregionen:sg&since=2017-06-01&wait=1",
        "from=2017-01-01&to=2017-12-31&state=held&member=935478715",
        "number=24/2017&cooperation=vestregionen&on=2017-06-01",
        "limit=-1&limit=1e9&limit=99999999999999999999&open=true",
    ];
    let own = [&feed::PAGES, &feed::STREAM, &published::DECISIONS];
    let routes: Vec<(&Query, query::Route)> =
        QUERIES.iter().chain(own).map(|query| (query, route(query))).collect();
    check("a query", &near(examples), |text| {
        for (query, route) in &routes {
            let path = route.parameters.iter().filter(|parameter| parameter.in_path);
            let path = path.map(|parameter| (parameter.name.clone(), text.clone())).collect();
            match route.parameters(path, &text) {
                Ok(values) => {
                    for parameter in route.parameters.iter().filter(|one| one.required) {
                        prop_assert!(values.contains_key(&parameter.name), "{}", query.path);
                    }
                }
                Err(Fault::UndecodableQuery | Fault::TooManyParameters { .. }) => (),
                Err(fault) => {
                    prop_assert!(fault.field().is_some(), "{}", query.path);
                    refused(&fault, fault.field())?;
                }
            }
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn dates_and_texts_that_are_taken_are_as_the_document_says() {
    let document = openapi();
    let on = "/paths/~1v1~1bodies/get/parameters/3/schema";
    assert_eq!(document.pointer(on).unwrap()["format"], "date", "{on} is another parameter");
    let dates = &["2014-11-27", "1000-01-01", "0999-12-31", "9999-12-31"];
    as_the_document_says::<Date>(&document, on, dates);
    let times = &["2017-06-01T09:00", "2017-06-01T09:00:30+02:00", "9999-12-31T23:59:59+01:00"];
    as_the_document_says::<LocalTime>(&document, "/components/schemas/LocalTime", times);
    let texts = &["Møte i Styringsgruppen", " a ", "\u{feff}", "\n\ta\r\n", "\u{3000}å"];
    as_the_document_says::<Line>(&document, "/components/schemas/Line", texts);
    as_the_document_says::<Prose>(&document, "/components/schemas/Prose", texts);
}

fn as_the_document_says<T: FromStr>(
    document: &Value,
    pointer: &str,
    examples: &'static [&'static str],
) {
    let schema = schema(document, pointer);
    check(pointer, &near(examples), |text| {
        prop_assert!(text.parse::<T>().is_err() || schema.is_valid(&json!(text)));
        Ok(())
    })
    .unwrap();
}

fn route(query: &Query) -> query::Route {
    let parameters = parameter::of_query(query, &mut parameter::generator());
    query::Route { service: query.service, name: query.name, parameters }
}

/// The schema of a component of the document.
fn schema(document: &Value, pointer: &str) -> jsonschema::Validator {
    let found = document.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is not there"));
    jsonschema::options().should_validate_formats(true).build(found).unwrap()
}

/// Holds a header's reader to texts near `examples`: what it takes is as the document's parameter
/// `component` says, and what it refuses is refused under the header's name.
fn header_holds<T: PartialEq + Debug>(
    name: &'static str,
    component: &str,
    examples: &'static [&'static str],
    read: impl Fn(&HeaderMap) -> Result<T, Fault>,
    written: impl Fn(&T) -> Option<String>,
) {
    let schema = schema(&openapi(), &format!("/components/parameters/{component}/schema"));
    check(name, &near(examples), |text| {
        let Ok(value) = HeaderValue::from_str(&text) else { return Ok(()) };
        match read(&with(name, [value])) {
            Ok(taken) => {
                let text = text.trim();
                let sent = text.parse::<bool>().map_or_else(|_| json!(text), Value::from);
                prop_assert!(schema.is_valid(&sent), "it is taken, and the document says not");
                if let Some(again) = written(&taken) {
                    let again = HeaderValue::from_str(&again).unwrap();
                    let again = read(&with(name, [again]));
                    prop_assert_eq!(again, Ok(taken));
                }
                Ok(())
            }
            Err(fault) => refused(&fault, Some(name)),
        }
    })
    .unwrap();
    let twice = with(name, [HeaderValue::from_static("1"), HeaderValue::from_static("2")]);
    assert!(read(&twice).is_err(), "{name} is taken twice");
}

fn with(name: &str, values: impl IntoIterator<Item = HeaderValue>) -> HeaderMap {
    let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
    values.into_iter().map(|value| (name.clone(), value)).collect()
}

fn refused(fault: &Fault, field: Option<&str>) -> Result<(), TestCaseError> {
    prop_assert_eq!(fault.field(), field);
    for language in [Language::English, Language::Bokmaal] {
        let words = fault.detail(language);
        prop_assert!(!words.is_empty());
        prop_assert!(words.chars().count() <= REFUSAL_CHARS_MAX, "{}", words);
    }
    Ok(())
}
