//! A dependency with everything that stands in front of it, in the order that makes sense.

use std::future::Future;
use std::time::Duration;

use mainstay_core::{Clock, Context, Result};
use mainstay_telemetry::Registry;
use serde::{Deserialize, Serialize};

use crate::breaker::{Breaker, BreakerOptions};
use crate::bulkhead::{Bulkhead, BulkheadOptions};
use crate::retry::{Retry, RetryOptions};
use crate::timeout::within;

/// How a dependency is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The longest that one try may take. Default: 5000.
    pub timeout_ms: u64,
    pub retry: RetryOptions,
    pub breaker: BreakerOptions,
    pub bulkhead: BulkheadOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout_ms: 5_000,
            retry: RetryOptions::default(),
            breaker: BreakerOptions::default(),
            bulkhead: BulkheadOptions::default(),
        }
    }
}

/// Something outside that we call, such as a payment provider.
pub struct Dependency {
    retry: Retry,
    bulkhead: Bulkhead,
    breaker: Breaker,
    timeout: Duration,
    clock: Clock,
}

impl Dependency {
    pub fn new(name: &str, options: &Options, clock: &Clock, registry: &Registry) -> Self {
        Self {
            retry: Retry::new(name, &options.retry, clock, registry),
            bulkhead: Bulkhead::new(name, &options.bulkhead, clock, registry),
            breaker: Breaker::new(name, &options.breaker, clock, registry),
            timeout: Duration::from_millis(options.timeout_ms),
            clock: clock.clone(),
        }
    }

    /// Whether the breaker refuses calls now: for a health check that reports.
    pub fn is_left_alone(&self) -> bool {
        self.breaker.is_open()
    }

    /// Makes the call. Retries are outermost, so that each try is measured by the others; the bulkhead is outside of
    /// the breaker, so that waiting for a place does not count as sickness; the time limit is innermost, so that it
    /// is the other side's time and not the queue's.
    ///
    /// # Errors
    /// `resilience.*` when nothing was sent; `core.deadline` when the outcome is unknown; else what the call returns.
    pub async fn call<T, C, F>(&self, ctx: &Context, call: C) -> Result<T>
    where
        C: Fn(Context) -> F,
        F: Future<Output = Result<T>>,
    {
        self.retry
            .run(ctx, |ctx| {
                let call = &call;
                async move {
                    let limited = within(&ctx, &self.clock, self.timeout, call(ctx.clone()));
                    self.bulkhead.run(&ctx, self.breaker.run(limited)).await
                }
            })
            .await
    }
}
