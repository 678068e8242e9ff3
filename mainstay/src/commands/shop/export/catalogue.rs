//! The catalogue as a file that `mainstay shop import` reads again.

use std::collections::HashMap;

use mainstay_core::{Context, Currency, Result};
use mainstay_host::Running;
use mainstay_rpc::v1::required_money;
use mainstay_rpc::{answer, request};
use shop_catalog_contracts as catalog;
use shop_inventory_contracts as inventory;
use shop_pricing_contracts as pricing;

use super::{CALLER, To};

/// What it takes to write it.
pub const SERVICES: [&str; 3] = [catalog::SERVICE, pricing::SERVICE, inventory::SERVICE];

/// Prices and levels asked for at once, which is the most that inventory tells.
const AT_ONCE: usize = 500;

/// Writes it with the prices of one list; how many variants it has. A page after the other, so that a catalogue of any
/// size takes the memory of one page.
pub async fn write(running: &Running, to: &To, currency: Currency) -> Result<u64> {
    let mut sheet = to.sheet(&shop_imports::COLUMNS)?;
    let ctx = Context::background(CALLER);
    let mut client = running.peer(CALLER, catalog::SERVICE, catalog::CatalogClient::new)?.client();
    let mut after = Vec::new();
    loop {
        let asked = catalog::PageProductsRequest { after };
        let page = answer(client.page_products(request(&ctx, asked)).await)?;
        let ids: Vec<Vec<u8>> = page
            .products
            .iter()
            .flat_map(|product| product.variants.iter().map(|variant| variant.id.clone()))
            .collect();
        let figures = figures(running, &ctx, currency, &ids).await?;
        for product in &page.products {
            for variant in &product.variants {
                let figure = figures.get(&variant.id).cloned().unwrap_or_default();
                sheet.row(&[
                    &product.slug,
                    &variant.sku,
                    &product.name,
                    &product.description,
                    &variant.name,
                    &figure.price,
                    if figure.price.is_empty() { "" } else { currency.as_str() },
                    &figure.tax_class,
                    &figure.stock,
                ])?;
            }
        }
        match page.products.last() {
            Some(last) if page.more => after = last.id.clone(),
            _ => return sheet.finish(),
        }
    }
}

async fn figures(
    running: &Running,
    ctx: &Context,
    currency: Currency,
    ids: &[Vec<u8>],
) -> Result<HashMap<Vec<u8>, Figures>> {
    let mut prices = running.peer(CALLER, pricing::SERVICE, pricing::PricingClient::new)?.client();
    let mut stock = running.peer(CALLER, inventory::SERVICE, inventory::InventoryClient::new)?.client();
    let mut figures: HashMap<Vec<u8>, Figures> = HashMap::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        let currency = currency.as_str().to_owned();
        let asked = pricing::GetPricesRequest { currency, variant_ids: some.to_vec() };
        for price in answer(prices.get_prices(request(ctx, asked)).await)?.prices {
            let amount = required_money(price.amount.as_ref(), "amount")?;
            let figure = figures.entry(price.variant_id).or_default();
            figure.price = amount.amount();
            figure.tax_class = price.tax_class;
        }
        let asked = inventory::GetLevelsRequest { variant_ids: some.to_vec() };
        for level in answer(stock.get_levels(request(ctx, asked)).await)?.levels {
            figures.entry(level.variant_id).or_default().stock = level.on_hand.to_string();
        }
    }
    Ok(figures)
}

/// What other services say of a variant: no price if it has none, and no pieces if there never were any.
#[derive(Clone, Debug)]
struct Figures {
    price: String,
    tax_class: String,
    stock: String,
}

impl Default for Figures {
    fn default() -> Self {
        Self { price: String::new(), tax_class: String::new(), stock: "0".to_owned() }
    }
}
