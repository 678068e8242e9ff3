//! Asking again: after a random part of a growing wait (full jitter), within the caller's deadline, and only as long
//! as the budget lasts.
//!
//! The budget is what keeps retries from making an outage worse: each call pays in a fraction, each retry takes out a
//! whole, so that of many failing calls only that fraction is repeated.
//!
//! Only for calls that may be repeated: idempotent by nature, or by a key that the other side honours.

mod budget;

use std::future::Future;
use std::time::Duration;

use mainstay_core::{Clock, Context, Error, Result, Retry as Hint};
use mainstay_telemetry::{Counter, Registry};
use serde::{Deserialize, Serialize};

use budget::Budget;

/// When to ask again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetryOptions {
    /// All tries together; 1 never asks again. Default: 3.
    pub attempts: u32,
    /// The longest wait before the second try; it doubles with each. Default: 50.
    pub backoff_ms: u64,
    /// No wait is longer. Default: 2000.
    pub backoff_ms_max: u64,
    /// Share of all calls that may be retries. Default: 0.1.
    pub budget: f64,
}

impl Default for RetryOptions {
    fn default() -> Self {
        Self { attempts: 3, backoff_ms: 50, backoff_ms_max: 2_000, budget: 0.1 }
    }
}

/// Asks again on behalf of its callers, who share its budget.
pub struct Retry {
    options: RetryOptions,
    budget: Budget,
    clock: Clock,
    // A number from 0 to 1; a test gives its own.
    jitter: fn() -> f64,
    retries: Counter,
    given_up: [Counter; 3],
}

/// Why a failure was handed on although it was temporary.
#[derive(Clone, Copy)]
enum GivenUp {
    Attempts,
    Deadline,
    Budget,
}

impl Retry {
    pub fn new(name: &str, options: &RetryOptions, clock: &Clock, registry: &Registry) -> Self {
        let labels = [("dependency", name)];
        let given_up = ["attempts", "deadline", "budget"].map(|why| {
            let labels = [("dependency", name), ("why", why)];
            registry.counter(
                "resilience_retries_given_up",
                "Temporary failures that were not retried",
                &labels,
            )
        });
        Self {
            options: options.clone(),
            budget: Budget::new(options.budget, clock),
            clock: clock.clone(),
            jitter: rand::random::<f64>,
            retries: registry.counter("resilience_retries", "Calls that were made again", &labels),
            given_up,
        }
    }

    /// Takes the random part of the waits from `jitter`, which returns a number from 0 to 1.
    #[must_use]
    pub fn with_jitter(mut self, jitter: fn() -> f64) -> Self {
        self.jitter = jitter;
        self
    }

    /// Makes the call, and makes it again while its failure is temporary. The context that the call is given knows
    /// which attempt it is. What comes back at last is the outcome of the last call that was made.
    pub async fn run<T, C, F>(&self, ctx: &Context, call: C) -> Result<T>
    where
        C: Fn(Context) -> F,
        F: Future<Output = Result<T>>,
    {
        self.budget.deposit();
        let mut attempt = 1;
        loop {
            let context = if attempt == 1 { ctx.clone() } else { ctx.with_attempt(attempt) };
            let error = match call(context).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let Hint::After(hint) = error.retry() else { return Err(error) };
            let wait = hint + self.backoff(attempt);
            if let Some(why) = self.gives_up(ctx, attempt, wait) {
                self.given_up[why as usize].inc();
                return Err(error);
            }
            self.tell(ctx, attempt, wait, &error);
            self.clock.sleep(wait).await;
            attempt += 1;
        }
    }

    fn gives_up(&self, ctx: &Context, attempt: u32, wait: Duration) -> Option<GivenUp> {
        if attempt >= self.options.attempts {
            return Some(GivenUp::Attempts);
        }
        // A wait that ends after the caller has gone helps nobody.
        let in_time = ctx.remaining(&self.clock).is_ok_and(|left| left.is_none_or(|left| wait < left));
        if !in_time {
            return Some(GivenUp::Deadline);
        }
        (!self.budget.withdraw()).then_some(GivenUp::Budget)
    }

    fn backoff(&self, attempt: u32) -> Duration {
        let doubled =
            self.options.backoff_ms.saturating_mul(1_u64.checked_shl(attempt - 1).unwrap_or(u64::MAX));
        let longest = Duration::from_millis(doubled.min(self.options.backoff_ms_max));
        longest.mul_f64((self.jitter)().clamp(0.0, 1.0))
    }

    fn tell(&self, ctx: &Context, attempt: u32, wait: Duration, error: &Error) {
        self.retries.inc();
        tracing::debug!(
            attempt,
            wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            error = error.code(),
            trace = format_args!("{:032x}", ctx.trace().trace_id),
            "a call is made again"
        );
    }
}
