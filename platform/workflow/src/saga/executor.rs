//! Carries a run from where it stands to its end, its next sleep, or a stand.
//!
//! One loop: make an attempt at the present position, write what came of it, go on from there. Everything between two
//! writes may happen again; nothing before a write is relied on after a crash. Where a step allows it, its outcome is
//! written with that of the next one.

mod fail;
mod finish;
mod unwritten;
mod wait;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use mainstay_core::{Context, Id, Result, Stopwatch, Timestamp, work};
use mainstay_telemetry::{SpanGuard, SpanName};

use self::fail::Unreadable;
use self::finish::Finished;
use self::unwritten::Unwritten;
use super::attempt::attempt;
use super::commit::Uncommitted;
use super::definition::{Definition, State};
use super::dispatcher::{Core, Term};
use super::load::{self, Live, LiveRow, Stored};
use super::metrics::SagaMetrics;
use super::position::{Position, Standing};
use super::runs;
use super::status::{RunKind, RunState, Snapshot, recorded};
use super::step::Progress;
use super::step_context::StepContext;
use super::watch::Watchers;
use crate::codes::TIMED_OUT;

/// A pause up to this long is spent in the run's place; a longer one gives the place to another run.
const SHORT_PAUSE: Duration = Duration::from_millis(250);

/// The least that a wait takes, so that a step which waits for a time gone by does not run hot.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);

/// A definition at work.
pub(super) struct Executor<S: State> {
    pub definition: Definition<S>,
    pub names: Arc<[&'static str]>,
    pub pivot: usize,
    pub watchers: Watchers<S>,
    pub core: Arc<Core>,
    pub metrics: SagaMetrics,
}

/// A definition at work, for those who do not know the type of its state.
pub(super) trait Runnable: Send + Sync {
    fn name(&self) -> &'static str;
    fn version(&self) -> u32;
    fn shape(&self) -> String;
    /// Carries a run on. Returns whether the table tells when it is next to be taken up; if not, it is to be read again.
    fn carry(self: Arc<Self>, stored: Stored, term: Arc<Term>) -> BoxFuture<'static, bool>;
}

impl<S: State> Runnable for Executor<S> {
    fn name(&self) -> &'static str {
        self.definition.name
    }

    fn version(&self) -> u32 {
        self.definition.version
    }

    fn shape(&self) -> String {
        self.definition.shape()
    }

    fn carry(self: Arc<Self>, stored: Stored, term: Arc<Term>) -> BoxFuture<'static, bool> {
        Box::pin(async move {
            let unreadable = Unreadable::of(&stored);
            if stored.fresh {
                self.metrics.started.inc();
            }
            match load::live::<S>(stored, &self.names, self.pivot) {
                Ok(Live { row, standing, state, json, last_signal }) => {
                    let flight =
                        Flight { executor: self, term, row, standing, json, last_signal, unwritten: None };
                    flight.fly(state).await
                }
                Err(error) => unreadable.park(&self, &term, &error).await,
            }
        })
    }
}

impl<S: State> Executor<S> {
    /// The run as the table has it; `None` when it is not there (yet, or any more).
    pub async fn look(&self, ctx: &Context, run: Id<RunKind>) -> Result<Option<Snapshot<S>>> {
        let found = self.core.db.read(ctx, move |view| {
            let Some(row) = runs::find(view, run)? else { return Ok(None) };
            load::stored(view, row, false).map(Some)
        });
        let Some(stored) = found.await? else { return Ok(None) };
        let live: Live<S> = load::live(stored, &self.names, self.pivot)?;
        Ok(Some(self.snapshot(&live.row.shown, &live.standing, &live.state)))
    }

    fn snapshot(&self, shown: &RunState, standing: &Standing, state: &S) -> Snapshot<S> {
        Snapshot {
            state: shown.clone(),
            data: state.clone(),
            names: Arc::clone(&self.names),
            recorded: recorded(standing, shown, self.names.len()),
        }
    }
}

/// Whether the run goes on in this task, and with which state.
enum Flow<S> {
    Onward(S),
    After(Duration, S),
    Landed,
}

/// A run in this task's hands.
struct Flight<S: State> {
    executor: Arc<Executor<S>>,
    term: Arc<Term>,
    row: LiveRow,
    standing: Standing,
    /// The state as it is stored, to see whether it changed and to go back to after a failed attempt.
    json: Arc<str>,
    last_signal: i64,
    unwritten: Option<Unwritten<S>>,
}

