//! An open span; dropping it ends it.

use std::borrow::Cow;
use std::time::Duration;

use mainstay_core::{Context, Error, Kind};

use crate::text::{Text, Value};
use crate::trace::record::Record;
use crate::trace::{Role, SpanName, recorder};

/// More attributes of one span are dropped: they are set by code, which means a handful.
const ATTRIBUTES_MAX: usize = 32;

/// An open span, or nothing when the work is not recorded. Ends when it is dropped.
#[must_use = "a span that is dropped at once has no length"]
pub struct SpanGuard {
    context: Context,
    open: Option<Box<Record>>,
}

impl SpanGuard {
    pub(super) fn silent(context: Context) -> Self {
        Self { context, open: None }
    }

    pub(super) fn recording(
        context: Context,
        parent: Option<u64>,
        role: Role,
        name: SpanName,
        before: Duration,
    ) -> Self {
        let Some(recorder) = recorder() else { return Self::silent(context) };
        recorder.begin(context.trace(), &name);
        let record = Record {
            span_id: context.trace().span_id,
            parent,
            name,
            role,
            at: recorder.clock().monotonic(),
            length: before,
            service: None,
            attributes: Vec::new(),
            error: None,
            keep: false,
        };
        Self { context, open: Some(Box::new(record)) }
    }

    /// The context to go on with: work done with it is below this span.
    pub fn context(&self) -> Context {
        self.context.clone()
    }

    /// Whether attributes are worth computing.
    pub fn is_recording(&self) -> bool {
        self.open.is_some()
    }

    /// Whether the trace was drawn. What only decorates a span is left out of others, which are made for every request.
    pub fn is_drawn(&self) -> bool {
        self.open.is_some() && self.context.trace().sampled
    }

    /// Gives the span the name that was not known when it began, such as a request's route.
    pub fn rename(&mut self, name: impl Into<SpanName>) {
        if let Some(open) = &mut self.open {
            open.name = name.into();
        }
    }

    /// Says whose work it is, and that of the spans below it. Told as the attribute [`SERVICE`](super::SERVICE).
    pub fn set_service(&mut self, service: &Text) {
        if let Some(open) = &mut self.open {
            open.service = Some(service.clone());
        }
    }

    /// Adds an attribute. Never a secret, an address or a body.
    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        if let Some(open) = &mut self.open
            && open.attributes.len() < ATTRIBUTES_MAX
        {
            open.attributes.push((Cow::Borrowed(key), value.into()));
        }
    }

    /// Marks the span as failed, with the error's code and public message. The trace is kept when the failure is no
    /// fault of the caller.
    pub fn fail(&mut self, error: &Error) {
        if let Some(open) = &mut self.open {
            open.keep |= is_fault(error.kind());
            open.attributes.push((Cow::Borrowed("error.code"), error.code().to_owned().into()));
            // The name that OpenTelemetry's conventions have for it.
            open.attributes.push((Cow::Borrowed("error.type"), error.code().to_owned().into()));
            open.error = Some(Cow::Owned(error.message().to_owned()));
        }
    }

    /// Keeps the trace, although it was not drawn.
    pub fn keep(&mut self) {
        if let Some(open) = &mut self.open {
            open.keep = true;
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
        let (Some(mut record), Some(recorder)) = (self.open.take(), recorder()) else { return };
        record.end(recorder.clock());
        recorder.end(self.context.trace(), record);
    }
}

/// Whether a failure of this kind is ours or a peer's, rather than the caller's. Refusing what is too much is neither:
/// thousands a second are refused under load, and a trace of each would be load on top.
pub(super) const fn is_fault(kind: Kind) -> bool {
    match kind {
        Kind::Unknown
        | Kind::DeadlineExceeded
        | Kind::Unimplemented
        | Kind::Internal
        | Kind::Unavailable
        | Kind::DataLoss => true,
        Kind::Cancelled
        | Kind::InvalidArgument
        | Kind::NotFound
        | Kind::AlreadyExists
        | Kind::PermissionDenied
        | Kind::ResourceExhausted
        | Kind::FailedPrecondition
        | Kind::Aborted
        | Kind::OutOfRange
        | Kind::Unauthenticated => false,
    }
}
