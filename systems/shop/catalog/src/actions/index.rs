//! Keep what search knows true: in the transaction of each change of a product, by pricing's events, and once for
//! products of a release that did not search.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Context, Currency, Error, Id, Result, Shutdown};
use mainstay_events::{Consumer, EventSource, Subscription};
use mainstay_sql::{Leadership, Lease, Tx};
use shop_pricing_contracts::{PricesChanged, TOPIC};

use super::Catalog;
use crate::model::{Product, ProductId, VariantId, facet_values, texts};
use crate::store::{self, Filed};

/// Products in one transaction of the first indexing: some milliseconds of the writer's time.
const PAGE: u32 = 50;

/// Before a failed first indexing is tried again.
const PAUSE: Duration = Duration::from_secs(5);

/// Makes products findable as they are now; each once. Texts come last and together: a statement between two of them
/// would make the index of texts write what it has gathered so far.
pub(super) fn index<'a>(
    tx: &Tx<'_>,
    catalog: &Catalog,
    products: impl IntoIterator<Item = &'a Product>,
) -> Result<()> {
    let products: Vec<&Product> = products.into_iter().collect();
    let filed: Vec<Filed> = products
        .iter()
        .map(|product| Filed {
            product: product.id,
            visible: product.status.is_sellable(),
            values: facet_values(product),
        })
        .collect();
    let docs = store::put_documents(tx, &filed)?;
    let (new, known): (Vec<&Product>, Vec<&Product>) =
        products.iter().partition(|product| docs.new.contains(&product.id));
    let mut priced: Vec<ProductId> = known.iter().map(|product| product.id).collect();
    if prices_came_before(tx, &new)? {
        priced.extend(new.iter().map(|product| product.id));
    }
    store::put_lowest_prices(tx, &priced)?;
    let texts: Vec<[String; 3]> = products.iter().map(|product| texts(product)).collect();
    let (mut new, mut known) = (Vec::new(), Vec::new());
    for (product, texts) in products.iter().zip(&texts) {
        if let Some(number) = docs.numbers.get(&product.id) {
            let rows = if docs.new.contains(&product.id) { &mut new } else { &mut known };
            rows.push((*number, texts.iter().map(String::as_str).collect()));
        }
    }
    catalog.search.add(tx, &new)?;
    catalog.search.put(tx, &known)
}

/// Whether new products may have prices that pricing told before there were the products.
fn prices_came_before(tx: &Tx<'_>, new: &[&Product]) -> Result<bool> {
    let ids = || new.iter().flat_map(|product| product.variants.iter().map(|variant| variant.id));
    // New ids lie close together.
    match (ids().min(), ids().max()) {
        (Some(first), Some(last)) => store::has_price_between(tx, first, last),
        _ => Ok(false),
    }
}

/// Follows pricing's lists, for filters and bands by price.
pub fn prices(pricing: Arc<dyn EventSource>) -> Consumer {
    Subscription::new("shop.catalog.prices", &TOPIC, pricing)
        .handle(|tx, _, _, event: PricesChanged| project(tx, &event))
}

fn project(tx: &Tx<'_>, event: &PricesChanged) -> Result<()> {
    let currency: Currency = event.currency.parse()?;
    let prices = event.prices.iter().map(|price| {
        let minor = price.amount.as_ref().map_or(0, |amount| amount.minor);
        Ok::<_, Error>((Id::try_from_slice(&price.variant_id)?, minor))
    });
    let prices: Vec<(VariantId, i64)> = prices.collect::<Result<_>>()?;
    let news = store::put_variant_prices(tx, currency, &prices)?;
    store::lower_prices(tx, currency, &news)
}

/// Indexes products that an earlier release stored, until there are none; new ones are indexed as they come.
pub async fn index_old(catalog: Catalog, leadership: Arc<Leadership>, shutdown: Shutdown) {
    let ctx = Context::background(catalog.db.name().to_owned());
    while !shutdown.is_requested() {
        let lease = tokio::select! {
            biased;
            () = shutdown.requested() => return,
            lease = leadership.wait() => lease,
        };
        match index_page(&catalog, &ctx, &lease).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(error = error.chain(), "old products could not be indexed for search");
                tokio::select! {
                    () = shutdown.requested() => return,
                    () = catalog.db.clock().sleep(PAUSE) => {}
                }
            }
        }
    }
}

/// Whether there may be more.
pub(super) async fn index_page(catalog: &Catalog, ctx: &Context, lease: &Lease) -> Result<bool> {
    // Looked for outside of a transaction that writes, so that a start with nothing to do writes nothing.
    let ids = catalog.db.read(ctx, |view| store::unindexed(view, PAGE)).await?;
    if ids.is_empty() {
        return Ok(false);
    }
    let own = catalog.clone();
    catalog.db.write_as(ctx, lease, move |tx| index_these(tx, &own, &ids)).await?;
    Ok(true)
}

fn index_these(tx: &Tx<'_>, catalog: &Catalog, ids: &[ProductId]) -> Result<()> {
    let mut products: Vec<Product> =
        store::products_with(tx, ids)?.into_iter().map(|head| head.product.value).collect();
    for (id, variant) in store::variants_of_products(tx, ids)? {
        if let Some(product) = products.iter_mut().find(|product| product.id == id) {
            product.variants.push(variant);
        }
    }
    index(tx, catalog, &products)
}
