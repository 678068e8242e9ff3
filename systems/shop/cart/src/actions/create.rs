//! Begin a cart.

use mainstay_core::{Context, Currency, Id, Result};

use super::Carts;
use crate::model::Cart;
use crate::store;

/// A new, empty cart of the caller.
///
/// # Errors
/// `core.forbidden` for staff and services.
pub async fn create(carts: &Carts, ctx: &Context, currency: Currency) -> Result<Cart> {
    let cart = Cart::new(Id::generate(carts.db.clock()), carts.buyer(ctx)?, currency);
    let write = move |tx: &mainstay_sql::Tx<'_>| {
        store::insert(tx, &cart)?;
        Ok(cart.clone())
    };
    let cart = carts.db.write(ctx, write).await?;
    carts.metrics.begun.inc();
    Ok(cart)
}
