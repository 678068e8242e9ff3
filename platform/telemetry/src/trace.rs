//! Spans: what a sampled piece of work spent its time on.
//!
//! The trace travels in the [`Context`], so a span's parent is explicit and nothing hangs on the task or thread that
//! happens to run. The span that [`SpanGuard::context`] hands on is the recorded one: ids are drawn here and given to
//! the SDK, which draws none itself. A context that is not sampled costs a clone of it and no more.

pub(crate) mod capture;
pub(crate) mod export;
mod guard;
mod ids;

use std::borrow::Cow;
use std::time::Duration;

use mainstay_core::{Context, TraceContext};

pub use capture::{Captured, FinishedSpan, capture};
pub use guard::SpanGuard;

/// Which side of a call the work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A part of the work of this process.
    Internal,
    /// Answers a request from outside.
    Server,
    /// Asks another service.
    Client,
    /// Hands over a message that somebody handles later.
    Producer,
    /// Handles such a message.
    Consumer,
}

/// Opens a span below the context's.
pub fn span(ctx: &Context, name: impl Into<Cow<'static, str>>) -> SpanGuard {
    span_as(ctx, Role::Internal, name)
}

/// Opens a span below the context's, as one side of a call.
pub fn span_as(ctx: &Context, role: Role, name: impl Into<Cow<'static, str>>) -> SpanGuard {
    let parent = ctx.trace();
    if !parent.sampled || !export::is_installed() {
        return SpanGuard::silent(ctx.clone());
    }
    let own = parent.child();
    SpanGuard::recording(ctx.with_trace(own), Some(parent.span_id), role, name.into(), Duration::ZERO)
}

/// Opens the first span of a trace: the one that the context's own ids name, with nothing above it.
pub fn root_span(ctx: &Context, role: Role, name: impl Into<Cow<'static, str>>) -> SpanGuard {
    entry_span(ctx, None, role, name)
}

/// Opens the span that the context's own ids name, below `parent`: where work enters a process, and the caller's span
/// came with it.
pub fn entry_span(
    ctx: &Context,
    parent: Option<u64>,
    role: Role,
    name: impl Into<Cow<'static, str>>,
) -> SpanGuard {
    if !ctx.trace().sampled || !export::is_installed() {
        return SpanGuard::silent(ctx.clone());
    }
    SpanGuard::recording(ctx.clone(), parent, role, name.into(), Duration::ZERO)
}

/// A span of work that has already taken `elapsed`, though its trace was not sampled: the edge keeps errors and slow
/// requests this way. `parent` is the caller's span, if there is one.
pub fn late_span(
    ctx: &Context,
    parent: Option<u64>,
    role: Role,
    name: impl Into<Cow<'static, str>>,
    elapsed: Duration,
) -> SpanGuard {
    if !export::is_installed() {
        return SpanGuard::silent(ctx.clone());
    }
    let kept = ctx.with_trace(TraceContext { sampled: true, ..ctx.trace() });
    SpanGuard::recording(kept, parent, role, name.into(), elapsed)
}
