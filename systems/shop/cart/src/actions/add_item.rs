//! Put pieces of a variant into a cart.

use mainstay_core::{Context, Result, codes};
use mainstay_rpc::{answer, request};
use shop_catalog_contracts::{GetVariantsRequest, v1::Variant};

use super::Carts;
use super::change::change;
use crate::model::{Cart, CartId, VariantId};
use crate::store;

/// Puts pieces in; to those of the same variant that are there already they add.
///
/// # Errors
/// `core.invalid` with a field for a variant that is not sold or a bad quantity, `cart.too_large` beyond the bounds,
/// `cart.unknown`, `cart.checkout_running`, `cart.ordered`.
pub async fn add_item(
    carts: &Carts,
    ctx: &Context,
    id: CartId,
    variant: VariantId,
    quantity: u32,
) -> Result<Cart> {
    let Variant { sku, name, product_name, .. } = sellable(carts, ctx, variant).await?;
    let name = if name.is_empty() { product_name } else { format!("{product_name}, {name}") };
    change(carts, ctx, id, move |tx, cart| {
        // Not `id`: that may be a cart that was merged into this one.
        let cart_id = cart.id;
        store::put_line(tx, cart_id, cart.add(variant, quantity, sku.clone(), name.clone())?)
    })
    .await
}

async fn sellable(carts: &Carts, ctx: &Context, variant: VariantId) -> Result<Variant> {
    let asked = request(ctx, GetVariantsRequest { ids: vec![variant.to_vec()] });
    let found = answer(carts.catalog.client().get_variants(asked).await)?;
    found.variants.into_iter().find(|found| found.sellable && found.id == variant.as_bytes()).ok_or_else(
        || codes::INVALID.error("this is not sold here").with_field("variant_id", "is not sold here"),
    )
}
