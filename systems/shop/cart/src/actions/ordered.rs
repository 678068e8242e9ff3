//! A cart has become an order.

use mainstay_core::Result;
use mainstay_sql::Tx;

use crate::model::{CartId, CheckoutId, State};
use crate::store;

/// Notes that the checkout has sold the cart. A cart that is not there any more needs no note.
pub fn ordered(tx: &Tx<'_>, id: CartId, checkout: CheckoutId) -> Result<()> {
    let Some(mut cart) = store::cart(tx, id)? else { return Ok(()) };
    cart.state = State::Ordered(checkout);
    store::save(tx, &cart)
}
