//! A cart has become an order.

use mainstay_core::Result;
use mainstay_sql::Tx;

use crate::model::{CartId, CheckoutId};
use crate::store;

/// Notes that the checkout has sold the cart, whatever state it is in: the order is a fact.
pub fn ordered(tx: &Tx<'_>, id: CartId, checkout: CheckoutId) -> Result<()> {
    store::set_ordered(tx, id, checkout)
}
