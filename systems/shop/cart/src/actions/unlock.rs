//! Thaw a cart, or see to it that it is never frozen.

use mainstay_access::Relation;
use mainstay_core::{Context, Result};
use mainstay_sql::Tx;
use shop_access_contracts::CART_LOCK;

use super::Carts;
use crate::model::{CartId, CheckoutId, OnUnlock, State, on_unlock};
use crate::store;

/// Thaws the cart if this checkout holds it, and records that it has let go, so that a late Lock is refused. Services
/// only. A cart that does not exist, or that another checkout holds, is left as it is.
pub async fn unlock(carts: &Carts, ctx: &Context, id: CartId, checkout: CheckoutId) -> Result<()> {
    carts.access.require(ctx, CART_LOCK, Relation::Other)?;
    let write = move |tx: &Tx<'_>| {
        store::call_off(tx, checkout)?;
        if let Some(mut cart) = store::cart(tx, id)?
            && on_unlock(&cart, checkout) == OnUnlock::Thaw
        {
            cart.state = State::Open;
            store::save(tx, &cart)?;
        }
        Ok(())
    };
    carts.db.write(ctx, write).await?;
    carts.metrics.unlocked.inc();
    Ok(())
}
