//! A span on record: open, or ended and waiting for the end of its trace.
//!
//! Most of them are passed over, so they are kept as they came: what a reader wants is made when one is told. The one
//! record is handed from the guard to the trace and on, and not copied on the way.

use std::borrow::Cow;
use std::time::Duration;

use mainstay_core::{Clock, Monotonic};

use crate::mask;
use crate::text::{Text, Value};
use crate::trace::{FinishedSpan, Role, SERVICE, SpanName};

pub(super) struct Record {
    pub(super) span_id: u64,
    pub(super) parent: Option<u64>,
    pub(super) name: SpanName,
    pub(super) role: Role,
    /// When it ended; while it is open, when it began.
    pub(super) at: Monotonic,
    /// How long it took; while it is open, what it had taken already when it was opened.
    pub(super) length: Duration,
    pub(super) service: Option<Text>,
    pub(super) attributes: Vec<(Cow<'static, str>, Value)>,
    pub(super) error: Option<Cow<'static, str>>,
    /// Its trace is worth keeping, although it may not have been drawn.
    pub(super) keep: bool,
}

/// Records of one trace.
pub(super) type Records = Vec<Box<Record>>;

impl Record {
    /// It ends now.
    pub(super) fn end(&mut self, clock: &Clock) {
        let at = clock.monotonic();
        self.length += at.since(self.at);
        self.at = at;
    }

    /// The span as it is told: with its time on the wall clock, and without what must not be told.
    pub(super) fn told(self, trace_id: u128, clock: &Clock) -> FinishedSpan {
        let service = self.service.map(|service| (Cow::Borrowed(SERVICE), Value::Text(service)));
        let attributes = service.into_iter().chain(self.attributes);
        FinishedSpan {
            trace_id,
            span_id: self.span_id,
            parent: self.parent,
            name: masked(self.name.into_text()),
            role: self.role,
            started: clock.now() - clock.monotonic().since(self.at) - self.length,
            length_micros: u64::try_from(self.length.as_micros()).unwrap_or(u64::MAX),
            attributes: attributes.map(|(key, value)| (key.clone(), told_value(&key, value))).collect(),
            error: self.error.map(|error| match mask::text(&error) {
                Cow::Owned(told) => told.into(),
                Cow::Borrowed(_) => error,
            }),
        }
    }
}

fn masked(name: Text) -> Text {
    match mask::text(&name) {
        Cow::Owned(told) => told.into(),
        Cow::Borrowed(_) => name,
    }
}

fn told_value(key: &str, value: Value) -> Value {
    let value = match value {
        Value::Id(id) => Value::Text(id.to_string().into()),
        other => other,
    };
    mask::value(key, &value).map_or(value, Value::Text)
}
