//! The one recorder of a process, as there is one standard error; it is set once and then only read.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mainstay_core::{Clock, TraceContext};

use crate::feed::{self, Told};
use crate::trace::record::Record;
use crate::trace::tail::{Figures, Tail};
use crate::trace::{Captured, SpanName};

/// Traces a second that are kept although they were not drawn. When everything is slow or fails, a hundred examples a
/// second say why, and keeping each would be load on top.
const KEPT_A_SECOND_MAX: u64 = 100;

static RECORDER: OnceLock<Recorder> = OnceLock::new();

pub(crate) struct Recorder {
    clock: Clock,
    slow: Duration,
    tail: Tail,
    // The second in the upper half, the traces kept in it in the lower.
    budget: AtomicU64,
    captured: Option<Captured>,
}

pub(crate) fn recorder() -> Option<&'static Recorder> {
    RECORDER.get()
}

/// Whether spans of this trace are recorded: worth asking before a name or an attribute is computed.
pub fn is_recorded(trace: TraceContext) -> bool {
    recorder().is_some_and(|recorder| trace.sampled || recorder.holds())
}

/// The names of the spans of a trace that are open in this process, the latest last.
pub fn open_spans(trace_id: u128) -> Vec<String> {
    recorder().map(|recorder| recorder.tail.open(trace_id)).unwrap_or_default()
}

/// Installs a recorder unless there is one; tells whether this one is it.
pub(crate) fn install(clock: &Clock, slow: Duration, captured: Option<Captured>) -> bool {
    let recorder =
        Recorder { clock: clock.clone(), slow, tail: Tail::default(), budget: AtomicU64::new(0), captured };
    RECORDER.set(recorder).is_ok()
}

impl Recorder {
    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whether traces that were not drawn are held until it is known how they ended.
    pub(super) fn holds(&self) -> bool {
        self.captured.is_none()
    }

    pub(crate) fn figures(&self) -> Figures {
        self.tail.figures()
    }

    pub(super) fn begin(&self, trace: TraceContext, name: &SpanName) {
        if self.holds() {
            self.tail.begin(trace.trace_id, trace.span_id, name, trace.sampled);
        }
    }

    pub(super) fn end(&self, trace: TraceContext, span: Box<Record>) {
        if let Some(captured) = &self.captured {
            captured.push(span.told(trace.trace_id, &self.clock));
            return;
        }
        let keep = trace.sampled || ((span.keep || span.length >= self.slow) && self.affords());
        if let Some(spans) = self.tail.end(trace.trace_id, span, keep)
            && feed::is_wanted()
        {
            let told = spans.into_iter().map(|span| span.told(trace.trace_id, &self.clock));
            feed::tell(&Told::Spans(told.collect()));
        }
    }

    /// Whether one more trace may be kept this second.
    fn affords(&self) -> bool {
        let second = u64::try_from(self.clock.now().as_micros() / 1_000_000).unwrap_or_default() << 32;
        let spent = self.budget.load(Ordering::Relaxed);
        let next = if spent >> 32 == second >> 32 { spent + 1 } else { second + 1 };
        // Two threads that read the same are counted as one: it is a bound, not an account.
        self.budget.store(next, Ordering::Relaxed);
        next & u64::from(u32::MAX) <= KEPT_A_SECOND_MAX
    }
}
