//! Page through the variants of one product.

use mainstay_core::{Context, Result, codes};

use super::{Catalog, sees_hidden};
use crate::codes::PRODUCT_UNKNOWN;
use crate::model::{ProductId, VARIANT_PAGE_MAX, Variant};
use crate::store;

/// Some variants, and where the next ones begin.
#[derive(Clone, Debug)]
pub struct VariantPage {
    /// In the order in which the product shows them.
    pub variants: Vec<Variant>,
    /// Whether the product itself is for sale.
    pub sellable: bool,
    /// The place to go on from; nothing on the last page.
    pub next: Option<u32>,
}

/// The variants of a product from a place on.
///
/// # Errors
/// `core.invalid` for a limit outside 1 to 500; `catalog.product_unknown`.
pub async fn list_variants(
    catalog: &Catalog,
    ctx: &Context,
    product: ProductId,
    from: u32,
    limit: u32,
) -> Result<VariantPage> {
    if limit == 0 || limit > VARIANT_PAGE_MAX {
        return Err(codes::INVALID
            .error("a page has between 1 and 500 variants")
            .with_field("limit", "must be between 1 and 500"));
    }
    let hidden_too = sees_hidden(catalog, ctx);
    let read = move |view: &mainstay_sql::View<'_>| {
        let Some(head) = store::product(view, product)? else { return Ok(None) };
        let sellable = head.product.value.status.is_sellable();
        if !sellable && !hidden_too {
            return Ok(None);
        }
        let mut found = store::variant_page(view, product, from, limit + 1)?;
        let next = found.get(limit as usize).map(|(place, _)| *place);
        found.truncate(limit as usize);
        let variants = found.into_iter().map(|(_, variant)| variant).collect();
        Ok(Some(VariantPage { variants, sellable, next }))
    };
    catalog.db.read(ctx, read).await?.ok_or_else(|| PRODUCT_UNKNOWN.error("there is no such product"))
}
