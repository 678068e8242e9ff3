//! The spans of a job's way, named and attributed as OpenTelemetry's conventions for messaging have it: who enqueues a
//! job sends a message to whoever runs it. In a trace that was not drawn the job hangs below the span that it was enqueued
//! in.

use mainstay_core::{Context, Id};
use mainstay_telemetry::{Role, SpanGuard, Text, drawn_span_as, span_as};

use crate::job::JobKind;

/// What tells jobs from a broker's messages.
const SYSTEM: &str = "mainstay";

/// Around the enqueueing of a job; what its row keeps is this span.
pub(crate) fn sending(ctx: &Context, kind: &'static str, id: &Id<JobKind>) -> SpanGuard {
    let mut span = drawn_span_as(ctx, Role::Producer, ("send", kind));
    if span.is_drawn() {
        describe(&mut span, "send", kind);
        span.set("messaging.message.id", id);
    }
    span
}

/// Around one attempt by `service`, in the context of whoever enqueued it.
pub(crate) fn processing(
    ctx: &Context,
    service: &Text,
    kind: &'static str,
    id: &Id<JobKind>,
    attempt: u32,
) -> SpanGuard {
    let mut span = span_as(ctx, Role::Consumer, ("process", kind));
    if span.is_drawn() {
        describe(&mut span, "process", kind);
    }
    span.set_service(service);
    span.set("messaging.message.id", id);
    if attempt > 1 {
        span.set("messaging.delivery_attempt", i64::from(attempt));
    }
    span
}

fn describe(span: &mut SpanGuard, operation: &'static str, kind: &'static str) {
    span.set("messaging.system", SYSTEM);
    span.set("messaging.operation.type", operation);
    span.set("messaging.operation.name", operation);
    span.set("messaging.destination.name", kind);
}
