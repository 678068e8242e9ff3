//! A connection's place among all that may be open. One that was handed on, such as a WebSocket, is bounded by whoever
//! took it.

use mainstay_telemetry::Gauge;
use tokio::sync::OwnedSemaphorePermit;

/// A connection's place; it is free again when this is dropped.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    open: Gauge,
}

impl Place {
    pub(super) fn new(permit: OwnedSemaphorePermit, open: Gauge) -> Self {
        open.inc();
        Self { _permit: permit, open }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.dec();
    }
}
