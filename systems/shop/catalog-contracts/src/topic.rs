//! What the service publishes.

use mainstay_events::{Event, Topic};

use crate::v1::ProductChanged;

impl Event for ProductChanged {
    const TYPE: &'static str = "shop.catalog.v1.ProductChanged";
}

/// A product was created or replaced; keyed by the product's id.
pub const TOPIC: Topic<ProductChanged> = Topic::new("shop.catalog.product");
