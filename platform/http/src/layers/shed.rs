//! Refuses requests beyond a number in flight. A queue would only make everybody late: whoever waits longer than the
//! caller's patience is worked on for nobody.

use axum::response::Response;
use mainstay_telemetry::Counter;
use tokio::sync::Semaphore;

use crate::codes::OVERLOADED;
use crate::layers::Handle;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::visit::Exchange;

/// Bounds the requests in flight.
pub(crate) struct Shed<S> {
    next: S,
    places: Semaphore,
    shed: Counter,
}

impl<S> Shed<S> {
    pub(super) fn new(next: S, in_flight_max: usize, metrics: &Metrics) -> Self {
        let places = Semaphore::new(in_flight_max.min(Semaphore::MAX_PERMITS));
        Self { next, places, shed: metrics.shed.clone() }
    }
}

impl<S: Handle> Handle for Shed<S> {
    async fn handle(&self, exchange: &mut Exchange) -> Result<Response, Problem> {
        let Ok(_place) = self.places.try_acquire() else {
            self.shed.inc();
            return Err(OVERLOADED.error("too many requests are worked on already").into());
        };
        self.next.handle(exchange).await
    }
}
