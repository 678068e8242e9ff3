//! What every change of a cart has in common: it is the caller's, it is open, and it is read and written in one
//! transaction, so that changes that come at once all count.

use mainstay_core::{Context, Result};
use mainstay_sql::{Tx, View};

use super::Carts;
use crate::codes::UNKNOWN;
use crate::model::{Cart, CartId};
use crate::store;

/// Whether a change found anything to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// The cart is another one now.
    Yes,
    /// It was so already.
    No,
}

/// Changes the caller's cart and answers it as it is then. `change` changes the cart that it is given and writes the
/// lines that it changes; the rest is written for it.
pub async fn change<F>(carts: &Carts, ctx: &Context, id: CartId, mut change: F) -> Result<Cart>
where
    F: FnMut(&Tx<'_>, &mut Cart) -> Result<Changed> + Send + 'static,
{
    let owner = carts.buyer(ctx)?;
    let write = move |tx: &Tx<'_>| {
        let mut cart = owned(tx, id, &owner)?;
        cart.require_open()?;
        if change(tx, &mut cart)? == Changed::Yes {
            cart.version += 1;
            store::save(tx, &cart)?;
        }
        Ok(cart)
    };
    carts.db.write(ctx, write).await
}

/// The caller's cart.
///
/// # Errors
/// `cart.unknown` for a cart that does not exist or is somebody else's.
pub fn owned(view: &View<'_>, id: CartId, owner: &str) -> Result<Cart> {
    store::cart(view, id)?
        .filter(|cart| cart.owner == owner)
        .ok_or_else(|| UNKNOWN.error("there is no such cart"))
}
