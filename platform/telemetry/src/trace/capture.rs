//! Spans in memory, for tests that ask what was recorded.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use mainstay_core::Clock;
use parking_lot::Mutex;

use crate::text::Value;
use crate::trace::{FinishedSpan, install};

/// The oldest spans are forgotten beyond this; a test looks at a handful.
const SPANS_KEPT_MAX: usize = 10_000;

static CAPTURED: OnceLock<Captured> = OnceLock::new();

/// The spans of this process that have ended.
#[derive(Clone, Debug, Default)]
pub struct Captured(Arc<Mutex<VecDeque<FinishedSpan>>>);

impl Captured {
    /// Those of one trace, in the order in which they ended.
    pub fn of(&self, trace_id: u128) -> Vec<FinishedSpan> {
        self.0.lock().iter().filter(|span| span.trace_id == trace_id).cloned().collect()
    }

    pub(super) fn push(&self, mut span: FinishedSpan) {
        // A test compares texts; which number has which type is not what it asks.
        for (_, value) in &mut span.attributes {
            *value = Value::Text(value.to_string().into());
        }
        let mut kept = self.0.lock();
        if kept.len() >= SPANS_KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back(span);
    }
}

/// Keeps finished spans of sampled traces in memory from now on. For tests: asking again returns the same spans, and
/// where a recorder is installed already nothing arrives.
pub fn capture(clock: &Clock) -> Captured {
    CAPTURED
        .get_or_init(|| {
            let captured = Captured::default();
            install(clock, Duration::MAX, Some(captured.clone()));
            captured
        })
        .clone()
}
