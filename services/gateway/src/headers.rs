//! The headers a caller may send, read into values.
//!
//! A header that is there but makes no sense is refused, never ignored: whoever sent it relies on
//! it.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue, Version,
    header::{self, InvalidHeaderValue},
    uri::Authority,
};
use chrono::{DateTime, Utc};
use samvirke_kernel::envelope;
use samvirke_schemas::{
    local_time::{self, LocalTime},
    message::Provenance,
    text::Line,
};
use uuid::Uuid;

use crate::{clock, fault::Fault, percent};

/// The most characters in an `Idempotency-Key`.
pub(crate) const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;
/// The most positions one request may wait for.
pub(crate) const POSITIONS_MAX: usize = 16;
/// The most characters in a stream's name inside a position.
const STREAM_CHARS_MAX: usize = 32;
/// How many digits of an answer's digest stand in its entity tag.
const TAG_DIGITS: usize = 16;
/// The most digits in a number, leading zeros among them.
const DIGITS_MAX: usize = 20;

pub(crate) const HOST: &str = "Host";
pub(crate) const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
pub(crate) const IF_MATCH: &str = "If-Match";
pub(crate) const POSITION: &str = "Samvirke-Position";
pub(crate) const OCCURRED_AT: &str = "Samvirke-Occurred-At";
pub(crate) const SOURCE: &str = "Samvirke-Source";
pub(crate) const ILLUSTRATIVE: &str = "Samvirke-Illustrative";

/// The same for all gateways and times, so that a key keeps its meaning.
const COMMAND_IDS: Uuid = Uuid::from_u128(0x2c6d_1f0e_7a41_4b5c_8f37_90a4_5de1_c2b8);

/// The id of a command, and whether the caller can name it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CommandId {
    pub(crate) id: Uuid,
    pub(crate) repeatable: bool,
}

/// Checks that a request names one host (RFC 9112 § 3.2): with none or two, a proxy may have meant another
/// than this server does.
pub(crate) fn one_host(version: Version, headers: &HeaderMap) -> Result<(), Fault> {
    let Some(host) = once(headers, HOST)? else {
        // Hosts came with HTTP/1.1.
        return if version < Version::HTTP_11 { Ok(()) } else { Err(Fault::MissingHost) };
    };
    let authority = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
    let names_one = |host: &Authority| !host.host().is_empty() && !host.as_str().contains('@');
    authority.filter(names_one).map(drop).ok_or(Fault::InvalidHost)
}

/// Reads `Idempotency-Key`. The same key from the same principal is the same command.
pub(crate) fn command_id(headers: &HeaderMap, subject: &str) -> Result<CommandId, Fault> {
    let Some(key) = once(headers, IDEMPOTENCY_KEY)? else {
        return Ok(CommandId { id: clock::new_id(), repeatable: false });
    };
    let key = key.as_bytes();
    let visible = key.iter().all(|byte| matches!(byte, 0x21..=0x7e));
    if key.is_empty() || key.len() > IDEMPOTENCY_KEY_CHARS_MAX || !visible {
        return Err(Fault::InvalidIdempotencyKey { max: IDEMPOTENCY_KEY_CHARS_MAX });
    }
    Ok(CommandId { id: command_id_of(key, subject), repeatable: true })
}

/// The id of the command that the principal `subject` gives with this `Idempotency-Key`.
pub fn command_id_of(key: &[u8], subject: &str) -> Uuid {
    // The length keeps apart ("ab", "c") and ("a", "bc").
    let mut name = format!("{}:{subject}", subject.len()).into_bytes();
    name.extend_from_slice(key);
    Uuid::new_v5(&COMMAND_IDS, &name)
}

/// Reads `If-Match: "7"`, and `"7-<digest>"` as queries give it: the version that the caller
/// decided on.
pub(crate) fn expected_version(headers: &HeaderMap) -> Result<Option<u64>, Fault> {
    let Some(tag) = once(headers, IF_MATCH)? else {
        return Ok(None);
    };
    tag.to_str()
        .ok()
        .and_then(|tag| tag.trim().strip_prefix('"')?.strip_suffix('"'))
        .and_then(version)
        .map(Some)
        .ok_or(Fault::InvalidIfMatch)
}

/// Reads `Samvirke-Position: NETWORKS:17, CASES:4`: what must have been seen before the answer.
pub(crate) fn positions(headers: &HeaderMap) -> Result<Vec<String>, Fault> {
    let invalid = || Fault::InvalidPosition { max: POSITIONS_MAX };
    let mut positions = Vec::new();
    for value in headers.get_all(POSITION) {
        for position in value.to_str().map_err(|_| invalid())?.split(',').map(str::trim) {
            if positions.len() == POSITIONS_MAX || !is_position(position) {
                return Err(invalid());
            }
            positions.push(position.to_owned());
        }
    }
    Ok(positions)
}

