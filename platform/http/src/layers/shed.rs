//! Refuses requests beyond a number in flight. A queue would only make everybody late: whoever waits longer than the
//! caller's patience is worked on for nobody.

use mainstay_telemetry::Counter;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::codes::OVERLOADED;
use crate::metrics::Metrics;
use crate::problem::Problem;

/// Bounds the requests in flight.
pub(crate) struct Shed {
    places: Semaphore,
    shed: Counter,
}

impl Shed {
    pub(super) fn new(in_flight_max: usize, metrics: &Metrics) -> Self {
        let places = Semaphore::new(in_flight_max.min(Semaphore::MAX_PERMITS));
        Self { places, shed: metrics.shed.clone() }
    }

    /// A place among those in flight, for as long as it is held.
    pub(super) fn place(&self) -> Result<SemaphorePermit<'_>, Problem> {
        self.places.try_acquire().map_err(|_| {
            self.shed.inc();
            OVERLOADED.error("too many requests are worked on already").into()
        })
    }
}
