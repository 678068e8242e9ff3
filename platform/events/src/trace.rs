//! The spans of an event's way, named and attributed as OpenTelemetry's conventions for messaging have it.
//!
//! The handler's span hangs below the sender's: a handler takes one event at a time, so it has one parent, and the whole
//! way of an order is one trace. Work that is not sampled costs a look at one bit.

use std::borrow::Cow;

use mainstay_core::{Context, Id};
use mainstay_telemetry::{Role, SpanGuard, is_recorded, span_as};

use crate::envelope::Envelope;
use crate::event::EventKind;

/// What tells these messages from a broker's.
const SYSTEM: &str = "mainstay";

/// Around the writing of an event; what its row keeps is this span.
pub(crate) fn sending(ctx: &Context, topic: &'static str, id: &Id<EventKind>) -> SpanGuard {
    let mut span = span_as(ctx, Role::Producer, name(ctx, "send", topic));
    if span.is_recording() {
        describe(&mut span, "send", topic, id);
    }
    span
}

/// Around one attempt of a handler.
pub(crate) fn processing(
    ctx: &Context,
    consumer: &str,
    topic: &'static str,
    envelope: &Envelope,
    attempt: u32,
) -> SpanGuard {
    let mut span = span_as(ctx, Role::Consumer, name(ctx, "process", topic));
    if span.is_recording() {
        describe(&mut span, "process", topic, &envelope.id);
        span.set("messaging.consumer.group.name", consumer.to_owned());
        if attempt > 1 {
            span.set("messaging.delivery_attempt", i64::from(attempt));
        }
    }
    span
}

fn name(ctx: &Context, operation: &'static str, topic: &str) -> Cow<'static, str> {
    if is_recorded(ctx.trace()) {
        Cow::Owned(format!("{operation} {topic}"))
    } else {
        Cow::Borrowed(operation)
    }
}

fn describe(span: &mut SpanGuard, operation: &'static str, topic: &'static str, id: &Id<EventKind>) {
    span.set("messaging.system", SYSTEM);
    span.set("messaging.operation.type", operation);
    span.set("messaging.operation.name", operation);
    span.set("messaging.destination.name", topic);
    span.set("messaging.message.id", id.to_string());
}