/// Reads `Samvirke-Occurred-At`: an instant (RFC 3339) or a wall-clock time in Norway.
pub(crate) fn occurred_at(
    headers: &HeaderMap,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, Fault> {
    let Some(value) = once(headers, OCCURRED_AT)? else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or("bytes that are not ASCII").trim();
    // Before an instant: the local mean time of old is written without its seconds.
    let instant = match text.parse::<LocalTime>() {
        Ok(time) => time.instant(),
        Err(error) => local_time::instant(text)
            .map_err(|_| Fault::InvalidOccurredAt { reason: error.to_string() })?,
    };
    if instant > now {
        return Err(Fault::OccurredInTheFuture);
    }
    Ok(Some(instant))
}

/// Reads `Samvirke-Source` (percent-encoded UTF-8) and `Samvirke-Illustrative`.
pub(crate) fn provenance(headers: &HeaderMap) -> Result<Option<Provenance>, Fault> {
    let source = match once(headers, SOURCE)? {
        Some(value) => Some(source(value).map_err(|reason| Fault::InvalidSource { reason })?),
        None => None,
    };
    let illustrative = match once(headers, ILLUSTRATIVE)?.map(HeaderValue::as_bytes) {
        None | Some(b"false") => false,
        Some(b"true") => true,
        Some(_) => return Err(Fault::InvalidIllustrative),
    };
    Ok((source.is_some() || illustrative).then_some(Provenance { source, illustrative }))
}

/// The entity tag of an answer: the digest of its text, after its version where it has one (`"7-<digest>"`). The
/// version makes it fit for `If-Match`; the digest tells answers of one version apart.
pub(crate) fn entity_tag(
    version: Option<u64>,
    answer: &str,
) -> Result<HeaderValue, InvalidHeaderValue> {
    let digest = envelope::digest(answer.as_bytes());
    let digest = digest.get(..TAG_DIGITS).unwrap_or(&digest);
    HeaderValue::try_from(match version {
        Some(version) => format!("\"{version}-{digest}\""),
        None => format!("\"{digest}\""),
    })
}

/// Whether `If-None-Match` names `etag`; weak comparison, as RFC 9110 § 13.1.2 has it.
pub(crate) fn none_match(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let Ok(etag) = etag.to_str() else { return false };
    headers.get_all(header::IF_NONE_MATCH).iter().any(|value| {
        value.to_str().is_ok_and(|tags| {
            tags.split(',')
                .map(str::trim)
                .any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
        })
    })
}

/// A header that must not come twice: two values would mean whichever one a proxy kept.
fn once<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<Option<&'h HeaderValue>, Fault> {
    let lower = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Fault::Broken)?;
    let mut values = headers.get_all(lower).iter();
    match (values.next(), values.next()) {
        (Some(_), Some(_)) => Err(Fault::RepeatedHeader { header: name }),
        (value, _) => Ok(value),
    }
}

/// The version in `7`, or in `7-<digest>`.
fn version(tag: &str) -> Option<u64> {
    let (version, digest) = tag.split_once('-').unwrap_or((tag, "0"));
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    number(version).filter(|_| !digest.is_empty() && digest.bytes().all(is_hex))
}

fn source(value: &HeaderValue) -> Result<Line, String> {
    let text = value.to_str().map_err(|_| percent::Undecodable.to_string())?;
    let text = percent::decode(text).map_err(|error| error.to_string())?;
    Line::try_new(text).map_err(|error| error.to_string())
}

fn is_position(text: &str) -> bool {
    text.split_once(':').is_some_and(|(stream, sequence)| {
        let named =
            |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        (1..=STREAM_CHARS_MAX).contains(&stream.len())
            && stream.chars().all(named)
            && number(sequence).is_some()
    })
}

