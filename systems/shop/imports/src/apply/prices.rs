//! Prices, which may be set again without harm.

use mainstay_core::{Context, Result};
use mainstay_rpc::{answer, request};
use shop_pricing_contracts::{Price, SetPricesRequest};

use super::{Peers, Placed};

/// What a price is taxed at when its line does not say.
const TAX_CLASS: &str = "standard";

pub async fn apply(peers: &Peers, ctx: &Context, lines: &[Placed<'_>]) -> Result<()> {
    let prices: Vec<Price> = lines.iter().filter_map(price).collect();
    if prices.is_empty() {
        return Ok(());
    }
    let set = SetPricesRequest { prices };
    answer(peers.pricing.client().set_prices(request(ctx, set)).await).map(drop)
}

fn price(Placed { figures, variant }: &Placed<'_>) -> Option<Price> {
    Some(Price {
        variant_id: variant.to_vec(),
        amount: Some(figures.price?.into()),
        tax_class: figures.tax_class.as_deref().unwrap_or(TAX_CLASS).to_owned(),
    })
}
