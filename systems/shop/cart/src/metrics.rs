//! What the cart measures: how far buyers get.

use mainstay_telemetry::Registry;
use mainstay_telemetry::registry::Counter;

/// Handles to the service's metrics.
#[derive(Clone)]
pub struct Metrics {
    pub(crate) begun: Counter,
    pub(crate) items: Counter,
    pub(crate) not_sold: Counter,
    pub(crate) locked: Counter,
    pub(crate) unlocked: Counter,
}

impl Metrics {
    pub fn register(registry: &Registry) -> Self {
        let carts = |step| {
            let help = "Carts, by how far they got: begun, locked by a checkout, given back by one";
            registry.counter("cart_carts", help, &[("step", step)])
        };
        Self {
            begun: carts("begun"),
            locked: carts("locked"),
            unlocked: carts("unlocked"),
            items: registry.counter("cart_items_added", "Times that something was put into a cart", &[]),
            not_sold: registry.counter("cart_items_not_sold", "Things wanted that are not sold", &[]),
        }
    }
}
