//! Say where the goods go.

use mainstay_core::{Context, Result};

use super::Carts;
use super::change::{Changed, change};
use crate::model::{Address, Cart, CartId};

/// Sets the address.
///
/// # Errors
/// `core.invalid` with a field for each fault, `cart.unknown`, `cart.checkout_running`, `cart.ordered`.
pub async fn set_address(carts: &Carts, ctx: &Context, id: CartId, address: Address) -> Result<Cart> {
    let address = address.check()?;
    change(carts, ctx, id, move |_, cart| {
        cart.address = Some(address.clone());
        Ok(Changed::Yes)
    })
    .await
}
