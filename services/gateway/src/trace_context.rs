//! W3C Trace Context: which trace a request belongs to, taken from the caller or begun here.
//!
//! A malformed header begins a new trace and never fails a request.

use std::fmt;

use crate::clock;

/// The place of one request in a trace, written as `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceContext {
    trace: [u8; 16],
    span: [u8; 8],
    flags: u8,
}

/// The one flag we pass on: the caller records the trace.
const SAMPLED: u8 = 1;
/// The length of a version 00 header.
const CHARS: usize = 55;

impl TraceContext {
    /// Continues the caller's trace with a span of our own, or begins one.
    pub(crate) fn continue_from(header: Option<&str>) -> Self {
        let span = clock::random_bytes();
        match header.and_then(Self::parse) {
            Some(caller) => Self { span, ..caller },
            None => Self { trace: clock::random_bytes(), span, flags: SAMPLED },
        }
    }

    /// Reads `00-<32 hex>-<16 hex>-<2 hex>`. A later version may add fields behind these four.
    fn parse(header: &str) -> Option<Self> {
        let (fields, rest) = header.split_at_checked(CHARS)?;
        let mut parts = fields.split('-');
        let [version] = lower_hex(parts.next()?)?;
        let context = Self {
            trace: lower_hex(parts.next()?)?,
            span: lower_hex(parts.next()?)?,
            flags: flags(parts.next()?)?,
        };
        let well_formed = match version {
            0 => rest.is_empty(),
            0xff => false,
            _ => rest.is_empty() || rest.starts_with('-'),
        };
        let somewhere = context.trace != [0; 16] && context.span != [0; 8];
        (well_formed && somewhere && parts.next().is_none()).then_some(context)
    }

    /// The trace's id, for logs.
    pub(crate) fn trace_id(&self) -> String {
        hex::encode(self.trace)
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace_id(), hex::encode(self.span), self.flags)
    }
}

/// Reads exactly `N` bytes of lower-case hex.
fn lower_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    (!text.contains(|letter: char| letter.is_ascii_uppercase())).then_some(bytes)
}

fn flags(text: &str) -> Option<u8> {
    lower_hex(text).map(|[byte]| byte & SAMPLED)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_callers_trace_goes_on_in_a_span_of_our_own() {
        let ours = TraceContext::continue_from(Some(CALLER)).to_string();
        assert!(ours.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
        assert!(ours.ends_with("-01"));
        assert_ne!(ours, CALLER);
        assert_eq!(TraceContext::parse(CALLER).unwrap().to_string(), CALLER);
    }

    #[test]
    fn a_malformed_header_begins_a_new_trace() {
        for header in [
            "",
            "x",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-0",
        ] {
            assert_eq!(TraceContext::parse(header), None, "{header:?}");
        }
        let (one, two) = (TraceContext::continue_from(None), TraceContext::continue_from(None));
        assert_ne!(one.trace_id(), two.trace_id());
        assert_eq!(TraceContext::parse(&one.to_string()), Some(one));
    }

    #[test]
    fn a_later_version_is_read_as_far_as_we_know_it() {
        let later = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03-more";
        assert!(TraceContext::parse(later).unwrap().to_string().ends_with("-01"));
    }
}
