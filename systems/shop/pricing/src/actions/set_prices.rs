//! Change the price lists.

use std::collections::HashSet;

use mainstay_core::{Context, Result, codes};
use mainstay_sql::Tx;

use super::Pricing;
use crate::model::{PRICES_MAX, Price, VariantId};
use crate::{events, store};

/// Sets prices, all or none. The currency of an amount names the list. Staff and services only.
///
/// # Errors
/// `core.invalid` for no prices, too many, a negative one, or one variant twice on a list.
pub async fn set_prices(pricing: &Pricing, ctx: &Context, prices: Vec<(VariantId, Price)>) -> Result<()> {
    ctx.principal().require_staff()?;
    if prices.is_empty() || prices.len() > PRICES_MAX {
        return Err(codes::INVALID
            .error("between 1 and 1000 prices are set at once")
            .with_field("prices", format!("there are {}", prices.len())));
    }
    let mut seen = HashSet::with_capacity(prices.len());
    for (place, (variant, price)) in prices.iter().enumerate() {
        let refuse = |path: &str, message: &str| {
            codes::INVALID
                .error("a price cannot be set")
                .with_field(format!("prices[{place}].{path}"), message)
        };
        if price.amount.minor < 0 {
            return Err(refuse("amount", "must not be negative"));
        }
        if !seen.insert((*variant, price.amount.currency)) {
            return Err(refuse("variant_id", "must not stand twice on one list"));
        }
    }
    let set = prices.len() as u64;
    let (outbox, who) = (pricing.outbox.clone(), ctx.clone());
    let write = move |tx: &Tx<'_>| {
        prices.iter().try_for_each(|(variant, price)| store::set_price(tx, *variant, *price))?;
        events::prices_changed(&outbox, tx, &who, &prices)
    };
    pricing.db.write(ctx, write).await?;
    pricing.metrics.prices_set.inc_by(set);
    Ok(())
}
