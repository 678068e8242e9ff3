//! Tell the net price of variants.

use mainstay_core::{Context, Currency, Result, codes};

use super::Pricing;
use crate::model::{PRICES_MAX, Price, VariantId};
use crate::store;

/// The prices of these variants on a currency's list; variants without one are absent.
///
/// # Errors
/// `core.invalid` for more than 1,000 variants.
pub async fn get_prices(
    pricing: &Pricing,
    ctx: &Context,
    currency: Currency,
    variants: Vec<VariantId>,
) -> Result<Vec<(VariantId, Price)>> {
    if variants.len() > PRICES_MAX {
        return Err(codes::INVALID
            .error("at most 1000 prices are told at once")
            .with_field("variant_ids", format!("there are {}", variants.len())));
    }
    pricing.db.read(ctx, move |view| store::prices(view, currency, &variants)).await
}
