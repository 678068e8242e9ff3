//! What search keeps of prices: that of each variant as pricing told it, and of each product the lowest, by list.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mainstay_core::{Currency, Result};
use mainstay_sql::{Param, Row, Tx, View};

use super::count_change;
use crate::model::{ProductId, VariantId};

/// Remembers prices that pricing told; those that are not what was known.
pub fn put_variant_prices(
    tx: &Tx<'_>,
    currency: Currency,
    prices: &[(VariantId, i64)],
) -> Result<Vec<(VariantId, i64)>> {
    let ids = || prices.iter().map(|(variant, _)| *variant);
    let (Some(first), Some(last)) = (ids().min(), ids().max()) else { return Ok(Vec::new()) };
    let list = currency.as_str();
    let mut news = Vec::with_capacity(prices.len());
    // New ids lie close together: most of the time either none of them has a price, or all may have.
    if !has_price_between(tx, first, last)? {
        let rows: Vec<[Param<'_>; 3]> = prices.iter().map(|price| price_row(list, price)).collect();
        let sql = "INSERT INTO variant_prices (variant_id, currency, minor) VALUES :rows \
                   ON CONFLICT (variant_id, currency) DO UPDATE SET minor = excluded.minor";
        tx.execute_rows(sql, &rows)?;
        return Ok(prices.to_vec());
    }
    for price in prices {
        let written = tx.execute(
            "INSERT INTO variant_prices (variant_id, currency, minor) VALUES (?1, ?2, ?3) \
             ON CONFLICT (variant_id, currency) DO UPDATE SET minor = excluded.minor \
             WHERE minor <> excluded.minor",
            &price_row(list, price),
        )?;
        if written > 0 {
            news.push(*price);
        }
    }
    Ok(news)
}

fn price_row<'a>(list: &'a str, (variant, minor): &'a (VariantId, i64)) -> [Param<'a>; 3] {
    [variant.into(), list.into(), (*minor).into()]
}

/// Says what products cost at least on a list, of which these prices are new.
pub fn lower_prices(tx: &Tx<'_>, currency: Currency, news: &[(VariantId, i64)]) -> Result<()> {
    let list = currency.as_str();
    let lowest = lowest_of(tx, news)?;
    let docs: Vec<_> = lowest.keys().map(|doc| (*doc).into()).collect();
    let sql = "SELECT doc, minor FROM search_prices WHERE currency = ?1 AND doc IN (:list)";
    let told = tx.query_list(sql, &[list.into()], &docs, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let told: HashMap<i64, i64> = told.into_iter().collect();
    let (mut first, mut changed, mut unclear) = (Vec::new(), Vec::new(), Vec::new());
    for (doc, (product, low)) in lowest {
        match (told.get(&doc), low) {
            // Nothing of it had a price.
            (None, Some(low)) => first.push([list.into(), doc.into(), low.into()]),
            (Some(told), Some(low)) if low < *told => {
                let sql = "UPDATE search_prices SET minor = ?3 WHERE currency = ?1 AND doc = ?2";
                tx.execute(sql, &[list.into(), doc.into(), low.into()])?;
            }
            (Some(told), Some(low)) if low == *told => continue,
            // What was the lowest may be one of those that rose.
            (Some(_), Some(_)) => {
                unclear.push(product);
                continue;
            }
            (_, None) => continue,
        }
        changed.push(doc);
    }
    tx.execute_rows("INSERT INTO search_prices (currency, doc, minor) VALUES :rows", &first)?;
    mark(tx, &changed)?;
    put_lowest_prices(tx, &unclear)
}

/// Of each document the lowest of these prices; none when what has them is not for sale.
fn lowest_of(
    view: &View<'_>,
    prices: &[(VariantId, i64)],
) -> Result<BTreeMap<i64, (ProductId, Option<i64>)>> {
    let minors: HashMap<VariantId, i64> = prices.iter().copied().collect();
    let mut lowest: BTreeMap<ProductId, Option<i64>> = BTreeMap::new();
    for (product, variant, is_sellable) in owners_of(view, &minors)? {
        let low = lowest.entry(product).or_default();
        let minor = minors.get(&variant).filter(|_| is_sellable);
        *low = minor.copied().into_iter().chain(*low).min();
    }
    let list: Vec<_> = lowest.keys().map(Into::into).collect();
    let sql = "SELECT product_id, doc FROM search_docs WHERE product_id IN (:list)";
    let docs = view.query_list(sql, &[], &list, |row| Ok((row.get::<ProductId>(0)?, row.get(1)?)))?;
    let low = |(product, doc)| (doc, (product, lowest.get(&product).copied().flatten()));
    Ok(docs.into_iter().map(low).collect())
}

/// Whose these variants are, of those that there are, and whether they are for sale.
fn owners_of(
    view: &View<'_>,
    variants: &HashMap<VariantId, i64>,
) -> Result<Vec<(ProductId, VariantId, bool)>> {
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get::<VariantId>(1)?, row.get(2)?));
    let (Some(first), Some(last)) = (variants.keys().min(), variants.keys().max()) else {
        return Ok(Vec::new());
    };
    // Those of an import follow one another, and are read in one go; where others stand between, each is looked up.
    let most = 2 * variants.len();
    let sql = "SELECT product_id, id, sellable FROM variants WHERE id BETWEEN ?1 AND ?2 LIMIT ?3";
    let limit = u32::try_from(most).unwrap_or(u32::MAX);
    let mut found = view.query(sql, &[first.into(), last.into(), limit.into()], read)?;
    if found.len() < most {
        found.retain(|(_, variant, _)| variants.contains_key(variant));
        return Ok(found);
    }
    let list: Vec<_> = variants.keys().map(Into::into).collect();
    let sql = "SELECT product_id, id, sellable FROM variants WHERE id IN (:list)";
    view.query_list(sql, &[], &list, read)
}

