//! The spans of a job's way, named and attributed as OpenTelemetry's conventions for messaging have it: who enqueues a
//! job sends a message to whoever runs it.

use std::borrow::Cow;

use mainstay_core::{Context, Id};
use mainstay_telemetry::{Role, SpanGuard, is_recorded, span_as};

use crate::job::JobKind;

/// What tells jobs from a broker's messages.
const SYSTEM: &str = "mainstay";

/// Around the enqueueing of a job; what its row keeps is this span.
pub(crate) fn sending(ctx: &Context, kind: &'static str, id: &Id<JobKind>) -> SpanGuard {
    let mut span = span_as(ctx, Role::Producer, name(ctx, "send", kind));
    if span.is_recording() {
        describe(&mut span, "send", kind, id);
    }
    span
}

/// Around one attempt, in the context of whoever enqueued it.
pub(crate) fn processing(ctx: &Context, kind: &'static str, id: &Id<JobKind>, attempt: u32) -> SpanGuard {
    let mut span = span_as(ctx, Role::Consumer, name(ctx, "process", kind));
    if span.is_recording() {
        describe(&mut span, "process", kind, id);
        if attempt > 1 {
            span.set("messaging.delivery_attempt", i64::from(attempt));
        }
    }
    span
}

fn name(ctx: &Context, operation: &'static str, kind: &str) -> Cow<'static, str> {
    if is_recorded(ctx.trace()) {
        Cow::Owned(format!("{operation} {kind}"))
    } else {
        Cow::Borrowed(operation)
    }
}

fn describe(span: &mut SpanGuard, operation: &'static str, kind: &'static str, id: &Id<JobKind>) {
    span.set("messaging.system", SYSTEM);
    span.set("messaging.operation.type", operation);
    span.set("messaging.operation.name", operation);
    span.set("messaging.destination.name", kind);
    span.set("messaging.message.id", id.to_string());
}
