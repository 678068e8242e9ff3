//! What has to be in the shop before the first invoice: goods, their prices, the charges for carriage, and the opening
//! stock. Each part may run again without harm.

use std::collections::BTreeSet;

use mainstay_core::{Context, Currency, Id, Money, Result};
use mainstay_host::Running;
use mainstay_rpc::{answer, request};
use shop_catalog_contracts as catalog;
use shop_inventory_contracts as inventory;
use shop_pricing_contracts as pricing;
use shop_retail::{Article, Deed, Plan};

use super::{CALLER, ROOT, carriage, variant};

/// Prices or rates in one call, which is the most that pricing takes.
const PRICES_AT_ONCE: usize = 1_000;

/// Adjustments in one call, which is the most that inventory takes.
const ADJUSTMENTS_AT_ONCE: usize = 500;

/// Variants in one call, which is the most that the catalogue takes.
const VARIANTS_AT_ONCE: usize = 500;

/// Every variant is final in price: see the mapping.
const TAX_CLASS: &str = "zero";

/// Puts it there.
pub async fn stock_up(running: &Running, plan: &Plan) -> Result<()> {
    let ctx = Context::background(CALLER);
    goods(running, &ctx, plan).await?;
    let sold: Vec<usize> =
        (0..plan.variants.len()).filter(|place| plan.variants[*place].demand > 0).collect();
    prices(running, &ctx, plan, &sold).await?;
    rates(running, &ctx, plan).await?;
    stock(running, &ctx, plan, &sold).await
}

async fn goods(running: &Running, ctx: &Context, plan: &Plan) -> Result<()> {
    let mut catalog = running.peer(CALLER, catalog::SERVICE, catalog::CatalogClient::new)?.client();
    let mut batch: Vec<catalog::v1::Product> = Vec::new();
    let mut variants = 0;
    for article in plan.articles.iter().filter(|article| !article.variants.is_empty()) {
        if variants + article.variants.len() > VARIANTS_AT_ONCE {
            let products = std::mem::take(&mut batch);
            variants = 0;
            answer(catalog.upsert_products(request(ctx, catalog::UpsertProductsRequest { products })).await)?;
        }
        variants += article.variants.len();
        batch.push(product(plan, article));
    }
    if !batch.is_empty() {
        let upsert = catalog::UpsertProductsRequest { products: batch };
        answer(catalog.upsert_products(request(ctx, upsert)).await)?;
    }
    Ok(())
}

fn product(plan: &Plan, article: &Article) -> catalog::v1::Product {
    let id: Id<catalog::Product> = Id::<catalog::Product>::from_bytes(ROOT).derive(&article.code);
    let name = if article.name.is_empty() { article.code.clone() } else { article.name.clone() };
    let variants = article.variants.iter().map(|place| catalog::v1::Variant {
        id: variant(&plan.sku(*place)).to_vec(),
        product_id: id.to_vec(),
        sku: plan.sku(*place),
        name: Money::new(plan.variants[*place].pence, Currency::GBP).to_string(),
        sellable: true,
        ..Default::default()
    });
    catalog::v1::Product {
        id: id.to_vec(),
        slug: article.code.to_ascii_lowercase(),
        name,
        variants: variants.collect(),
        sellable: true,
        ..Default::default()
    }
}

async fn prices(running: &Running, ctx: &Context, plan: &Plan, sold: &[usize]) -> Result<()> {
    let mut pricing = running.peer(CALLER, pricing::SERVICE, pricing::PricingClient::new)?.client();
    for some in sold.chunks(PRICES_AT_ONCE) {
        let prices = some.iter().map(|place| pricing::Price {
            variant_id: variant(&plan.sku(*place)).to_vec(),
            amount: Some(Money::new(plan.variants[*place].pence, Currency::GBP).into()),
            tax_class: TAX_CLASS.into(),
        });
        let prices = pricing::SetPricesRequest { prices: prices.collect() };
        answer(pricing.set_prices(request(ctx, prices)).await)?;
    }
    Ok(())
}

async fn rates(running: &Running, ctx: &Context, plan: &Plan) -> Result<()> {
    let mut pricing = running.peer(CALLER, pricing::SERVICE, pricing::PricingClient::new)?.client();
    let charged = plan.invoices.iter().flat_map(|invoice| match &invoice.deed {
        Deed::Sale(orders) => orders.iter().map(|order| order.carriage).collect::<Vec<_>>(),
        Deed::Cancellation(_) => Vec::new(),
    });
    let charged: BTreeSet<i64> = charged.collect();
    let charged: Vec<i64> = charged.into_iter().collect();
    for some in charged.chunks(PRICES_AT_ONCE) {
        let rates = some.iter().map(|pence| pricing::ShippingRate {
            code: carriage(*pence),
            name: "Carriage".into(),
            net: Some(Money::new(*pence, Currency::GBP).into()),
        });
        let rates = pricing::SetShippingRatesRequest { rates: rates.collect() };
        answer(pricing.set_shipping_rates(request(ctx, rates)).await)?;
    }
    Ok(())
}

async fn stock(running: &Running, ctx: &Context, plan: &Plan, sold: &[usize]) -> Result<()> {
    let mut inventory = running.peer(CALLER, inventory::SERVICE, inventory::InventoryClient::new)?.client();
    for (number, some) in sold.chunks(ADJUSTMENTS_AT_ONCE).enumerate() {
        let adjustments = some.iter().map(|place| inventory::Adjustment {
            variant_id: variant(&plan.sku(*place)).to_vec(),
            delta: i64::try_from(plan.variants[*place].demand).unwrap_or(i64::MAX),
        });
        // The cause makes it happen once, however often this runs.
        let cause = format!("replay:opening-stock:{number}");
        let adjust = inventory::AdjustRequest { cause, adjustments: adjustments.collect() };
        answer(inventory.adjust(request(ctx, adjust)).await)?;
    }
    Ok(())
}