impl<S: State> Flight<S> {
    async fn fly(mut self, mut state: S) -> bool {
        while !self.term.is_over() {
            let flow = match self.standing.position {
                Position::Forward(place) => self.forward(place, state).await,
                Position::Back(place) => self.back(place, state).await,
            };
            state = match flow {
                Ok(Flow::Onward(state)) => state,
                Ok(Flow::After(pause, state)) => {
                    self.term.db.clock().sleep(pause).await;
                    state
                }
                Ok(Flow::Landed) => return true,
                Err(Uncommitted::Lost) => return false,
                Err(Uncommitted::Refused(error)) => {
                    // Only writes with nothing of the author's in them come here, and those are not refused.
                    tracing::error!(saga.run = %self.row.run, error = error.chain(), "a run was dropped");
                    return false;
                }
            };
        }
        false
    }

    async fn forward(&mut self, place: usize, mut state: S) -> Result<Flow<S>, Uncommitted> {
        let executor = Arc::clone(&self.executor);
        let step = &executor.definition.steps[place];
        let began = self.term.db.clock().now();
        let mut limit = step.policy().timeout;
        if let Some(deadline) = self.deadline(place) {
            if began >= deadline {
                let error =
                    TIMED_OUT.error(format!("it was not past {} in time", executor.names[executor.pivot]));
                if let Some(flow) = self.catch_up().await? {
                    return Ok(flow);
                }
                return self.turn_back(place, began, &error).await;
            }
            limit = limit.min(deadline.since(began));
        }
        let mut span = self.span(step.name());
        let cx = Arc::new(self.step_context(step.name(), span.context(), limit));
        let watch = Stopwatch::start();
        let working = work::traced(cx.context.trace(), step.run(&cx, &mut state));
        let outcome = attempt(cx.clock(), limit, cx.run, step.name(), working).await;
        executor.metrics.attempt.observe(watch.elapsed().as_secs_f64());
        match span.note(outcome) {
            Ok(Progress::Done) if step.is_written_with_next() => {
                Ok(self.write_with_next(Finished { place, began, cx, span }, state))
            }
            Ok(Progress::Done) => self.finish(Finished { place, began, cx, span }, state).await,
            Ok(Progress::WaitFor { signal, until }) => self.wait(place, began, state, signal, until).await,
            Err(error) => self.failed(place, began, error).await,
        }
    }

    async fn back(&mut self, place: usize, mut state: S) -> Result<Flow<S>, Uncommitted> {
        let executor = Arc::clone(&self.executor);
        let step = &executor.definition.steps[place];
        let began = self.term.db.clock().now();
        let limit = step.policy().timeout;
        let mut span = self.span(("undo", step.name()));
        let cx = Arc::new(self.step_context(step.name(), span.context(), limit));
        let watch = Stopwatch::start();
        let working = work::traced(cx.context.trace(), step.undo(&cx, &mut state));
        let outcome = attempt(cx.clock(), limit, cx.run, step.name(), working).await;
        executor.metrics.attempt.observe(watch.elapsed().as_secs_f64());
        match span.note(outcome) {
            Ok(()) => self.finish(Finished { place, began, cx, span }, state).await,
            Err(error) => self.failed(place, began, error).await,
        }
    }

    /// Until when the run must be past its pivot, where that still counts: not once the pivot may have happened.
    fn deadline(&self, place: usize) -> Option<Timestamp> {
        let pivot = self.executor.pivot;
        let undecided = place < pivot || (place == pivot && !self.standing.unknown);
        self.row.deadline.filter(|_| undecided)
    }

    /// Around one attempt. A run that slept goes on in the trace of whoever started it.
    fn span(&self, name: impl Into<SpanName>) -> SpanGuard {
        let mut span = mainstay_telemetry::span(&self.row.context, name);
        span.set_service(self.term.db.label());
        span.set("saga.run", &self.row.run);
        if span.is_drawn() {
            span.set("saga.name", self.executor.definition.name);
            span.set("saga.attempt", i64::from(self.standing.attempts + 1));
        }
        span
    }

    fn step_context(&self, step: &'static str, context: Context, limit: Duration) -> StepContext {
        let attempt = self.standing.attempts + 1;
        let context = if attempt > 1 { context.with_attempt(attempt) } else { context };
        StepContext {
            attempt,
            waiting_until: self.standing.waiting_until,
            ..self.first_context(step, context, limit)
        }
    }

    /// The context of a first attempt, at any step.
    fn first_context(&self, step: &'static str, context: Context, limit: Duration) -> StepContext {
        StepContext {
            run: self.row.run,
            number: self.row.number,
            step,
            attempt: 1,
            started_at: self.row.started_at,
            waiting_until: None,
            context: context.with_deadline(self.term.db.clock().monotonic() + limit),
            db: self.term.db.clone(),
        }
    }

    /// Tells whoever watches the run where it is.
    fn tell(&mut self, shown: RunState, state: &S) {
        self.row.shown = shown;
        self.executor
            .watchers
            .tell(self.row.run, || self.executor.snapshot(&self.row.shown, &self.standing, state));
    }
}
