//! Every parser of the published language, held to generated texts.
//!
//! None panics. What one takes is written and read back as the same value, and is as its published
//! schema says. What it refuses is answered in few words.

#![expect(clippy::unwrap_used, reason = "a broken test should panic")]

use std::{
    collections::BTreeSet,
    fmt::{Debug, Display},
    fs,
    path::Path,
    str::FromStr,
};

use samvirke_inputs::{Counterexample, TestCaseError, check, near, prop_assert, prop_assert_eq};
use samvirke_schemas::{
    case_number::CaseNumber,
    cases::{case::paper::MediaType, register::WrittenNumber},
    contacts::{contact::Topic, person::EmailAddress, person::Language},
    date::Date,
    digest::Digest,
    excerpt::EXCERPT_CHARS_MAX,
    feed::{FeedPosition, Subject},
    id::{AggregateId, LocalId},
    local_time::{self, LocalTime},
    organisation::OrganisationNumber,
    partial_date::PartialDate,
    principal::Role,
    queries::{cooperation_overview, feed::Since, notifications::NotificationState, subscription},
    stored::{self, Stored},
    subscriptions::subscription::endpoint::Endpoint,
    text::{Line, Prose},
};
use schemars::{JsonSchema, schema_for};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// The most characters of a refusal: its own words, and an excerpt of what was sent, quoted.
const REFUSAL_CHARS_MAX: usize = 160 + 10 * EXCERPT_CHARS_MAX;

