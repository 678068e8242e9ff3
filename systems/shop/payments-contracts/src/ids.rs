//! The kinds of ids that the contract speaks of. On the wire an id is its 16 bytes.

use mainstay_core::IdKind;

/// A payment; a checkout's has the checkout's bytes.
pub enum Payment {}
impl IdKind for Payment {
    const PREFIX: &'static str = "pay";
}

/// Money given back on a payment. Declared here, used by orders: payments knows nothing of orders.
pub enum Refund {}
impl IdKind for Refund {
    const PREFIX: &'static str = "rfd";
}
