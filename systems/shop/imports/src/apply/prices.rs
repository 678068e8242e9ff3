//! Prices, which may be set again without harm.

use mainstay_core::{Context, Result};
use mainstay_rpc::{answer, request};
use shop_pricing_contracts::{Price, SetPricesRequest};

use super::names::Names;
use super::{Numbered, Peers};

/// What a price is taxed at when its line does not say.
const TAX_CLASS: &str = "standard";

pub async fn apply(peers: &Peers, ctx: &Context, names: &Names, lines: &[&Numbered]) -> Result<()> {
    let prices: Vec<Price> = lines
        .iter()
        .filter_map(|(_, content)| {
            Some(Price {
                variant_id: names.variant_id(&content.sku),
                amount: Some(content.price?.into()),
                tax_class: content.tax_class.clone().unwrap_or_else(|| TAX_CLASS.to_owned()),
            })
        })
        .collect();
    if prices.is_empty() {
        return Ok(());
    }
    let set = SetPricesRequest { prices };
    answer(peers.pricing.client().set_prices(request(ctx, set)).await).map(drop)
}
