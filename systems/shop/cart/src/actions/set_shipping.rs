//! Say how the goods go.

use mainstay_core::{Context, Result};

use super::Carts;
use super::change::{Changed, change};
use crate::model::{Cart, CartId, check_shipping_method};

/// Sets the shipping method. Whether it goes to the address is found out when the cart is priced, since either may
/// change until then.
///
/// # Errors
/// `core.invalid` for what cannot be a method, `cart.unknown`, `cart.checkout_running`, `cart.ordered`.
pub async fn set_shipping(carts: &Carts, ctx: &Context, id: CartId, method: String) -> Result<Cart> {
    check_shipping_method(&method)?;
    change(carts, ctx, id, move |_, cart| {
        cart.shipping_method = Some(method.clone());
        Ok(Changed::Yes)
    })
    .await
}
