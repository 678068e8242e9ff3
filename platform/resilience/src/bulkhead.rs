//! Bounds how many calls to one dependency are under way, so that a slow one cannot hold everything that we have.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mainstay_core::{Clock, Context, Error, Result};
use mainstay_telemetry::{Counter, Gauge, Registry};
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::codes::BULKHEAD_FULL;

/// When a caller that found it full may ask again.
const FULL_RETRY: Duration = Duration::from_millis(500);

/// How many at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BulkheadOptions {
    /// Calls under way at once. Default: 64.
    pub calls_max: usize,
    /// Callers that may wait for a place; the next is refused. Default: 256.
    pub waiting_max: usize,
}

impl Default for BulkheadOptions {
    fn default() -> Self {
        Self { calls_max: 64, waiting_max: 256 }
    }
}

/// A bounded number of places, shared by all callers of one dependency.
pub struct Bulkhead {
    name: String,
    places: Semaphore,
    waiting: AtomicUsize,
    waiting_max: usize,
    clock: Clock,
    in_use: Gauge,
    refused: Counter,
}

impl Bulkhead {
    pub fn new(name: &str, options: &BulkheadOptions, clock: &Clock, registry: &Registry) -> Self {
        let labels = [("dependency", name)];
        Self {
            name: name.to_owned(),
            places: Semaphore::new(options.calls_max.clamp(1, Semaphore::MAX_PERMITS)),
            waiting: AtomicUsize::new(0),
            waiting_max: options.waiting_max,
            clock: clock.clone(),
            in_use: registry.gauge("resilience_bulkhead_in_use", "Calls under way", &labels),
            refused: registry.counter(
                "resilience_bulkhead_refused",
                "Calls refused because it was full",
                &labels,
            ),
        }
    }

    /// Makes the call once there is a place.
    ///
    /// # Errors
    /// `resilience.bulkhead_full` when too many wait already, or when no place comes free before the caller's
    /// deadline; in both cases nothing was sent. Else what the call returns.
    pub async fn run<T>(&self, ctx: &Context, call: impl Future<Output = Result<T>>) -> Result<T> {
        let _place = self.enter(ctx).await?;
        self.in_use.inc();
        let _used = OnDrop(|| {
            self.in_use.dec();
        });
        call.await
    }

    async fn enter(&self, ctx: &Context) -> Result<SemaphorePermit<'_>> {
        if let Ok(place) = self.places.try_acquire() {
            return Ok(place);
        }
        let ahead = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _counted = OnDrop(|| {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        });
        if ahead >= self.waiting_max {
            return Err(self.full());
        }
        let place = match ctx.remaining(&self.clock)? {
            None => self.places.acquire().await,
            Some(left) => match self.clock.timeout(left, self.places.acquire()).await {
                Ok(place) => place,
                Err(_) => return Err(self.full()),
            },
        };
        // The semaphore is never closed.
        place.map_err(|_| self.full())
    }

    fn full(&self) -> Error {
        self.refused.inc();
        BULKHEAD_FULL.error(format!("too many calls to {} are under way", self.name)).retry_after(FULL_RETRY)
    }
}

/// Counts back however the call ends, also when its caller goes away.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
