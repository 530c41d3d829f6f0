//! What is wrong with the form of a request, in both languages.
//!
//! What JSON of the wrong shape lacks is a [`FormError`]. Values of the published language say in our own
//! English why they are not well formed; here is the bokmål of each of those messages, and a test holds the
//! table against the values.

mod error;
mod json;

use samvirke_schemas::{
    excerpt::{DETAIL_CHARS_MAX, FIELD_CHARS_MAX, excerpt, shortened},
    reply::Refused,
};
use serde::de::DeserializeOwned;

pub(crate) use error::FormError;
pub(crate) use json::Json;

/// The messages, `{}` being what the caller sent or what would do. The first that fits is taken.
const MESSAGES: &[(&str, &str)] = &[
    // Dates and ids.
    (
        "a date is written 2014-11-27, in the years 1000 to 9999, not {}",
        "en dato skrives 2014-11-27, i årene 1000 til 9999, ikke {}",
    ),
    ("the date {} does not exist", "datoen {} finnes ikke"),
    // The one sentence of another crate: uuid has no typed error where serde reads it.
    ("UUID parsing failed: {}", "det er ikke en UUID"),
    ("an id must not be empty", "en id kan ikke være tom"),
    ("an id has at most {} characters", "en id har høyst {} tegn"),
    (
        "an id holds only a-z, 0-9 and hyphens, not {}",
        "en id har bare a-z, 0-9 og bindestrek, ikke {}",
    ),
    (
        "an id of an aggregate is <cooperation>:<id>, such as vestregionen:sg",
        "en id er <samarbeid>:<id>, som vestregionen:sg",
    ),
    // Texts.
    ("the text must not be empty", "teksten kan ikke være tom"),
    (
        "the text has {} characters; at most {} are allowed",
        "teksten har {} tegn; høyst {} er tillatt",
    ),
    ("the text holds a control character", "teksten inneholder et kontrolltegn"),
    // Numbers, times and papers.
    ("an organisation number has nine digits", "et organisasjonsnummer har ni sifre"),
    (
        "the control digit of organisation number {} is wrong",
        "kontrollsifferet i organisasjonsnummeret {} er feil",
    ),
    (
        "a case number is a running number, an optional letter and a year, such as 24a/2017, not {}",
        "et saksnummer er et løpenummer, eventuelt en bokstav, og et år, som 24a/2017, ikke {}",
    ),
    (
        "a date is written 2014, 2014-11 or 2014-11-27, as much of it as is known, not {}",
        "en dato skrives 2014, 2014-11 eller 2014-11-27, så mye som er kjent, ikke {}",
    ),
    (
        "a time is written 2017-06-01T09:00 (Europe/Oslo) or with an offset, \
         2017-06-01T09:00+02:00, not {}",
        "et tidspunkt skrives 2017-06-01T09:00 (norsk tid) eller med tidssone, \
         2017-06-01T09:00+02:00, ikke {}",
    ),
    (
        "{} does not exist in Norway: summer time skips that hour",
        "{} finnes ikke i Norge: sommertiden hopper over den timen",
    ),
    (
        "{} comes twice in Norway: add +02:00 (summer time) or +01:00 (standard time)",
        "{} kommer to ganger i Norge: legg til +02:00 (sommertid) eller +01:00 (normaltid)",
    ),
    (
        "the offset of {} is not the one in force in Norway then",
        "tidssonen i {} er ikke den som gjaldt i Norge da",
    ),
    (
        "a media type is <type>/<subtype> in lower case, such as application/pdf",
        "en medietype er <type>/<undertype> med små bokstaver, som application/pdf",
    ),
    (
        "a digest is sha256: followed by 64 lower-case hexadecimal digits",
        "en kontrollsum er sha256: og 64 heksadesimale sifre med små bokstaver",
    ),
    (
        "an e-mail address is written post@kommune.example",
        "en e-postadresse skrives post@kommune.example",
    ),
    ("an e-mail address has at most {} characters", "en e-postadresse har høyst {} tegn"),
    // Pages and positions.
    ("a page has 1 to {} rows, not {}", "en side har 1 til {} rader, ikke {}"),
    (
        "a cursor is taken as it is from next in an answer to the same query",
        "en peker tas som den er fra next i et svar på samme spørring",
    ),
    (
        "a position is STREAM:sequence, such as CASES:42, not {}",
        "en posisjon er STREAM:nummer, som CASES:42, ikke {}",
    ),
];

