//! Names, days, hours and codes as people write them, in each language.

use chrono::{DateTime, Datelike, Timelike, Utc};
use chrono_tz::Europe::Oslo;
use minijinja::{Environment, Value};
use samvirke_schemas::{
    contacts::person::Language,
    date::Date,
    local_time::{LocalTime, day_of},
};

type Words<const N: usize> = [&'static str; N];

const DAYS_NB: Words<7> = ["mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"];
const DAYS_NN: Words<7> = ["måndag", "tysdag", "onsdag", "torsdag", "fredag", "laurdag", "sundag"];
const DAYS_EN: Words<7> =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS_NO: Words<12> = [
    "januar",
    "februar",
    "mars",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "desember",
];
const MONTHS_EN: Words<12> = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Adds the filters of a language.
pub(super) fn add(environment: &mut Environment<'static>, language: Language) {
    let it = language;
    environment.add_filter("day", move |value: String| day(it, &value));
    environment.add_filter("moment", move |value: String| moment(it, &value));
    environment.add_filter("sitting", move |value: &Value| sitting(it, value));
    environment.add_filter("venue", move |value: &Value| venue(it, value));
    environment.add_filter("named", move |value: &Value| named(it, value));
    environment.add_filter("meeting", move |value: &Value| meeting(it, value));
    environment.add_filter("case", |value: &Value| case(value));
    environment.add_filter("item", move |value: &Value| item(it, value));
    environment.add_filter("outcome", move |value: String| outcome(it, &value));
    environment.add_filter("quote", |value: String| quote(&value));
}

/// `torsdag 14. september 2017`; what is not a day stays as it is.
fn day(language: Language, text: &str) -> String {
    text.parse::<Date>().map_or_else(|_| text.to_owned(), |date| of_date(language, date))
}

fn of_date(language: Language, date: Date) -> String {
    let weekday = date.weekday().num_days_from_monday() as usize;
    let (number, month, year) = (date.day(), date.month0() as usize, date.year());
    match language {
        Language::Nb => {
            format!("{} {number}. {} {year}", DAYS_NB[weekday], MONTHS_NO[month])
        }
        Language::Nn => {
            format!("{} {number}. {} {year}", DAYS_NN[weekday], MONTHS_NO[month])
        }
        Language::En => format!("{} {number} {} {year}", DAYS_EN[weekday], MONTHS_EN[month]),
    }
}

/// `torsdag 14. september 2017 kl. 12.00`, Norwegian time.
fn moment(language: Language, text: &str) -> String {
    let Ok(at) = DateTime::parse_from_rfc3339(text) else { return text.to_owned() };
    let date = of_date(language, day_of(at.to_utc()));
    let clock = clock(language, at.to_utc());
    match language {
        Language::Nb | Language::Nn => format!("{date} kl. {clock}"),
        Language::En => format!("{date} at {clock}"),
    }
}

fn clock(language: Language, at: DateTime<Utc>) -> String {
    let local = LocalTime::new(at).instant().with_timezone(&Oslo);
    let (hour, minute) = (local.hour(), local.minute());
    match language {
        Language::Nb | Language::Nn => format!("{hour:02}.{minute:02}"),
        Language::En => format!("{hour:02}:{minute:02}"),
    }
}

/// A day of a meeting: `torsdag 1. juni 2017 kl. 09.00–15.00`.
fn sitting(language: Language, value: &Value) -> String {
    let date = day(language, &text(value, "day").unwrap_or_default());
    let hour = |field| {
        let at = DateTime::parse_from_rfc3339(&text(value, field)?).ok()?;
        Some(clock(language, at.to_utc()))
    };
    match (hour("start"), hour("end"), language) {
        (Some(start), Some(end), Language::Nb | Language::Nn) => {
            format!("{date} kl. {start}–{end}")
        }
        (Some(start), None, Language::Nb | Language::Nn) => format!("{date} kl. {start}"),
        (Some(start), Some(end), Language::En) => format!("{date}, {start}–{end}"),
        (Some(start), None, Language::En) => format!("{date}, {start}"),
        (None, _, _) => date,
    }
}

fn venue(language: Language, value: &Value) -> String {
    let online = match language {
        Language::Nb => "på nett",
        Language::Nn => "på nett",
        Language::En => "online",
    };
    match (text(value, "place"), text(value, "remote")) {
        (Some(place), Some(remote)) => format!("{place}; {online}: {remote}"),
        (Some(place), None) => place,
        (None, Some(remote)) => format!("{online}: {remote}"),
        (None, None) => String::new(),
    }
}

/// The name of a body, a member or whatever else has names, or its id.
fn named(language: Language, value: &Value) -> String {
    let names = value.get_attr("names").unwrap_or_default();
    let own = match language {
        Language::Nb => None,
        Language::Nn => text(&names, "nn"),
        Language::En => text(&names, "en"),
    };
    own.or_else(|| text(&names, "nb"))
        .or_else(|| text(value, "id"))
        .or_else(|| text(value, "member"))
        .unwrap_or_default()
}

/// `møte i Styringsgruppen`, or what the meeting is called.
fn meeting(language: Language, value: &Value) -> String {
    let body = named(language, &value.get_attr("body").unwrap_or_default());
    match (text(value, "title"), language) {
        (Some(title), _) => format!("{title} ({body})"),
        (None, Language::Nb | Language::Nn) => format!("møte i {body}"),
        (None, Language::En) => format!("meeting of {body}"),
    }
}

/// `24/2017 Videreføring av Vestregionen`.
fn case(value: &Value) -> String {
    let number = text(value, "as_written").or_else(|| text(value, "number"));
    [number, text(value, "title")].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// `PS 24/2017 Videreføring av Vestregionen`.
fn item(language: Language, value: &Value) -> String {
    let withheld = match language {
        Language::Nb => "(delvis unntatt offentlighet)",
        Language::Nn => "(delvis unnateke offentlegheit)",
        Language::En => "(partly withheld)",
    };
    let is_withheld = value.get_attr("withheld").is_ok_and(|withheld| withheld.is_true());
    let marked = is_withheld.then(|| withheld.to_owned());
    let parts = [text(value, "kind"), text(value, "number"), text(value, "title"), marked];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn outcome(language: Language, code: &str) -> String {
    let (nb, nn, en) = match code {
        "decided" => ("vedtatt", "vedteke", "decided"),
        "recommended" => ("innstilt", "innstilt", "recommended"),
        "rejected" => ("forkastet", "forkasta", "rejected"),
        "took-note" => ("tatt til orientering", "teke til orientering", "noted"),
        "forwarded" => ("oversendt", "oversendt", "forwarded"),
        "postponed" => ("utsatt", "utsett", "postponed"),
        "sent-back" => ("sendt tilbake", "send tilbake", "sent back"),
        // A code that came later says itself.
        other => (other, other, other),
    };
    match language {
        Language::Nb => nb,
        Language::Nn => nn,
        Language::En => en,
    }
    .to_owned()
}

fn quote(text: &str) -> String {
    text.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n")
}

/// A field that is a text.
fn text(value: &Value, field: &str) -> Option<String> {
    let found = value.get_attr(field).ok()?;
    found.as_str().map(str::to_owned)
}
