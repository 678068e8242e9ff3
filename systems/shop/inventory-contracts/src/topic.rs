//! What the service publishes.

use mainstay_events::{Event, Topic};

use crate::v1::StockChanged;

impl Event for StockChanged {
    const TYPE: &'static str = "shop.inventory.v1.StockChanged";
}

/// A variant's level changed; keyed by the variant's id.
pub const TOPIC: Topic<StockChanged> = Topic::new("shop.inventory.stock");
