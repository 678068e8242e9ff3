//! Freeze a cart for one checkout.

use mainstay_access::Relation;
use mainstay_core::{Context, Principal, Result};
use mainstay_sql::Tx;
use shop_access_contracts::CART_LOCK;

use super::Carts;
use crate::codes::UNKNOWN;
use crate::model::{Cart, CartId, CheckoutId, OnLock, State, on_lock};
use crate::store;

/// Freezes the cart and answers what was frozen; a repeat of the same checkout answers the same. Services only, and
/// only for the buyer whose cart it is.
///
/// # Errors
/// `cart.checkout_running`, `cart.ordered`, `cart.unlocked`, `cart.empty`, `cart.incomplete`, `cart.unknown`.
pub async fn lock(carts: &Carts, ctx: &Context, id: CartId, checkout: CheckoutId) -> Result<Cart> {
    let buyer = buyer_behind(carts, ctx)?;
    let write = move |tx: &Tx<'_>| {
        let unknown = || UNKNOWN.error("there is no such cart");
        let mut cart = store::cart(tx, id)?.ok_or_else(unknown)?;
        // A login in the middle of a checkout gives the cart to the account; the session's checkout still holds it.
        let holds =
            matches!(cart.state, State::Locked(holder) | State::Ordered(holder) if holder == checkout);
        if !holds && buyer.as_ref().is_some_and(|buyer| *buyer != cart.owner) {
            return Err(unknown());
        }
        let called_off = store::is_called_off(tx, checkout)?;
        if on_lock(&cart, checkout, called_off)? == OnLock::Freeze {
            cart.state = State::Locked(checkout);
            store::save(tx, &cart)?;
        }
        Ok(cart)
    };
    let cart = carts.db.write(ctx, write).await?;
    carts.metrics.locked.inc();
    Ok(cart)
}

/// For whom the calling service asks. One that asks for nobody in particular is trusted with any cart.
fn buyer_behind(carts: &Carts, ctx: &Context) -> Result<Option<String>> {
    carts.access.require(ctx, CART_LOCK, Relation::Other)?;
    match ctx.on_behalf_of() {
        Some(Principal::Service(_)) | None => Ok(None),
        Some(person) => Ok(Some(person.to_string())),
    }
}
