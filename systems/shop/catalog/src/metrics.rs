//! What the catalogue measures.

use std::time::Duration;

use mainstay_telemetry::Registry;
use mainstay_telemetry::registry::{Counter, Histogram, LATENCY_SECONDS};

/// Handles to the service's metrics. Those of its cache are the cache's own.
#[derive(Clone)]
pub struct Metrics {
    search_seconds: Histogram,
    found: Counter,
    corrected: Counter,
    nothing: Counter,
    pub(crate) products_changed: Counter,
    pub(crate) variants_changed: Counter,
}

impl Metrics {
    pub fn register(registry: &Registry) -> Self {
        let searches = |outcome| {
            let help = "Searches by words, by whether they found what was typed, what was meant, or nothing";
            registry.counter("catalog_searches", help, &[("outcome", outcome)])
        };
        let seconds = "How long a search took, in seconds";
        Self {
            search_seconds: registry.histogram("catalog_search_seconds", seconds, &[], LATENCY_SECONDS),
            found: searches("found"),
            corrected: searches("corrected"),
            nothing: searches("nothing"),
            products_changed: registry.counter(
                "catalog_products_changed",
                "Products created or changed",
                &[],
            ),
            variants_changed: registry.counter(
                "catalog_variants_changed",
                "Variants created, changed or removed",
                &[],
            ),
        }
    }

    /// A search by words came to an end.
    pub fn searched(&self, took: Duration, total: usize, corrected: bool) {
        self.search_seconds.observe(took.as_secs_f64());
        let outcome = match (total, corrected) {
            (0, _) => &self.nothing,
            (_, true) => &self.corrected,
            (_, false) => &self.found,
        };
        outcome.inc();
    }
}
