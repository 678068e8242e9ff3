//! One line of the log, bounded and masked.

use std::borrow::Cow;
use std::fmt::{self, Write};

use mainstay_core::{Timestamp, work};
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

use crate::mask;
use crate::text::{Text, Value};

/// A longer message is cut: whoever logs a body has made a mistake, and the queue is bounded by lines.
const MESSAGE_BYTES_MAX: usize = 8 * 1024;

/// A longer value of a field is cut.
const VALUE_BYTES_MAX: usize = 2 * 1024;

/// More fields are left out.
const FIELDS_MAX: usize = 32;

/// What somebody logged.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub at: Timestamp,
    pub level: Level,
    /// Where in the code, such as `mainstay_sql::insight`.
    pub target: Text,
    pub message: String,
    pub fields: Vec<(Cow<'static, str>, Value)>,
    /// The trace that the thread worked for, if it said so.
    pub trace_id: Option<u128>,
    pub span_id: Option<u64>,
}

impl Line {
    pub(crate) fn read(event: &Event<'_>, at: Timestamp) -> Self {
        let metadata = event.metadata();
        let trace = work::current().trace;
        let mut line = Self {
            at,
            level: *metadata.level(),
            target: Text::from(metadata.target().to_owned()),
            message: String::new(),
            fields: Vec::new(),
            trace_id: trace.map(|trace| trace.trace_id),
            span_id: trace.map(|trace| trace.span_id),
        };
        event.record(&mut Reader(&mut line));
        line
    }
}

struct Reader<'a>(&'a mut Line);

impl Reader<'_> {
    fn add(&mut self, field: &Field, value: Value) {
        if self.0.fields.len() < FIELDS_MAX {
            let value = mask::value(field.name(), &value).map_or(value, Value::Text);
            self.0.fields.push((Cow::Borrowed(field.name()), value));
        }
    }

    fn write(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        let is_message = field.name() == "message";
        let limit = if is_message { MESSAGE_BYTES_MAX } else { VALUE_BYTES_MAX };
        let mut text = Bounded { text: String::new(), limit, beyond: 0 };
        // It does not fail: what is beyond the limit is counted instead of written.
        let _ = text.write_fmt(value);
        let text = text.finish();
        if is_message {
            self.0.message = mask::text(&text).into_owned();
        } else {
            self.add(field, Value::Text(text.into()));
        }
    }
}

impl Visit for Reader<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.write(field, format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.write(field, format_args!("{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }
}

/// Text up to a limit; of the rest only the size is known.
struct Bounded {
    text: String,
    limit: usize,
    beyond: usize,
}

impl Write for Bounded {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let room = self.limit.saturating_sub(self.text.len());
        if part.len() <= room && self.beyond == 0 {
            self.text.push_str(part);
        } else {
            let cut = if self.beyond == 0 { part.floor_char_boundary(room) } else { 0 };
            self.text.push_str(&part[..cut]);
            self.beyond += part.len() - cut;
        }
        Ok(())
    }
}

impl Bounded {
    fn finish(mut self) -> String {
        if self.beyond > 0 {
            // Writing to a String does not fail.
            let _ = write!(self.text, "… ({} bytes more)", self.beyond);
        }
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_megabyte_is_cut_at_a_letter_and_the_rest_is_counted() {
        let mut text = Bounded { text: String::new(), limit: 10, beyond: 0 };
        let _ = text.write_str("12345678ää");
        let _ = text.write_str(&"x".repeat(1_000_000));
        assert_eq!(text.finish(), "12345678ä… (1000002 bytes more)");
    }
}
