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

    /// The value of the `traceparent` header.
    pub fn traceparent(&self) -> String {
        self.to_string()
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

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, u8::from(self.sampled))
    }
}

impl FromStr for TraceContext {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parse = || {
            let mut parts = text.split('-');
            let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
            let hex =
                |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_hexdigit());
            if !(hex(version, 2) && hex(trace, 32) && hex(span, 16) && hex(flags, 2)) {
                return None;
            }
            // Version 00 ends here; ff is invalid; later versions may go on.
            if version == "ff" || (version == "00" && parts.next().is_some()) {
                return None;
            }
            let context = Self {
                trace_id: u128::from_str_radix(trace, 16).ok()?,
                span_id: u64::from_str_radix(span, 16).ok()?,
                sampled: u8::from_str_radix(flags, 16).ok()? & 1 == 1,
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
        assert_eq!(TraceContext::from_bytes(&trace.to_bytes()), Some(trace));
        assert_eq!(TraceContext::from_bytes(&trace.to_bytes()[1..]), None);
    }

    #[test]
    fn foreign_text_is_refused() {
        for text in [
            "",
            "00-0-0-0",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert!(text.parse::<TraceContext>().is_err(), "{text}");
        }
    }
}