/// Reads a value of the published language; where it is not well formed, what is wrong, and the path to it.
pub(crate) fn read<T: DeserializeOwned>(sent: Json) -> Result<T, (String, FormError)> {
    serde_path_to_error::deserialize(sent).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        // The word is the value, no field of it.
        if let FormError::Word { word } = &error
            && let Some(of_word) = path.strip_suffix(&format!(".{word}"))
        {
            return (of_word.to_owned(), error);
        }
        (path, error)
    })
}

/// The refusal of a field whose value is not well formed.
pub(crate) fn refusal(field: &str, error: &FormError) -> Refused {
    let Some(detail_nb) = error.bokmaal() else { return invalid(field, error.to_string()) };
    let field = shortened(field, FIELD_CHARS_MAX).into_owned();
    let detail = shortened(&error.to_string(), DETAIL_CHARS_MAX).into_owned();
    let detail_nb = shortened(&detail_nb, DETAIL_CHARS_MAX).into_owned();
    Refused::Invalid { field, detail, detail_nb }
}

/// The refusal of a field whose value is not well formed, as `detail` has it in English. Of what was sent
/// it repeats no more than an excerpt.
pub fn invalid(field: impl AsRef<str>, detail: impl AsRef<str>) -> Refused {
    let detail = brief(detail.as_ref());
    let detail_nb = bokmaal(&detail);
    let field = shortened(field.as_ref(), FIELD_CHARS_MAX).into_owned();
    Refused::Invalid { field, detail, detail_nb }
}

/// The message with an excerpt of each value that was sent.
fn brief(detail: &str) -> String {
    let known = MESSAGES.iter().find_map(|(english, _)| {
        let told: Vec<String> = fits(english, detail)?.into_iter().map(excerpt).collect();
        Some(filled(english, &told))
    });
    shortened(&known.unwrap_or_else(|| detail.to_owned()), DETAIL_CHARS_MAX).into_owned()
}

/// The message in bokmål. One that is not known is told as it is, after words that say what it is.
fn bokmaal(detail: &str) -> String {
    let known = MESSAGES.iter().find_map(|(english, bokmaal)| {
        let values: Vec<String> = fits(english, detail)?.into_iter().map(str::to_owned).collect();
        Some(filled(bokmaal, &values))
    });
    known.unwrap_or_else(|| format!("verdien har ikke rett form ({detail})"))
}

/// What stands in the places of `template`, if `text` is made after it.
fn fits<'t>(template: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut parts = template.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut values = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        // The last part has to end the text; where it is empty, the value goes to the end.
        let at = if parts.peek().is_none() {
            rest.strip_suffix(part).map(str::len)?
        } else {
            rest.find(part)?
        };
        values.push(&rest[..at]);
        rest = &rest[at + part.len()..];
    }
    rest.is_empty().then_some(values)
}

/// The template with the values in their places: `{}` in order, `{0}` and `{1}` by number.
fn filled(template: &str, values: &[String]) -> String {
    let mut in_order = values.iter();
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, (place, after))) =
        rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        let value = match place.parse::<usize>() {
            Ok(number) => values.get(number),
            Err(_) => in_order.next(),
        };
        text.push_str(before);
        text.push_str(value.map_or("", String::as_str));
        rest = after;
    }
    text + rest
}

#[cfg(test)]
mod tests;
