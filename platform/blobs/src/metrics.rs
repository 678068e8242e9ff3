//! What a service's objects measure.

use mainstay_core::{Error, Kind};
use mainstay_telemetry::Registry;
use mainstay_telemetry::registry::Counter;

/// Handles to the metrics of one service's objects.
#[derive(Clone, Debug)]
pub struct Metrics {
    pub(crate) stored: Counter,
    pub(crate) stored_bytes: Counter,
    pub(crate) read: Counter,
    pub(crate) read_bytes: Counter,
    pub(crate) deleted: Counter,
    failures: Counter,
}

impl Metrics {
    /// Registers them.
    pub fn register(registry: &Registry) -> Self {
        let counter = |name, help| registry.counter(name, help, &[]);
        Self {
            stored: counter("blobs_stored", "Objects that were stored"),
            stored_bytes: counter("blobs_stored_bytes", "Bytes of objects that were stored"),
            read: counter("blobs_read", "Objects that were begun to be read, whole or in part"),
            read_bytes: counter("blobs_read_bytes", "Bytes that were asked for of them"),
            deleted: counter("blobs_deleted", "Objects that were deleted"),
            failures: counter(
                "blobs_failures",
                "Times that the store failed: full, damaged, or not to be asked",
            ),
        }
    }

    /// For tests and tools: counted, and collected by nobody.
    pub fn unregistered() -> Self {
        Self::register(&Registry::new())
    }

    /// Counts what is the store's own failure. What a sender did wrong is none.
    pub(crate) fn failed(&self, error: &Error) {
        let is_own = matches!(
            error.kind(),
            Kind::ResourceExhausted | Kind::Unavailable | Kind::DataLoss | Kind::Internal | Kind::Unknown
        );
        if is_own {
            self.failures.inc();
        }
    }
}