/// A type that is read from text, and the check of it.
type Parser = (fn() -> &'static str, fn() -> Result<(), Counterexample>);

/// A row for a type, with texts that it takes or nearly takes.
macro_rules! parser {
    ($type:ty, $($example:literal),+ $(,)?) => {
        parser!($type, <$type as FromStr>::from_str, $($example),+)
    };
    ($type:ty, $read:expr, $($example:literal),+ $(,)?) => {
        (std::any::type_name::<$type>, || holds::<$type, _>($read, &[$($example),+]))
    };
}

/// Every type of the language that is read from text.
const PARSERS: &[Parser] = &[
    parser!(LocalId, "vestregionen", "24a-2017", "0190b6d0-1c2f-7cc3-98c4-dc0c0c07398f"),
    parser!(AggregateId, "vestregionen:sg", "vestregionen", "a:24a-2017"),
    parser!(Role, "secretariat", "member-integration", "system"),
    parser!(CaseNumber, "24/2017", "24a/2017", "04/2016", "999999z/9999", "1/1837"),
    parser!(WrittenNumber, "24/2017", "24a/2017", "04/2016", "000001/1837"),
    parser!(
        Digest,
        |text| Digest::try_from(text.to_owned()),
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    ),
    parser!(
        MediaType,
        |text| MediaType::try_from(text.to_owned()),
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "image/svg+xml"
    ),
    parser!(Date, "2014-11-27", "1000-01-01", "9999-12-31", "2016-02-29", "+10000-01-01"),
    parser!(PartialDate, "2014", "2007-11", "2014-11-27", "9999", "1000", "2016-02-29"),
    parser!(
        LocalTime,
        "2017-06-01T09:00",
        "2017-06-01T09:00:30+02:00",
        "2017-10-29T02:30+01:00",
        "2017-03-26T02:30",
        "1000-01-01T00:00:00+00:53",
        "9999-12-31T23:59:59+01:00",
        "+262142-12-31T23:30+00:00",
    ),
    parser!(OrganisationNumber, "935478715", "920125298", "974761076"),
    parser!(Line, "Møte i Styringsgruppen", " a ", "å"),
    parser!(Prose, "Vedtak:\r\n\t1. Saken utsettes.\n", " a ", "\n\nå\n"),
    parser!(
        EmailAddress,
        "post@kommune.example",
        "a.b+samvirke@sub.example.no",
        "!#$%&'*+-/=?^_`{|}~@a-b.c"
    ),
    parser!(Language, "nb", "nn", "en"),
    parser!(Topic, "meetings", "joint-cases", "follow-ups"),
    parser!(
        Endpoint,
        "https://sak.example/hendelser?a=b",
        "HTTPS://Sak.Example:443/å/../b",
        "http://127.1/",
        "http://[::1]:8080/%zz?q='ø'",
        "https://blåbær.example/",
        "https://sak.example/ø",
    ),
    parser!(FeedPosition, "FEED:0", "FEED:42", "FEED:18446744073709551615", "FEED:007"),
    parser!(
        Since,
        "2017-06-01",
        "2017-06-01T09:00",
        "2017-06-01T07:00:00Z",
        "2017-06-01T07:00:00.123456789+02:00",
        "2017-10-29T00:30:00.5Z",
        "2016-12-31T23:59:60Z",
        "1000-01-01",
        "9999-12-31T22:59:59Z",
        "+262142-12-31T23:30+00:00",
    ),
    parser!(NotificationState, "waiting", "bounced"),
    parser!(subscription::Phase, "asking", "suspended"),
    parser!(cooperation_overview::Phase, "active", "dissolved"),
];
/// Those with a test of their own below.
const OTHERS: &[fn() -> &'static str] =
    &[std::any::type_name::<Subject>, std::any::type_name::<Stored<()>>];

#[test]
fn a_parser_takes_what_it_writes_and_refuses_the_rest_in_few_words() {
    let found: Vec<_> = PARSERS.iter().filter_map(|(_, holds)| holds().err()).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_type_that_is_read_from_text_is_held_to_that() {
    let name = |name: &fn() -> &'static str| {
        let path = name().split('<').next().unwrap();
        path.strip_prefix("samvirke_schemas::").unwrap().to_owned()
    };
    let held: BTreeSet<String> =
        PARSERS.iter().map(|(name, _)| name).chain(OTHERS).map(name).collect();
    let mut found = BTreeSet::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut found);
    assert_eq!(found, held, "left: the parsers in src; right: those with a row in PARSERS");
}

#[test]
fn a_subject_of_the_feed_reads_back_as_it_was_written() {
    let examples = &["feed.vestregionen.public.case.decided", "feed.x.member.935478715.a.b"];
    check("Subject", &near(examples), |text| match text.parse::<Subject>() {
        Ok(subject) => {
            prop_assert_eq!(subject.to_string(), text);
            Ok(())
        }
        Err(error) => in_few_words(&error),
    })
    .unwrap();
}

#[test]
fn an_instant_is_on_a_day_that_can_be_written() {
    let examples = &[
        "2017-06-01T07:00:00Z",
        "2017-06-01t07:00:00.123456789-23:59",
        "1000-01-01T00:00:00+00:53",
        "9999-12-31T23:59:59+01:00",
        "2016-12-31T23:59:60Z",
    ];
    check("instant", &near(examples), |text| match local_time::instant(&text) {
        Ok(instant) => {
            prop_assert_eq!(LocalTime::new(instant).instant(), instant);
            prop_assert_eq!(local_time::instant(&instant.to_rfc3339()), Ok(instant));
            Ok(())
        }
        Err(error) => in_few_words(&error),
    })
    .unwrap();
}

#[test]
fn what_is_stored_reads_as_what_is_sent_and_more() {
    let examples = &[
        "+10000-01-01",
        "-9000-01-01",
        "0000-01-01",
        "-262143-01-01",
        "2017-06-01",
        "+262142-12-31T23:30:00+00:00",
        "-0044-03-15T12:00",
        "2017-06-01T09:00:00+02:00",
    ];
    check("stored", &near(examples), |text| {
        stored_reads::<Date>(&text)?;
        stored_reads::<LocalTime>(&text)?;
        stored_reads::<PartialDate>(&text)?;
        // As JSON that is none, too.
        let _read = stored::read::<Vec<Date>>(&text);
        Ok(())
    })
    .unwrap();
}

fn stored_reads<T: DeserializeOwned + PartialEq + Debug>(text: &str) -> Result<(), TestCaseError> {
    let json = Value::from(text).to_string();
    let (read, wrapped) = (stored::read::<T>(&json), serde_json::from_str::<Stored<T>>(&json));
    prop_assert_eq!(read.as_ref().ok(), wrapped.as_ref().ok().map(|Stored(value)| value));
    if let Ok(value) = serde_json::from_str::<T>(&json) {
        prop_assert_eq!(read.ok(), Some(value));
    }
    Ok(())
}

/// Holds one parser to texts near `examples`.
fn holds<T, E: Display>(
    read: impl Fn(&str) -> Result<T, E>,
    examples: &'static [&'static str],
) -> Result<(), Counterexample>
where
    T: Display + Serialize + DeserializeOwned + JsonSchema + PartialEq + Debug,
{
    let name = std::any::type_name::<T>();
    let taken = examples.iter().filter(|text| read(text).is_ok()).count();
    assert!(taken > 0, "{name}: no example is taken");
    let schema = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema_for!(T).to_value())
        .unwrap();
    check(name, &near(examples), |text| {
        let json = Value::from(text.as_str());
        let sent = serde_json::from_value::<T>(json.clone());
        match read(&text) {
            Ok(value) => {
                let written = value.to_string();
                let again = read(&written).ok();
                prop_assert_eq!(again.as_ref(), Some(&value), "{}", written);
                let sent = sent.ok();
                prop_assert_eq!(sent.as_ref(), Some(&value));
                prop_assert_eq!(serde_json::to_value(&value).unwrap(), Value::from(written));
                if let Err(error) = schema.validate(&json) {
                    return Err(TestCaseError::fail(format!("it is taken, and yet: {error}")));
                }
            }
            Err(error) => {
                prop_assert!(sent.is_err(), "from JSON it is taken");
                in_few_words(&error)?;
            }
        }
        Ok(())
    })
}

