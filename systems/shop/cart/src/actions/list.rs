//! Show a buyer's carts.

use mainstay_core::{Context, Result};

use super::Carts;
use crate::model::Cart;
use crate::store;

/// Most carts that a list shows, the oldest first; a buyer has one or two.
const CARTS_MAX: u32 = 50;

/// The caller's carts that are open or being bought, without what they cost.
///
/// # Errors
/// `core.forbidden` for staff and services.
pub async fn list(carts: &Carts, ctx: &Context) -> Result<Vec<Cart>> {
    let owner = carts.buyer(ctx)?;
    carts.db.read(ctx, move |view| store::carts_of(view, &owner, CARTS_MAX)).await
}
