//! Change how many pieces of a variant are in a cart, down to none.

use mainstay_core::{Context, Result};

use super::Carts;
use super::change::{Changed, change};
use crate::model::{Cart, CartId, VariantId};
use crate::store;

/// Makes a line's quantity what the buyer says; nothing takes it out.
///
/// # Errors
/// `cart.line_unknown`, `core.invalid` for a bad quantity, `cart.unknown`, `cart.checkout_running`, `cart.ordered`.
pub async fn set_quantity(
    carts: &Carts,
    ctx: &Context,
    id: CartId,
    variant: VariantId,
    quantity: u32,
) -> Result<Cart> {
    change(carts, ctx, id, move |tx, cart| {
        let cart_id = cart.id;
        match cart.set_quantity(variant, quantity)? {
            Some(line) => store::put_line(tx, cart_id, line)?,
            None => store::delete_line(tx, cart_id, variant)?,
        }
        Ok(Changed::Yes)
    })
    .await
}

/// Takes a line out; one that is not there is out already.
///
/// # Errors
/// `cart.unknown`, `cart.checkout_running`, `cart.ordered`.
pub async fn remove_item(carts: &Carts, ctx: &Context, id: CartId, variant: VariantId) -> Result<Cart> {
    change(carts, ctx, id, move |tx, cart| {
        if !cart.remove(variant) {
            return Ok(Changed::No);
        }
        store::delete_line(tx, cart.id, variant)?;
        Ok(Changed::Yes)
    })
    .await
}