fn in_few_words(error: &impl Display) -> Result<(), TestCaseError> {
    let words = error.to_string();
    prop_assert!(!words.is_empty());
    prop_assert!(words.chars().count() <= REFUSAL_CHARS_MAX, "{}", words);
    Ok(())
}

/// Finds the types that are read from text in the files of a folder, as `path::Type`.
fn walk(folder: &Path, module: &str, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let inner = if module.is_empty() { stem.to_owned() } else { format!("{module}::{stem}") };
        if path.is_dir() {
            walk(&path, &inner, found);
            continue;
        }
        for name in parsers(&fs::read_to_string(&path).unwrap()) {
            found.insert(format!("{inner}::{name}"));
        }
    }
}

/// The types of a source that are read from text by code of their own or by strum.
fn parsers(source: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let after = |text: &str, mark: &str| text.split_once(mark).map(|(_, rest)| word(rest));
    let mut found = Vec::new();
    let (mut is_read, mut in_macro) = (false, false);
    for line in source.lines().map(str::trim) {
        let of_impl = ["FromStr for ", "TryFrom<String> for ", "TryFrom<&str> for "]
            .iter()
            .chain(&["Deserialize<'de> for "])
            .filter(|_| line.starts_with("impl"))
            .find_map(|mark| after(line, mark));
        is_read |= line.contains("EnumString") || line.contains("try_from = \"String\"");
        in_macro = (in_macro || line == "text!(") && line != ");";
        let of_derive = ["pub struct ", "pub enum "].iter().find_map(|mark| after(line, mark));
        if is_read && of_derive.is_some() {
            is_read = false;
            found.extend(of_derive);
        }
        // `Line, LINE_CHARS_MAX, &[]` makes such a type.
        let of_macro = in_macro && !line.starts_with("///") && line.contains(", ");
        found.extend(of_macro.then(|| word(line)).or(of_impl));
    }
    found.retain(|name| !name.is_empty());
    found
}
