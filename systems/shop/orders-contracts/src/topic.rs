//! What the service publishes.

use mainstay_events::{Event, Topic};

use crate::v1::OrderEvent;

impl Event for OrderEvent {
    const TYPE: &'static str = "shop.orders.v1.OrderEvent";
}

/// Something happened to an order or a checkout; keyed by the order's id.
pub const TOPIC: Topic<OrderEvent> = Topic::new("shop.orders.order");