/// Says that the prices of these documents, in their order, have changed.
fn mark(tx: &Tx<'_>, docs: &[i64]) -> Result<()> {
    if docs.is_empty() {
        return Ok(());
    }
    let count = count_change(tx, 0)?;
    // Those of an import follow one another.
    for run in docs.chunk_by(|one, next| one + 1 == *next) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let sql = "UPDATE search_docs SET changed = ?3 WHERE doc BETWEEN ?1 AND ?2";
        tx.execute(sql, &[(*first).into(), (*last).into(), count.into()])?;
    }
    Ok(())
}

/// Whether a price is known of any variant between these two.
pub fn has_price_between(view: &View<'_>, first: VariantId, last: VariantId) -> Result<bool> {
    let sql = "SELECT 1 FROM variant_prices WHERE variant_id BETWEEN ?1 AND ?2 LIMIT 1";
    let found = view.query_one(sql, &[(&first).into(), (&last).into()], |_| Ok(()))?;
    Ok(found.is_some())
}

/// Works out anew what these products cost at least on each list. What stays as it was is not written.
pub fn put_lowest_prices(tx: &Tx<'_>, products: &[ProductId]) -> Result<()> {
    let list: Vec<_> = products.iter().map(Into::into).collect();
    let price = |row: &Row<'_>| {
        let currency = row.text(1)?.parse::<Currency>()?;
        Ok(((row.get::<i64>(0)?, currency), row.get::<i64>(2)?))
    };
    let sql = "SELECT d.doc, s.currency, s.minor FROM search_docs d JOIN search_prices s ON s.doc = d.doc \
               WHERE d.product_id IN (:list)";
    let mut told: HashMap<_, _> = tx.query_list(sql, &[], &list, price)?.into_iter().collect();
    let sql = "SELECT d.doc, p.currency, min(p.minor) FROM search_docs d \
               JOIN variants v ON v.product_id = d.product_id AND v.sellable = 1 \
               JOIN variant_prices p ON p.variant_id = v.id \
               WHERE d.product_id IN (:list) GROUP BY d.doc, p.currency";
    let mut changed = BTreeSet::new();
    for ((doc, currency), minor) in tx.query_list(sql, &[], &list, price)? {
        let sql = match told.remove(&(doc, currency)) {
            Some(told) if told == minor => continue,
            Some(_) => "UPDATE search_prices SET minor = ?3 WHERE currency = ?1 AND doc = ?2",
            None => "INSERT INTO search_prices (currency, doc, minor) VALUES (?1, ?2, ?3)",
        };
        tx.execute(sql, &[currency.as_str().into(), doc.into(), minor.into()])?;
        changed.insert(doc);
    }
    for (doc, currency) in told.into_keys() {
        let sql = "DELETE FROM search_prices WHERE currency = ?1 AND doc = ?2";
        tx.execute(sql, &[currency.as_str().into(), doc.into()])?;
    }
    mark(tx, &changed.into_iter().collect::<Vec<_>>())
}
