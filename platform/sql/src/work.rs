//! A caller's closure on its way through an engine and back.
//!
//! The closure, its context and its answer travel in one box; the caller keeps the receiving end. A caller that goes
//! away drops only that end, so the work still runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use mainstay_core::lifecycle::panic_message;
use mainstay_core::queries::QueryLedgers;
use mainstay_core::{Clock, Context, Error, Result, Stopwatch, work};
use mainstay_telemetry::Text;
use tokio::sync::oneshot;

use crate::codes;
use crate::connection::Connection;
use crate::engine::{Verdict, Work};
use crate::insight::Insight;
use crate::metrics::DatabaseMetrics;
use crate::tx::Tx;
use crate::view::View;
use crate::wake::Wake;

/// What the works of one database share.
pub(crate) struct Door {
    pub(crate) name: Text,
    pub(crate) clock: Clock,
    pub(crate) insight: Insight,
    pub(crate) metrics: DatabaseMetrics,
    /// Only where repeated queries are looked for.
    pub(crate) ledgers: Option<QueryLedgers>,
}

impl Door {
    /// The context that a closure runs in.
    fn context(&self, ctx: &Context) -> Context {
        self.ledgers.as_ref().map_or_else(|| ctx.clone(), |ledgers| ledgers.give(ctx))
    }
}

/// Whether the engine's limit on steps applies to a write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Steps {
    Bounded,
    /// For migrations, which may have to touch every row there is.
    Unbounded,
}

pub(crate) struct Write<F, T> {
    closure: F,
    context: Context,
    door: Arc<Door>,
    steps: Steps,
    outcome: Option<Result<T>>,
    wakes: Vec<Arc<Wake>>,
    reply: oneshot::Sender<Result<T>>,
    queued: Stopwatch,
}

impl<F, T> Write<F, T>
where
    F: FnMut(&Tx<'_>) -> Result<T> + Send,
    T: Send,
{
    pub(crate) fn new(
        closure: F,
        context: &Context,
        door: &Arc<Door>,
        steps: Steps,
    ) -> (Box<Self>, oneshot::Receiver<Result<T>>) {
        let (reply, answer) = oneshot::channel();
        let work = Self {
            closure,
            context: door.context(context),
            door: Arc::clone(door),
            steps,
            outcome: None,
            wakes: Vec::new(),
            reply,
            queued: Stopwatch::start(),
        };
        (Box::new(work), answer)
    }
}

impl<F, T> Work for Write<F, T>
where
    F: FnMut(&Tx<'_>) -> Result<T> + Send,
    T: Send,
{
    fn run(&mut self, connection: &dyn Connection) -> Verdict {
        if self.outcome.as_ref().is_some_and(panicked) {
            return Verdict::Undo;
        }
        self.wakes.clear();
        let outcome = guarded(&self.context, &self.door, || {
            let tx = Tx::new(connection, &self.context, &self.door, self.door.clock.now());
            let value = (self.closure)(&tx)?;
            self.wakes = tx.into_wakes();
            Ok(value)
        });
        self.outcome.insert(outcome).as_ref().map_or(Verdict::Undo, |_| Verdict::Keep)
    }

    fn answer(self: Box<Self>, refusal: Option<Error>) {
        let outcome = refusal.map_or(self.outcome, |error| Some(Err(error)));
        if matches!(outcome, Some(Ok(_))) {
            self.wakes.iter().for_each(|wake| wake.bump());
        }
        self.door.metrics.waited(self.queued);
        // Nobody may be waiting any more; the effect stands all the same.
        let _ = self.reply.send(outcome.unwrap_or_else(never_run));
    }

    fn is_bounded(&self) -> bool {
        self.steps == Steps::Bounded
    }
}

/// A read: first tried in place, on the caller's stack, and only then boxed and sent away.
pub(crate) struct Read<F, T> {
    closure: F,
    context: Context,
    door: Arc<Door>,
    outcome: Option<Result<T>>,
    reply: Option<oneshot::Sender<Result<T>>>,
}

impl<F, T> Read<F, T>
where
    F: FnMut(&View<'_>) -> Result<T> + Send,
    T: Send,
{
    pub(crate) fn new(closure: F, context: &Context, door: &Arc<Door>) -> Self {
        Self { closure, context: door.context(context), door: Arc::clone(door), outcome: None, reply: None }
    }

    /// The outcome of a run in place.
    pub(crate) fn into_outcome(self) -> Result<T> {
        self.outcome.unwrap_or_else(never_run)
    }

    /// Ready to be sent away; what a run in place left behind is forgotten.
    pub(crate) fn boxed(mut self) -> (Box<Self>, oneshot::Receiver<Result<T>>) {
        let (reply, answer) = oneshot::channel();
        self.outcome = None;
        self.reply = Some(reply);
        (Box::new(self), answer)
    }
}

impl<F, T> Work for Read<F, T>
where
    F: FnMut(&View<'_>) -> Result<T> + Send,
    T: Send,
{
    fn run(&mut self, connection: &dyn Connection) -> Verdict {
        let outcome = guarded(&self.context, &self.door, || {
            let view =
                View { connection, context: &self.context, door: &self.door, now: self.door.clock.now() };
            (self.closure)(&view)
        });
        self.outcome.insert(outcome).as_ref().map_or(Verdict::Undo, |_| Verdict::Keep)
    }

    fn answer(self: Box<Self>, refusal: Option<Error>) {
        let outcome = refusal.map_or(self.outcome, |error| Some(Err(error)));
        if let Some(reply) = self.reply {
            // Nobody may be waiting any more.
            let _ = reply.send(outcome.unwrap_or_else(never_run));
        }
    }

    fn is_bounded(&self) -> bool {
        true
    }
}

/// Runs a closure unless its caller's time is up, and turns a panic in it into an error of its own.
fn guarded<T>(context: &Context, door: &Door, run: impl FnOnce() -> Result<T>) -> Result<T> {
    context.remaining(&door.clock)?;
    // What the closure logs belongs to its caller's trace, though it runs on another thread.
    let _working = work::enter(context.trace());
    // The closure's captures may be left half-changed by a panic: a work that panicked is not run again.
    let outcome = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let message = panic_message(panic.as_ref());
        tracing::error!(database = door.name.as_str(), panic = message, "a closure panicked at the door");
        Err(codes::PANICKED.because("the work failed unexpectedly", message.to_owned()))
    });
    if let Some(ledger) = context.queries() {
        let new = door.insight.record_repeated(ledger, context.trace().trace_id);
        door.metrics.repeated.inc_by(new);
    }
    outcome
}

fn panicked<T>(outcome: &Result<T>) -> bool {
    outcome.as_ref().is_err_and(|error| error.is(&codes::PANICKED))
}

fn never_run<T>() -> Result<T> {
    Err(codes::CLOSED.error("the database closed before the work was done"))
}
