//! What a cache measures, by its name.

use mainstay_telemetry::Registry;
use mainstay_telemetry::registry::{Counter, Gauge};

/// Handles to one cache's metrics.
#[derive(Clone, Debug)]
pub struct Metrics {
    pub(crate) hits: Counter,
    pub(crate) stale: Counter,
    pub(crate) misses: Counter,
    pub(crate) joined: Counter,
    pub(crate) loads: Counter,
    pub(crate) failed_loads: Counter,
    pub(crate) refused_fills: Counter,
    pub(crate) invalidations: Counter,
    pub(crate) failures: Counter,
    pub(crate) evictions: Gauge,
    pub(crate) entries: Gauge,
    pub(crate) bytes: Gauge,
}

impl Metrics {
    /// Registers them under the cache's name.
    pub fn register(registry: &Registry, cache: &'static str) -> Self {
        let counter = |name, help| registry.counter(name, help, &[("cache", cache)]);
        let gauge = |name, help| registry.gauge(name, help, &[("cache", cache)]);
        Self {
            hits: counter("cache_hits", "Values told from the cache"),
            stale: counter(
                "cache_stale_hits",
                "Values told past their fresh time while they were loaded anew",
            ),
            misses: counter("cache_misses", "Values that were not there"),
            joined: counter("cache_joined_loads", "Callers who waited for another's load of the same value"),
            loads: counter("cache_loads", "Values read from their source"),
            failed_loads: counter("cache_failed_loads", "Loads that failed, panicked or took too long"),
            refused_fills: counter(
                "cache_refused_fills",
                "Loaded values that were changed before they were kept",
            ),
            invalidations: counter("cache_invalidations", "Tags that were invalidated"),
            failures: counter("cache_store_failures", "Times that the store could not be asked"),
            evictions: gauge("cache_evictions", "Entries that went because others needed their room"),
            entries: gauge("cache_entries", "Entries in the store"),
            bytes: gauge("cache_bytes", "Bytes in the store, with what each entry costs"),
        }
    }

    /// For tests and tools: counted, and collected by nobody.
    pub fn unregistered() -> Self {
        Self::register(&Registry::new(), "unregistered")
    }

    /// How many values were read from their source.
    pub fn loads(&self) -> u64 {
        self.loads.get()
    }
}
