//! An open span; dropping it ends it.

use std::borrow::Cow;
use std::time::Duration;

use mainstay_core::{Context, Error};
use opentelemetry::trace::{
    Span as _, SpanContext, SpanKind, Status, TraceContextExt, TraceFlags, TraceState, Tracer as _,
};
use opentelemetry::{Context as Parent, KeyValue, SpanId, TraceId, Value};
use opentelemetry_sdk::trace::Span;

use crate::trace::{Role, export, ids};

/// An open span, or nothing when the work is not sampled. Ends when it is dropped.
#[must_use = "a span that is dropped at once has no length"]
pub struct SpanGuard {
    context: Context,
    span: Option<Box<Span>>,
}

impl SpanGuard {
    pub(super) fn silent(context: Context) -> Self {
        Self { context, span: None }
    }

    pub(super) fn recording(
        context: Context,
        parent: Option<u64>,
        role: Role,
        name: Cow<'static, str>,
        elapsed: Duration,
    ) -> Self {
        let Some(recorder) = export::recorder() else { return Self::silent(context) };
        let own = context.trace();
        let parent = parent.map_or_else(Parent::new, |span_id| {
            Parent::new().with_remote_span_context(SpanContext::new(
                TraceId::from(own.trace_id),
                SpanId::from(span_id),
                TraceFlags::SAMPLED,
                matches!(role, Role::Server | Role::Consumer),
                TraceState::NONE,
            ))
        });
        let kind = match role {
            Role::Internal => SpanKind::Internal,
            Role::Server => SpanKind::Server,
            Role::Client => SpanKind::Client,
            Role::Producer => SpanKind::Producer,
            Role::Consumer => SpanKind::Consumer,
        };
        let builder = recorder.tracer.span_builder(name).with_kind(kind);
        let builder = builder.with_start_time(recorder.time(elapsed));
        ids::give(own);
        let span = recorder.tracer.build_with_context(builder, &parent);
        Self { context, span: Some(Box::new(span)) }
    }

    /// The context to go on with: work done with it is below this span.
    pub fn context(&self) -> Context {
        self.context.clone()
    }

    /// Whether attributes are worth computing.
    pub fn is_recording(&self) -> bool {
        self.span.is_some()
    }

    /// Gives the span the name that was not known when it began, such as a request's route.
    pub fn rename(&mut self, name: impl Into<Cow<'static, str>>) {
        if let Some(span) = &mut self.span {
            span.update_name(name);
        }
    }

    /// Adds an attribute. Never a secret, an address or a body.
    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        if let Some(span) = &mut self.span {
            span.set_attribute(KeyValue::new(key, value));
        }
    }

    /// Marks the span as failed, with the error's code and public message.
    pub fn fail(&mut self, error: &Error) {
        if let Some(span) = &mut self.span {
            span.set_attribute(KeyValue::new("error.code", error.code().to_owned()));
            // The name that OpenTelemetry's conventions have for it.
            span.set_attribute(KeyValue::new("error.type", error.code().to_owned()));
            span.set_status(Status::error(error.message().to_owned()));
        }
    }

    /// Marks the span as failed when the outcome is an error, and hands the outcome on.
    pub fn note<T>(&mut self, outcome: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &outcome {
            self.fail(error);
        }
        outcome
    }
}

impl Drop for SpanGuard {
    fn drop(&mut self) {
        if let (Some(span), Some(recorder)) = (&mut self.span, export::recorder()) {
            span.end_with_timestamp(recorder.time(Duration::ZERO));
        }
    }
}
