//! A span of work that is short as a rule and has nothing below it, such as one transaction: hundreds of them make up one
//! request.

use std::time::Duration;

use mainstay_core::{Context, Error, Stopwatch};

use crate::trace::guard::is_fault;
use crate::trace::{Role, SpanGuard, SpanName, is_recorded};

/// In a trace that was not drawn, a brief span shorter than this is not worth a place: it made nothing slow. A commit that
/// waits for its turn and the disk is seldom as long.
const BRIEF: Duration = Duration::from_millis(5);

/// Work that is short as a rule. In a trace that was not drawn it is recorded only when it took its time or failed, and
/// costs two looks at the clock otherwise.
#[must_use = "it is recorded when its outcome is noted"]
pub struct BriefSpan(Option<Stopwatch>);

impl BriefSpan {
    /// Begins it, where anything is recorded.
    pub fn open(ctx: &Context) -> Self {
        Self(is_recorded(ctx.trace()).then(Stopwatch::start))
    }

    /// Ends it below the context's span. `name` and `describe` are asked only for one that is recorded.
    pub fn note<T>(
        self,
        ctx: &Context,
        outcome: Result<T, Error>,
        role: Role,
        name: impl FnOnce() -> SpanName,
        describe: impl FnOnce(&mut SpanGuard),
    ) -> Result<T, Error> {
        let Some(watch) = self.0 else { return outcome };
        let (elapsed, parent) = (watch.elapsed(), ctx.trace());
        let is_worth_it =
            parent.sampled || elapsed >= BRIEF || outcome.as_ref().is_err_and(|error| is_fault(error.kind()));
        if !is_worth_it {
            return outcome;
        }
        let own = ctx.with_trace(parent.child());
        let mut span = SpanGuard::recording(own, Some(parent.span_id), role, name(), elapsed);
        describe(&mut span);
        span.note(outcome)
    }
}
