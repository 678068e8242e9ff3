//! Put pieces of a variant into a cart.

use mainstay_core::{Context, Result};
use mainstay_http::IdempotencyKey;
use mainstay_http::idempotency::{Answer, Begun, RequestHash, Slot, begin, finish};
use mainstay_rpc::{answer, request};
use mainstay_sql::Tx;
use shop_catalog_contracts::{GetVariantsRequest, v1::Variant};

use super::Carts;
use super::change::{Changed, change};
use crate::codes::NOT_SOLD;
use crate::model::{Cart, CartId, VariantId};
use crate::store;

/// What keys of this use case are scoped to, beside the caller.
const ROUTE: &str = "POST /v1/carts/{cart}/items";

/// What to put in.
#[derive(Clone, Debug)]
pub struct NewItem {
    /// Of what.
    pub variant: VariantId,
    /// How many pieces.
    pub quantity: u32,
    /// With a key, a repeat of the request puts nothing in again. Without one it does: that is what adding means.
    pub key: Option<IdempotencyKey>,
}

/// Puts pieces in; to those of the same variant that are there already they add.
///
/// # Errors
/// `cart.not_sold`, `core.invalid` for a bad quantity, `cart.too_large` beyond the bounds,
/// `cart.unknown`, `cart.checkout_running`, `cart.ordered`.
pub async fn add_item(carts: &Carts, ctx: &Context, id: CartId, item: NewItem) -> Result<Cart> {
    let NewItem { variant, quantity, key } = item;
    let Variant { sku, name, product_name, .. } = sellable(carts, ctx, variant).await?;
    let name = if name.is_empty() { product_name } else { format!("{product_name}, {name}") };
    let once = key
        .map(|key| Ok((Slot::new(ctx.principal(), ROUTE, key), RequestHash::of(&(id, variant, quantity))?)))
        .transpose()?;
    let changed = change(carts, ctx, id, move |tx, cart| {
        if let Some((slot, request)) = &once
            && is_repeat(tx, slot, *request)?
        {
            return Ok(Changed::No);
        }
        // Not `id`: that may be a cart that was merged into this one.
        let cart_id = cart.id;
        store::put_line(tx, cart_id, cart.add(variant, quantity, sku.clone(), name.clone())?)?;
        Ok(Changed::Yes)
    })
    .await?;
    carts.metrics.items.inc();
    Ok(changed)
}

/// Claims the key. A repeat is answered by the cart as it stands, so no answer is kept.
fn is_repeat(tx: &Tx<'_>, slot: &Slot, request: RequestHash) -> Result<bool> {
    match begin(tx, slot, request, &[])? {
        Begun::New => finish(tx, slot, &Answer { status: 200, body: Vec::new() }).map(|()| false),
        Begun::Running { .. } | Begun::Finished { .. } => Ok(true),
        Begun::Mismatch => Err(Begun::mismatch()),
    }
}

async fn sellable(carts: &Carts, ctx: &Context, variant: VariantId) -> Result<Variant> {
    let asked = request(ctx, GetVariantsRequest { ids: vec![variant.to_vec()] });
    let found = answer(carts.catalog.client().get_variants(asked).await)?;
    found.variants.into_iter().find(|found| found.sellable && found.id == variant.as_bytes()).ok_or_else(
        || {
            carts.metrics.not_sold.inc();
            NOT_SOLD.error("this is not sold here").with_field("variant_id", "is not sold here")
        },
    )
}
