//! What the cart consumes: logins, which make a visitor's cart a customer's, and orders, which end a cart.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Id, Result};
use mainstay_events::{Consumer, EventSource, Subscription};
use shop_auth_contracts::LoggedIn;
use shop_orders_contracts::{OrderEvent, order_event::Fact};

use crate::actions;

/// Follows the logins that auth tells.
pub fn logins(auth: Arc<dyn EventSource>) -> Consumer {
    Subscription::new("shop.cart.logins", &shop_auth_contracts::TOPIC, auth).handle(
        |tx, _, _, event: LoggedIn| -> Result<()> {
            if event.anonymous_session_id.is_empty() {
                return Ok(());
            }
            let account = Id::try_from_slice(&event.account_id)?;
            let session = Id::try_from_slice(&event.anonymous_session_id)?;
            actions::logged_in(tx, account, session)
        },
    )
}

/// The cart is frozen since its checkout began; that it has become an order is for its next reader.
const PACE: Duration = Duration::from_millis(10);

/// Follows the orders that were placed. Each concerns a cart of its own and setting it again changes nothing, so their
/// order does not matter and one that cannot be read holds up no other.
pub fn orders(orders: Arc<dyn EventSource>) -> Consumer {
    Subscription::new("shop.cart.orders", &shop_orders_contracts::TOPIC, orders)
        .commuting()
        .pace(PACE)
        .handle(|tx, _, _, event: OrderEvent| -> Result<()> {
            let Some(Fact::Placed(placed)) = event.fact else { return Ok(()) };
            let cart = Id::try_from_slice(&placed.cart_id)?;
            let checkout = Id::try_from_slice(&placed.checkout_id)?;
            actions::ordered(tx, cart, checkout)
        })
}
