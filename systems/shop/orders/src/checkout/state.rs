//! What a checkout knows, as it is stored after each step.

use std::sync::Arc;

use mainstay_core::{Id, Money, Result, Timestamp, codes};
use serde::{Deserialize, Serialize};
use shop_cart_contracts::Cart;
use shop_inventory_contracts::Reservation;
use shop_orders_contracts::{Checkout, Order};
use shop_payments_contracts::Payment;

use crate::model::{Order as PlacedOrder, Owner, Sale};

/// Stored with every step of a run: fields may be added with a default, never removed or changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckoutState {
    pub checkout_id: Id<Checkout>,
    pub owner: Owner,
    pub cart_id: Id<Cart>,
    /// The total that the buyer saw, if the caller said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_total: Option<Money>,
    /// When the order counts as placed, in a replay; else when it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replayed_at: Option<Timestamp>,
    /// How long the goods are held for this buyer.
    pub hold_until: Timestamp,
    /// The provider's token for the means of payment; emptied once it has been used.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub payment_token: String,
    /// Set when the prices are fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale: Option<Arc<Sale>>,
    /// Set when the order is placed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub order_number: String,
    /// Set with the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_at: Option<Timestamp>,
    /// Whether the provider set the amount aside for this checkout.
    #[serde(default)]
    pub authorised: bool,
}

impl CheckoutState {
    pub fn reservation_id(&self) -> Id<Reservation> {
        self.checkout_id.twin()
    }

    pub fn payment_id(&self) -> Id<Payment> {
        self.checkout_id.twin()
    }

    pub fn order_id(&self) -> Id<Order> {
        self.checkout_id.twin()
    }

    /// The order as it was placed; `None` before.
    pub fn order(&self) -> Option<PlacedOrder> {
        Some(PlacedOrder {
            id: self.order_id(),
            number: self.order_number.clone(),
            checkout_id: self.checkout_id,
            placed_at: self.placed_at?,
            sale: self.sale.clone()?,
            paid: None,
            refunds: Vec::new(),
        })
    }

    /// The sale; an error of ours when the prices are not fixed yet.
    pub fn sale(&self) -> Result<&Arc<Sale>> {
        self.sale.as_ref().ok_or_else(|| codes::INTERNAL.error("a checkout went on without fixed prices"))
    }
}
