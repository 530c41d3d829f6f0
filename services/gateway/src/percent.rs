//! Percent-encoding (RFC 3986 § 2.1) without guessing: what is not UTF-8 is refused, never
//! replaced.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The text is not percent-encoded UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not percent-encoded UTF-8")]
pub(crate) struct Undecodable;

/// Decodes `%C3%A5` to `å`.
pub(crate) fn decode(text: &str) -> Result<String, Undecodable> {
    // The library leaves a percent sign that encodes nothing as it is.
    let encodes = |rest: &str| {
        rest.as_bytes().get(..2).is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit))
    };
    if !text.split('%').skip(1).all(encodes) {
        return Err(Undecodable);
    }
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Cow::into_owned).map_err(|_| Undecodable)
}

/// Decodes a part of a query string, where `+` stands for a space.
pub(crate) fn decode_form(text: &str) -> Result<String, Undecodable> {
    decode(&text.replace('+', "%20"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_utf_8_is_refused_and_never_replaced() {
        assert_eq!(decode("B%C3%A6rum%20a+b").unwrap(), "Bærum a+b");
        assert_eq!(decode_form("a+b%2Bc").unwrap(), "a b+c");
        for text in ["%FF", "%", "%2", "%zz", "%C3"] {
            assert_eq!(decode(text), Err(Undecodable), "{text:?}");
        }
    }
}
