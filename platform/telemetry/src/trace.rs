//! Spans: what a piece of work spent its time on.
//!
//! The trace travels in the [`Context`], so a span's parent is explicit and nothing hangs on the task or thread that
//! happens to run. The span that [`SpanGuard::context`] hands on is the recorded one.
//!
//! Which traces are kept is decided twice. At the edge a draw decides for whole traces, in every process that they
//! reach. And each process decides at the end: it holds the spans of a trace until the last open one of them has
//! ended, and keeps them, drawn or not, when one failed through no fault of the caller or was slow. Where nobody
//! listens nothing is recorded, and a span costs a copy of its context and no more.
//!
//! Of a hundred traces that are held, one is told. So spans are held as they come, and what only decorates them is left
//! to those that were drawn; see [`SpanGuard::is_drawn`] and [`drawn_span_as`].

mod brief;
mod capture;
mod finished;
mod guard;
mod name;
mod record;
mod recorder;
mod tail;

use std::time::Duration;

use mainstay_core::{Context, TraceContext};

pub use brief::BriefSpan;
pub use capture::{Captured, capture};
pub use finished::{FinishedSpan, Role, SERVICE};
pub use guard::SpanGuard;
pub use name::SpanName;
pub(crate) use recorder::{install, recorder};
pub use recorder::{is_recorded, open_spans};
pub use tail::Figures;

/// Opens a span below the context's.
pub fn span(ctx: &Context, name: impl Into<SpanName>) -> SpanGuard {
    span_as(ctx, Role::Internal, name)
}

/// Opens a span below the context's, as one side of a call.
pub fn span_as(ctx: &Context, role: Role, name: impl Into<SpanName>) -> SpanGuard {
    let parent = ctx.trace();
    if !is_recorded(parent) {
        return SpanGuard::silent(ctx.clone());
    }
    let own = ctx.with_trace(parent.child());
    SpanGuard::recording(own, Some(parent.span_id), role, name.into(), Duration::ZERO)
}

/// Opens a span below the context's where its trace was drawn: for what takes no time of its own, such as handing over
/// what another span does. In other traces the work goes on in the context's own span.
pub fn drawn_span_as(ctx: &Context, role: Role, name: impl Into<SpanName>) -> SpanGuard {
    if ctx.trace().sampled { span_as(ctx, role, name) } else { SpanGuard::silent(ctx.clone()) }
}

/// Opens the first span of a trace: the one that the context's own ids name, with nothing above it.
pub fn root_span(ctx: &Context, role: Role, name: impl Into<SpanName>) -> SpanGuard {
    entry_span(ctx, None, role, name)
}

/// Opens the span that the context's own ids name, below `parent`: where work enters a process, and the caller's span
/// came with it.
pub fn entry_span(ctx: &Context, parent: Option<u64>, role: Role, name: impl Into<SpanName>) -> SpanGuard {
    if !is_recorded(ctx.trace()) {
        return SpanGuard::silent(ctx.clone());
    }
    SpanGuard::recording(ctx.clone(), parent, role, name.into(), Duration::ZERO)
}

/// A span of work that has already taken `elapsed`, kept although its trace was not sampled. `parent` is the caller's
/// span, if there is one.
pub fn late_span(
    ctx: &Context,
    parent: Option<u64>,
    role: Role,
    name: impl Into<SpanName>,
    elapsed: Duration,
) -> SpanGuard {
    if recorder().is_none() {
        return SpanGuard::silent(ctx.clone());
    }
    let kept = ctx.with_trace(TraceContext { sampled: true, ..ctx.trace() });
    SpanGuard::recording(kept, parent, role, name.into(), elapsed)
}
