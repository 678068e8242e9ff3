//! The kinds of ids that the contract speaks of. On the wire an id is its 16 bytes.

use mainstay_core::IdKind;

/// A hold on pieces; a checkout's has the checkout's bytes.
pub enum Reservation {}
impl IdKind for Reservation {
    const PREFIX: &'static str = "rsv";
}
