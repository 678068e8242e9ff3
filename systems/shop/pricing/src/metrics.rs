//! What pricing measures: baskets that it prices, and those that it has no price for.

use mainstay_core::Result;
use mainstay_telemetry::Registry;
use mainstay_telemetry::registry::Counter;

use crate::codes::{PRICE_MISSING, SHIPPING_UNKNOWN};

/// Handles to the service's metrics.
#[derive(Clone)]
pub struct Metrics {
    priced: Counter,
    price_missing: Counter,
    shipping_unknown: Counter,
    refused: Counter,
    pub(crate) prices_set: Counter,
}

impl Metrics {
    pub fn register(registry: &Registry) -> Self {
        let quotes = |outcome| {
            registry.counter("pricing_quotes", "Baskets to price, by outcome", &[("outcome", outcome)])
        };
        Self {
            priced: quotes("priced"),
            price_missing: quotes("price_missing"),
            shipping_unknown: quotes("shipping_unknown"),
            refused: quotes("refused"),
            prices_set: registry.counter("pricing_prices_set", "Prices that were set", &[]),
        }
    }

    pub(crate) fn quoted<T>(&self, outcome: &Result<T>) {
        let counter = match outcome {
            Ok(_) => &self.priced,
            Err(error) if error.is(&PRICE_MISSING) => &self.price_missing,
            Err(error) if error.is(&SHIPPING_UNKNOWN) => &self.shipping_unknown,
            Err(_) => &self.refused,
        };
        counter.inc();
    }
}
