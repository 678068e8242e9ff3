//! Say what to pay with.

use mainstay_core::{Context, Result};

use super::Carts;
use super::change::{Changed, change};
use crate::model::{Cart, CartId, PaymentToken};

/// Sets the means of payment.
///
/// # Errors
/// `core.invalid` for what cannot be a provider's token, `cart.unknown`, `cart.checkout_running`, `cart.ordered`.
pub async fn set_payment(carts: &Carts, ctx: &Context, id: CartId, token: &str) -> Result<Cart> {
    let token = PaymentToken::parse(token)?;
    change(carts, ctx, id, move |_, cart| {
        cart.payment = Some(token.clone());
        Ok(Changed::Yes)
    })
    .await
}
