//! What inventory measures: what becomes of reservations.

use mainstay_core::Result;
use mainstay_telemetry::Registry;
use mainstay_telemetry::registry::Counter;

use crate::codes::{HOLD_EXPIRED, OUT_OF_STOCK};

/// Handles to the service's metrics. A repeat of a request counts again: it is asked, and answered, again.
#[derive(Clone)]
pub struct Metrics {
    reserved: Counter,
    out_of_stock: Counter,
    committed: Counter,
    hold_expired: Counter,
    released: Counter,
    pub(crate) expired: Counter,
    pub(crate) adjustments: Counter,
}

impl Metrics {
    pub fn register(registry: &Registry) -> Self {
        let outcome = |outcome| {
            let help = "Reservations, by what became of them; refused ones by why";
            registry.counter("inventory_reservations", help, &[("outcome", outcome)])
        };
        Self {
            reserved: outcome("reserved"),
            out_of_stock: outcome("out_of_stock"),
            committed: outcome("committed"),
            hold_expired: outcome("hold_expired"),
            released: outcome("released"),
            expired: outcome("expired"),
            adjustments: registry.counter(
                "inventory_adjustments",
                "Adjustments of stock that were taken",
                &[],
            ),
        }
    }

    pub(crate) fn reserving(&self, outcome: &Result<()>) {
        match outcome {
            Ok(()) => {
                self.reserved.inc();
            }
            Err(error) if error.is(&OUT_OF_STOCK) => {
                self.out_of_stock.inc();
            }
            Err(_) => {}
        }
    }

    pub(crate) fn committing(&self, outcome: &Result<()>) {
        match outcome {
            Ok(()) => {
                self.committed.inc();
            }
            Err(error) if error.is(&HOLD_EXPIRED) => {
                self.hold_expired.inc();
            }
            Err(_) => {}
        }
    }

    pub(crate) fn releasing(&self, outcome: &Result<()>) {
        if outcome.is_ok() {
            self.released.inc();
        }
    }
}
