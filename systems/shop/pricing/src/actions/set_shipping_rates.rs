//! Agree on prices for shipping, beside the public methods.

use mainstay_access::Relation;
use mainstay_core::{Context, Result, codes};
use mainstay_sql::Tx;
use shop_access_contracts::PRICES_WRITE;

use super::Pricing;
use crate::model::{Offer, RATES_MAX, check_rate};
use crate::store;

/// Sets rates, all or none; a code that has one already gets the new one. Staff and services only.
///
/// # Errors
/// `core.invalid` for no rates, too many, a negative one, or a code or name that cannot be one.
pub async fn set_shipping_rates(pricing: &Pricing, ctx: &Context, rates: Vec<Offer>) -> Result<()> {
    pricing.access.require(ctx, PRICES_WRITE, Relation::Other)?;
    if rates.is_empty() || rates.len() > RATES_MAX {
        return Err(codes::INVALID
            .error("between 1 and 1000 rates are set at once")
            .with_field("rates", format!("there are {}", rates.len())));
    }
    for (place, rate) in rates.iter().enumerate() {
        check_rate(rate).map_err(|(field, why)| {
            codes::INVALID.error("a rate cannot be set").with_field(format!("rates[{place}].{field}"), why)
        })?;
    }
    let write = move |tx: &Tx<'_>| rates.iter().try_for_each(|rate| store::set_shipping_rate(tx, rate));
    pricing.db.write(ctx, write).await
}