/// Digits only: `parse` alone would take `+7`.
fn number(text: &str) -> Option<u64> {
    let digits = text.len() <= DIGITS_MAX && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str, values: &[&'static str]) -> HeaderMap {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        values.iter().map(|value| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    fn now() -> DateTime<Utc> {
        "2017-06-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_request_names_exactly_one_host() {
        let host = |values: &[&'static str]| one_host(Version::HTTP_11, &with(HOST, values));
        for value in ["samvirke.example", "samvirke.example:8443", "127.0.0.1:80", "[::1]:8080"] {
            assert_eq!(host(&[value]), Ok(()), "{value}");
        }
        assert_eq!(host(&[]), Err(Fault::MissingHost));
        assert_eq!(host(&["a", "a"]), Err(Fault::RepeatedHeader { header: HOST }));
        for value in ["", ":80", "a b", "a/b", "u@a", "a, b", "http://a"] {
            assert_eq!(host(&[value]), Err(Fault::InvalidHost), "{value:?}");
        }
        assert_eq!(one_host(Version::HTTP_10, &HeaderMap::new()), Ok(()));
        let two = with(HOST, &["a", "b"]);
        assert_eq!(one_host(Version::HTTP_10, &two), Err(Fault::RepeatedHeader { header: HOST }));
    }

    #[test]
    fn the_same_key_from_the_same_principal_is_the_same_command() {
        let one = with(IDEMPOTENCY_KEY, &["line-17"]);
        let id = command_id(&one, "secretariat").unwrap();
        assert!(id.repeatable);
        assert_eq!(command_id(&one, "secretariat").unwrap(), id);
        assert_ne!(command_id(&one, "baerum").unwrap(), id);
        let other = with(IDEMPOTENCY_KEY, &["tline-17"]);
        assert_ne!(command_id(&other, "secretaria").unwrap(), id);
    }

    /// Stored commands are found again by it.
    #[test]
    fn the_id_of_a_command_is_what_it_always_was() {
        let id =
            command_id(&with(IDEMPOTENCY_KEY, &["line-17"]), "https://issuer.example#office-4")
                .unwrap();
        assert_eq!(id.id.to_string(), "cd98a858-83a5-52e0-aa18-20f33bde33ae");
    }

    #[test]
    fn without_a_key_every_command_is_a_new_one() {
        let none = HeaderMap::new();
        let (one, two) = (command_id(&none, "s").unwrap(), command_id(&none, "s").unwrap());
        assert_ne!(one, two);
        assert!(!one.repeatable);
    }

    #[test]
    fn a_key_is_1_to_255_visible_characters_and_comes_once() {
        let long: &'static str = "k".repeat(256).leak();
        for key in ["", "a b", "tab\t", long] {
            let refused = command_id(&with(IDEMPOTENCY_KEY, &[key]), "s");
            assert!(matches!(refused, Err(Fault::InvalidIdempotencyKey { .. })), "{key:?}");
        }
        assert!(command_id(&with(IDEMPOTENCY_KEY, &[&long[1..]]), "s").is_ok());
        let twice = command_id(&with(IDEMPOTENCY_KEY, &["a", "a"]), "s");
        assert_eq!(twice, Err(Fault::RepeatedHeader { header: IDEMPOTENCY_KEY }));
    }

    #[test]
    fn if_match_takes_one_strong_tag_with_a_version() {
        assert_eq!(expected_version(&HeaderMap::new()), Ok(None));
        assert_eq!(expected_version(&with(IF_MATCH, &["\"7\""])), Ok(Some(7)));
        assert_eq!(expected_version(&with(IF_MATCH, &["\"7-a1b2\""])), Ok(Some(7)));
        for tag in [
            "7",
            "\"7-a\", \"8\"",
            "\"7-\"",
            "\"7-x\"",
            "W/\"7\"",
            "*",
            "\"\"",
            "\"seven\"",
            "\"7\", \"8\"",
            "\"-7\"",
            "\"+7\"",
            "\"",
        ] {
            let refused = expected_version(&with(IF_MATCH, &[tag]));
            assert_eq!(refused, Err(Fault::InvalidIfMatch), "{tag:?}");
        }
    }

    #[test]
    fn positions_are_streams_with_sequences() {
        let two = with(POSITION, &["NETWORKS:17, CASES:4", "MEETINGS:1"]);
        assert_eq!(positions(&two).unwrap(), ["NETWORKS:17", "CASES:4", "MEETINGS:1"]);
        let many: &'static str = ["A:1"; POSITIONS_MAX + 1].join(",").leak();
        for list in ["", "NETWORKS", "NETWORKS:", ":1", "a:1", "A:x", "A:1,", "A.*:1", many] {
            assert!(positions(&with(POSITION, &[list])).is_err(), "{list:?}");
        }
    }

    #[test]
    fn a_thing_has_happened_when_it_is_registered() {
        let at = |text| occurred_at(&with(OCCURRED_AT, &[text]), now());
        let noon = Some("2017-05-31T10:00:00Z".parse().unwrap());
        assert_eq!(at("2017-05-31T10:00:00Z"), Ok(noon));
        assert_eq!(at("2017-05-31T12:00"), Ok(noon));
        assert_eq!(at("2017-06-01T12:00:01Z"), Err(Fault::OccurredInTheFuture));
    }

    #[test]
    fn a_time_that_does_not_exist_or_comes_twice_is_refused() {
        for text in ["2017-02-29T09:00", "2017-03-26T02:30", "2016-10-30T02:30", "yesterday", ""] {
            let refused = occurred_at(&with(OCCURRED_AT, &[text]), now());
            assert!(matches!(refused, Err(Fault::InvalidOccurredAt { .. })), "{text:?}");
        }
    }

    #[test]
    fn a_source_is_percent_encoded_utf_8() {
        let found =
            provenance(&with(SOURCE, &["M%C3%B8teprotokoll%2001.06.2017"])).unwrap().unwrap();
        assert_eq!(found.source.unwrap().as_str(), "Møteprotokoll 01.06.2017");
        assert!(!found.illustrative);
        for text in ["", "%FF", "%0A", "%2"] {
            assert!(provenance(&with(SOURCE, &[text])).is_err(), "{text:?}");
        }
        assert!(provenance(&with(ILLUSTRATIVE, &["true"])).unwrap().unwrap().illustrative);
        assert_eq!(provenance(&with(ILLUSTRATIVE, &["false"])), Ok(None));
        assert_eq!(provenance(&with(ILLUSTRATIVE, &["yes"])), Err(Fault::InvalidIllustrative));
    }
}
