//! A span that has ended.

use std::borrow::Cow;

use mainstay_core::Timestamp;

use crate::text::{Text, Value};

/// Which side of a call the work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A part of the work of this process.
    Internal,
    /// Answers a request from outside.
    Server,
    /// Asks another service.
    Client,
    /// Hands over a message that somebody handles later.
    Producer,
    /// Handles such a message.
    Consumer,
}

/// The attribute that names the service whose work a span is; spans below it are of the same service unless they say
/// otherwise.
pub const SERVICE: &str = "service.name";

/// One span as it was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct FinishedSpan {
    pub trace_id: u128,
    pub span_id: u64,
    /// `None` for the first of a trace.
    pub parent: Option<u64>,
    pub name: Text,
    pub role: Role,
    /// The recorder's wall clock when it began.
    pub started: Timestamp,
    /// End minus start, in microseconds of the recorder's monotonic clock.
    pub length_micros: u64,
    /// Keys and values in the order they were set.
    pub attributes: Vec<(Cow<'static, str>, Value)>,
    /// The message of a failed span.
    pub error: Option<Cow<'static, str>>,
}

impl FinishedSpan {
    /// The attribute as text; `None` when there is none or it is a number.
    pub fn attribute(&self, key: &str) -> Option<&str> {
        self.value(key).and_then(Value::as_text)
    }

    /// The attribute's value.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}
