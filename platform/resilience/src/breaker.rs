//! Leaves a sick dependency alone. When too large a part of recent calls failed, further ones are refused at once;
//! after a while a single probe is let through, and its outcome decides.
//!
//! A refusal by the other side (a declined card) is an answer and not sickness: only failures after which the outcome
//! is unknown, or which say that the other side is broken or overloaded, count.

mod window;

use std::future::Future;
use std::time::Duration;

use mainstay_core::{Clock, Error, Kind, Monotonic, Result};
use mainstay_telemetry::{Counter, Gauge, Registry};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::codes::BREAKER_OPEN;
use window::Window;

/// When to leave the other side alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BreakerOptions {
    /// Share of failed calls at which it opens. Default: 0.5.
    pub failures: f64,
    /// With fewer calls than this in the window it stays closed: two of three prove nothing. Default: 10.
    pub calls_min: u32,
    /// How far back calls count. Default: 10000.
    pub window_ms: u64,
    /// How long it stays open before the probe. Default: 5000.
    pub open_ms: u64,
}

impl Default for BreakerOptions {
    fn default() -> Self {
        Self { failures: 0.5, calls_min: 10, window_ms: 10_000, open_ms: 5_000 }
    }
}

/// A circuit breaker, shared by all callers of one dependency.
pub struct Breaker {
    options: BreakerOptions,
    clock: Clock,
    state: Mutex<State>,
    metrics: Metrics,
    name: String,
}

enum State {
    Closed(Window),
    Open {
        until: Monotonic,
    },
    /// The probe is under way.
    Probing,
}

struct Metrics {
    /// 0 closed, 1 open or probing.
    open: Gauge,
    opened: Counter,
    refused: Counter,
}

impl Breaker {
    pub fn new(name: &str, options: &BreakerOptions, clock: &Clock, registry: &Registry) -> Self {
        let labels = [("dependency", name)];
        let metrics = Metrics {
            open: registry.gauge("resilience_breaker_open", "1 while calls are refused", &labels),
            opened: registry.counter("resilience_breaker_opened", "How often the breaker opened", &labels),
            refused: registry.counter("resilience_breaker_refused", "Calls that were refused", &labels),
        };
        let window = Window::new(Duration::from_millis(options.window_ms), clock.monotonic());
        Self {
            options: options.clone(),
            clock: clock.clone(),
            state: Mutex::new(State::Closed(window)),
            metrics,
            name: name.to_owned(),
        }
    }

    /// Whether calls are refused now.
    pub fn is_open(&self) -> bool {
        !matches!(*self.state.lock(), State::Closed(_))
    }

    /// Makes the call unless the breaker is open.
    ///
    /// # Errors
    /// `resilience.breaker_open`, with the time of the next probe as the retry hint; else what the call returns.
    pub async fn run<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let admitted = self.admit()?;
        let outcome = call.await;
        admitted.report(outcome.as_ref().err().is_none_or(|error| !is_sickness(error)));
        outcome
    }

    fn admit(&self) -> Result<Admitted<'_>> {
        let now = self.clock.monotonic();
        let mut state = self.state.lock();
        let wait = match &*state {
            State::Closed(_) => return Ok(Admitted { breaker: self, probe: false, reported: false }),
            State::Open { until } if *until <= now => {
                *state = State::Probing;
                return Ok(Admitted { breaker: self, probe: true, reported: false });
            }
            State::Open { until } => until.since(now),
            // The probe may take its time; this is a guess that costs one more question.
            State::Probing => Duration::from_millis(self.options.open_ms),
        };
        drop(state);
        self.metrics.refused.inc();
        Err(BREAKER_OPEN.error(format!("{} failed too often and is left alone", self.name)).retry_after(wait))
    }

    fn report(&self, probe: bool, well: bool) {
        let now = self.clock.monotonic();
        let mut state = self.state.lock();
        match (&mut *state, probe) {
            (State::Closed(window), _) => {
                window.record(now, well);
                let (calls, failed) = window.totals(now);
                let share = f64::from(failed) / f64::from(calls.max(1));
                if calls >= self.options.calls_min && share >= self.options.failures {
                    *state = self.opened(now);
                }
            }
            (State::Probing, true) if well => {
                *state = State::Closed(Window::new(Duration::from_millis(self.options.window_ms), now));
                self.metrics.open.set(0);
                tracing::info!(dependency = self.name, "the dependency answers again");
            }
            (State::Probing, true) => *state = self.opened(now),
            // A call that began before it opened says nothing new.
            (State::Open { .. } | State::Probing, _) => {}
        }
    }

    fn opened(&self, now: Monotonic) -> State {
        self.metrics.open.set(1);
        self.metrics.opened.inc();
        tracing::warn!(dependency = self.name, "the dependency failed too often and is left alone");
        State::Open { until: now + Duration::from_millis(self.options.open_ms) }
    }
}

/// A call that was let through. When it is dropped without a report (its caller went away) a probe counts as failed,
/// or nobody would ever probe again; any other call counts as nothing.
struct Admitted<'a> {
    breaker: &'a Breaker,
    probe: bool,
    reported: bool,
}

impl Admitted<'_> {
    fn report(mut self, well: bool) {
        self.reported = true;
        self.breaker.report(self.probe, well);
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        if self.probe && !self.reported {
            self.breaker.report(true, false);
        }
    }
}

/// Whether the failure says that the other side is not well, rather than that it said no.
fn is_sickness(error: &Error) -> bool {
    match error.kind() {
        Kind::Unknown
        | Kind::DeadlineExceeded
        | Kind::ResourceExhausted
        | Kind::Internal
        | Kind::Unavailable
        | Kind::DataLoss => true,
        Kind::Cancelled
        | Kind::InvalidArgument
        | Kind::NotFound
        | Kind::AlreadyExists
        | Kind::PermissionDenied
        | Kind::FailedPrecondition
        | Kind::Aborted
        | Kind::OutOfRange
        | Kind::Unimplemented
        | Kind::Unauthenticated => false,
    }
}
