//! What the service publishes.

use mainstay_events::{Event, Topic};

use crate::v1::PaymentChanged;

impl Event for PaymentChanged {
    const TYPE: &'static str = "shop.payments.v1.PaymentChanged";
}

/// A payment changed its state; keyed by the payment's id.
pub const TOPIC: Topic<PaymentChanged> = Topic::new("shop.payments.payment");
