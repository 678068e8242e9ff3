//! W3C trace context: which trace a piece of work belongs to, and whether it is recorded.

use std::fmt;
use std::str::FromStr;

use crate::codes;
use crate::error::{Error, Result};

/// The trace and span of the work at hand. <https://www.w3.org/TR/trace-context/>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    pub trace_id: u128,
    pub span_id: u64,
    /// Decided once, at the edge.
    pub sampled: bool,
}

impl TraceContext {
    /// The root of a new trace.
    pub fn root(sampled: bool) -> Self {
        Self { trace_id: rand::random::<u128>() | 1, span_id: rand::random::<u64>() | 1, sampled }
    }

    /// A new span in the same trace.
    #[must_use]
    pub fn child(self) -> Self {
        Self { span_id: rand::random::<u64>() | 1, ..self }
    }

    /// The value of the `traceparent` header. Written by hand: every call between services has one, and the
    /// formatter takes five times as long.
    pub fn traceparent(&self) -> String {
        let mut text = String::with_capacity(HEADER_LENGTH);
        text.push_str("00-");
        push_hex(&mut text, &self.trace_id.to_be_bytes());
        text.push('-');
        push_hex(&mut text, &self.span_id.to_be_bytes());
        text.push('-');
        push_hex(&mut text, &[u8::from(self.sampled)]);
        text
    }

    /// The 25 bytes that a table keeps: trace, span, flags. A row is written more often than anybody reads it, and
    /// this is half the size of the text and needs no formatting.
    pub fn to_bytes(&self) -> [u8; 25] {
        let mut bytes = [0; 25];
        bytes[..16].copy_from_slice(&self.trace_id.to_be_bytes());
        bytes[16..24].copy_from_slice(&self.span_id.to_be_bytes());
        bytes[24] = u8::from(self.sampled);
        bytes
    }

    /// From the bytes of [`TraceContext::to_bytes`]; `None` when they are something else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (trace, rest) = bytes.split_first_chunk::<16>()?;
        let (span, flags) = rest.split_first_chunk::<8>()?;
        let [flags] = flags else { return None };
        Some(Self {
            trace_id: u128::from_be_bytes(*trace),
            span_id: u64::from_be_bytes(*span),
            sampled: flags & 1 == 1,
        })
    }
}

/// Version 00: its own two digits, 32 of the trace, 16 of the span, two of flags, and three dashes.
const HEADER_LENGTH: usize = 55;

fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

/// The number that an exact count of hexadecimal digits stands for.
fn hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number: u128, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            b'A'..=b'F' => digit - b'A' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(value))
    })
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.traceparent())
    }
}

impl FromStr for TraceContext {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parse = || {
            let (known, beyond) = text.as_bytes().split_at_checked(HEADER_LENGTH)?;
            let [v0, v1, b'-', ids @ .., b'-', f0, f1] = known else { return None };
            let (trace, span) = ids.split_at_checked(32)?;
            let span = span.strip_prefix(b"-")?;
            // Version 00 ends here; ff is invalid; later versions may go on.
            let goes_on = match beyond {
                [] => false,
                [b'-', ..] => true,
                _ => return None,
            };
            let version = hex(&[*v0, *v1])?;
            if version == 0xff || (version == 0 && goes_on) {
                return None;
            }
            let context = Self {
                trace_id: hex(trace)?,
                span_id: u64::try_from(hex(span)?).ok()?,
                sampled: hex(&[*f0, *f1])? & 1 == 1,
            };
            (context.trace_id != 0 && context.span_id != 0).then_some(context)
        };
        parse().ok_or_else(|| codes::INVALID.error("this is not a W3C traceparent"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let trace = TraceContext::root(true);
        assert_eq!(trace.traceparent().parse::<TraceContext>().unwrap(), trace);
        assert_eq!(trace.child().trace_id, trace.trace_id);
        let trace_id = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
        let known = TraceContext { trace_id, span_id: 0xf0_67aa, sampled: false };
        assert_eq!(known.to_string(), "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000f067aa-00");
        assert_eq!(TraceContext::from_bytes(&trace.to_bytes()), Some(trace));
        assert_eq!(TraceContext::from_bytes(&trace.to_bytes()[1..]), None);
    }

    #[test]
    fn later_versions_may_say_more() {
        let known = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        for text in [format!("00-{known}"), format!("cc-{known}"), format!("cc-{known}-what-ever")] {
            assert!(text.parse::<TraceContext>().unwrap().sampled, "{text}");
        }
        assert!(format!("cc-{known}x").parse::<TraceContext>().is_err());
    }

    #[test]
    fn foreign_text_is_refused() {
        for text in [
            "",
            "00-0-0-0",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0\u{e9}",
            "00-4bf92f3577b34da6a3ce929d0e0e473600f067aa-0ba902b7--01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert!(text.parse::<TraceContext>().is_err(), "{text}");
        }
    }
}
