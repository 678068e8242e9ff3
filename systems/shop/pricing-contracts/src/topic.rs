//! What the service publishes.

use mainstay_events::{Event, Topic};

use crate::v1::PricesChanged;

impl Event for PricesChanged {
    const TYPE: &'static str = "shop.pricing.v1.PricesChanged";
}

/// Prices of a list were set; keyed by the list's currency.
pub const TOPIC: Topic<PricesChanged> = Topic::new("shop.pricing.prices");
