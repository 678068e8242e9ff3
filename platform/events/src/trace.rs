//! The spans of an event's way, named and attributed as OpenTelemetry's conventions for messaging have it.
//!
//! The handler's span hangs below the sender's: a handler takes one event at a time, so it has one parent, and the whole
//! way of an order is one trace. In a trace that was not drawn it hangs below the span that the event was sent in.

use mainstay_core::{Context, Id};
use mainstay_telemetry::{Role, SpanGuard, Text, drawn_span_as, span_as};

use crate::envelope::Envelope;
use crate::event::EventKind;

/// What tells these messages from a broker's.
const SYSTEM: &str = "mainstay";

/// Around the writing of an event; what its row keeps is this span.
pub(crate) fn sending(ctx: &Context, topic: &'static str, id: &Id<EventKind>) -> SpanGuard {
    let mut span = drawn_span_as(ctx, Role::Producer, ("send", topic));
    if span.is_drawn() {
        describe(&mut span, "send", topic, id);
    }
    span
}

/// Around one attempt of a handler of `service`.
pub(crate) fn processing(
    ctx: &Context,
    service: &Text,
    consumer: &Text,
    topic: &'static str,
    envelope: &Envelope,
    attempt: u32,
) -> SpanGuard {
    let mut span = span_as(ctx, Role::Consumer, ("process", topic));
    if span.is_drawn() {
        describe(&mut span, "process", topic, &envelope.id);
    }
    span.set_service(service);
    span.set("messaging.consumer.group.name", consumer.clone());
    if attempt > 1 {
        span.set("messaging.delivery_attempt", i64::from(attempt));
    }
    span
}

fn describe(span: &mut SpanGuard, operation: &'static str, topic: &'static str, id: &Id<EventKind>) {
    span.set("messaging.system", SYSTEM);
    span.set("messaging.operation.type", operation);
    span.set("messaging.operation.name", operation);
    span.set("messaging.destination.name", topic);
    span.set("messaging.message.id", id);
}
