//! The body of a command: JSON in UTF-8, an object, within its limit, and in time.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use serde_json::{Map, Value, value::RawValue};

use crate::{fault::Fault, request_context::RequestContext};

/// How much of a body that is too large is taken from its caller all the same, and for how long.
const HEARD_OUT_BYTES_MAX: usize = 16 * 1024 * 1024;
const HEARD_OUT_MAX: Duration = Duration::from_secs(2);

/// Reads a body as it came, after checking that a service will be able to.
pub(crate) async fn json_object(
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
    context: &RequestContext,
) -> Result<Box<RawValue>, Fault> {
    content_type(headers)?;
    // What is announced too large need not be kept.
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|text| text.parse().ok()).is_some_and(|bytes: usize| bytes > bytes_max) {
        hear_out(body).await;
        return Err(Fault::TooLarge { bytes_max });
    }
    match tokio::time::timeout_at(context.until, collect(body, bytes_max)).await {
        Err(_) => Err(Fault::BodyTooSlow),
        Ok(bytes) => object(&bytes?),
    }
}

async fn collect(mut body: Body, bytes_max: usize) -> Result<Bytes, Fault> {
    let mut collected = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Fault::BodyInterrupted)?;
        let data = frame.into_data().unwrap_or_default();
        if collected.len() + data.len() > bytes_max {
            hear_out(body).await;
            return Err(Fault::TooLarge { bytes_max });
        }
        collected.extend_from_slice(&data);
    }
    Ok(collected.freeze())
}

/// Takes the rest of a body that is refused, within limits. A connection that is closed while its
/// caller still sends is broken before the answer is read.
async fn hear_out(mut body: Body) {
    let rest = async {
        let mut heard = 0;
        while let Some(Ok(frame)) = body.frame().await {
            heard += frame.data_ref().map_or(0, Bytes::len);
            if heard > HEARD_OUT_BYTES_MAX {
                return;
            }
        }
    };
    // Whoever sends longer than that learns less.
    let _heard = tokio::time::timeout(HEARD_OUT_MAX, rest).await;
}

fn content_type(headers: &HeaderMap) -> Result<(), Fault> {
    let encoding = headers.get(header::CONTENT_ENCODING).map(|value| value.as_bytes());
    if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case(b"identity")) {
        return Err(Fault::EncodedBody);
    }
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut parts = text.unwrap_or_default().split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
    let is_utf8 = parts.filter(|part| !part.is_empty()).all(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        !name.trim().eq_ignore_ascii_case("charset")
            || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    if is_json && is_utf8 { Ok(()) } else { Err(Fault::WrongContentType) }
}

fn object(bytes: &Bytes) -> Result<Box<RawValue>, Fault> {
    let text =
        std::str::from_utf8(bytes).map_err(|error| Fault::NotUtf8 { at: error.valid_up_to() })?;
    // A raw value is skipped over, however deep; only reading it holds it to serde_json's depth.
    let malformed = |error: serde_json::Error| Fault::MalformedJson { reason: error.to_string() };
    let raw = match serde_json::from_str::<Map<String, Value>>(text) {
        Ok(_) => RawValue::from_string(text.to_owned()),
        Err(error) if error.is_data() => return Err(Fault::NotAnObject),
        Err(error) => Err(error),
    };
    raw.map_err(malformed)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(text: &'static [u8]) -> Result<String, Fault> {
        object(&Bytes::from_static(text)).map(|raw| raw.get().to_owned())
    }

    #[test]
    fn a_body_is_passed_on_as_it_came() {
        let text = "{ \"b\": 1.50, \"a\": \"Bærum\" }";
        assert_eq!(read(text.as_bytes()).unwrap(), text);
    }

    #[test]
    fn only_an_object_is_a_command() {
        for text in [&b"[]"[..], b"null", b"1", b"\"{}\""] {
            assert_eq!(read(text), Err(Fault::NotAnObject));
        }
        for text in [&b""[..], b"{", b"{} {}", b"{'a':1}", b"{\"a\":01}", b"\xef\xbb\xbf{}"] {
            assert!(matches!(read(text), Err(Fault::MalformedJson { .. })), "{text:?}");
        }
    }

    #[test]
    fn a_body_that_is_not_utf_8_is_refused_where_it_breaks() {
        assert_eq!(read(b"{\"a\":\"\xe6\"}"), Err(Fault::NotUtf8 { at: 6 }));
    }

    #[test]
    fn a_body_is_not_deeper_than_a_service_can_read() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200)).leak();
        assert!(matches!(read(deep.as_bytes()), Err(Fault::MalformedJson { .. })));
    }

    #[test]
    fn only_json_in_utf_8_is_read() {
        let check = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
            content_type(&headers)
        };
        for value in
            ["application/json", "Application/JSON; charset=\"UTF-8\"", "application/json;"]
        {
            assert_eq!(check(value), Ok(()), "{value}");
        }
        for value in ["text/plain", "", "application/json; charset=latin1", "application/jsonp"] {
            assert_eq!(check(value), Err(Fault::WrongContentType), "{value}");
        }
        assert_eq!(content_type(&HeaderMap::new()), Err(Fault::WrongContentType));
    }
}
