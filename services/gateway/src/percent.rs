//! Percent-encoding (RFC 3986 § 2.1) without guessing: what is not UTF-8 is refused, never
//! replaced.

/// The text is not percent-encoded UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not percent-encoded UTF-8")]
pub(crate) struct Undecodable;

/// Decodes `%C3%A5` to `å`.
pub(crate) fn decode(text: &str) -> Result<String, Undecodable> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = rest.next().and_then(digit).ok_or(Undecodable)?;
            let low = rest.next().and_then(digit).ok_or(Undecodable)?;
            bytes.push(high << 4 | low);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).map_err(|_| Undecodable)
}

/// Decodes a part of a query string, where `+` stands for a space.
pub(crate) fn decode_form(text: &str) -> Result<String, Undecodable> {
    decode(&text.replace('+', "%20"))
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
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
