//! Gives the SDK the ids that the context already carries, instead of new ones.

use std::cell::Cell;

use mainstay_core::TraceContext;
use opentelemetry::{SpanId, TraceId};
use opentelemetry_sdk::trace::IdGenerator;

thread_local! {
    // The SDK asks for ids while it starts a span, on the same thread.
    static NEXT: Cell<TraceContext> =
        const { Cell::new(TraceContext { trace_id: 0, span_id: 0, sampled: false }) };
}

/// Says which ids the span has that this thread starts next.
pub(super) fn give(trace: TraceContext) {
    NEXT.set(trace);
}

#[derive(Debug)]
pub(super) struct FromContext;

impl IdGenerator for FromContext {
    fn new_trace_id(&self) -> TraceId {
        TraceId::from(NEXT.get().trace_id)
    }

    fn new_span_id(&self) -> SpanId {
        SpanId::from(NEXT.get().span_id)
    }
}
