//! What search keeps of products, beside the index of texts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mainstay_core::{Currency, Result};
use mainstay_search::{Hit, TextField, TextIndex};
use mainstay_sql::{Row, Tx, View};

use crate::model::{Document, FacetValue, ProductId, ValueId, VariantId};

/// The index of texts. A word in the name counts most; labels are what variants and attributes say.
pub const PRODUCT_TEXT: TextIndex = TextIndex {
    name: "product_text",
    fields: &[
        TextField { name: "name", weight: 10.0 },
        TextField { name: "labels", weight: 4.0 },
        TextField { name: "description", weight: 1.0 },
    ],
};

/// Says what a product is filtered by; its number in the index.
pub fn put_document(
    tx: &Tx<'_>,
    product: ProductId,
    visible: bool,
    values: &BTreeSet<FacetValue>,
) -> Result<i64> {
    let mut ids = Vec::with_capacity(values.len() * 4);
    for id in value_ids(tx, values)? {
        ids.extend_from_slice(&id.to_le_bytes());
    }
    tx.query_one(
        "INSERT INTO search_docs (product_id, visible, facets) VALUES (?1, ?2, ?3) \
         ON CONFLICT (product_id) DO UPDATE SET visible = ?2, facets = ?3 RETURNING doc",
        &[(&product).into(), visible.into(), (&ids).into()],
        |row| row.get(0),
    )
    .map(Option::unwrap_or_default)
}

/// The ids of these values; unknown ones get one.
fn value_ids(tx: &Tx<'_>, values: &BTreeSet<FacetValue>) -> Result<Vec<ValueId>> {
    let mut known = known_ids(tx, values)?;
    if known.len() < values.len() {
        for (facet, value) in values.iter().filter(|value| !known.contains_key(value)) {
            let sql = "INSERT INTO facet_values (facet, value) VALUES (?1, ?2)";
            tx.execute(sql, &[facet.into(), value.into()])?;
        }
        known = known_ids(tx, values)?;
    }
    let mut ids: Vec<ValueId> = known.into_values().collect();
    ids.sort_unstable();
    Ok(ids)
}

fn known_ids(view: &View<'_>, values: &BTreeSet<FacetValue>) -> Result<BTreeMap<FacetValue, ValueId>> {
    // Values are hardly ever those of two facets, so a look-up by value alone brings few that are not wanted.
    let list: Vec<_> = values.iter().map(|(_, value)| value.into()).collect();
    let sql = "SELECT facet, value, id FROM facet_values WHERE value IN (:list)";
    let found =
        view.query_list(sql, &[], &list, |row| Ok(((row.get(0)?, row.get(1)?), row.get::<ValueId>(2)?)))?;
    Ok(found.into_iter().filter(|(value, _)| values.contains(value)).collect())
}

/// Remembers prices that pricing told.
pub fn put_variant_prices(tx: &Tx<'_>, currency: Currency, prices: &[(VariantId, i64)]) -> Result<()> {
    for (variant, minor) in prices {
        tx.execute(
            "INSERT INTO variant_prices (variant_id, currency, minor) VALUES (?1, ?2, ?3) \
             ON CONFLICT (variant_id, currency) DO UPDATE SET minor = ?3",
            &[variant.into(), currency.as_str().into(), (*minor).into()],
        )?;
    }
    Ok(())
}

/// The products that these variants belong to, each once.
pub fn products_of(view: &View<'_>, variants: &[VariantId]) -> Result<BTreeSet<ProductId>> {
    let list: Vec<_> = variants.iter().map(Into::into).collect();
    let sql = "SELECT DISTINCT product_id FROM variants WHERE id IN (:list)";
    Ok(view.query_list(sql, &[], &list, |row| row.get(0))?.into_iter().collect())
}

/// Works out anew what the product costs at least on each list.
pub fn put_lowest_prices(tx: &Tx<'_>, product: ProductId) -> Result<()> {
    let key = [(&product).into()];
    tx.execute(
        "DELETE FROM search_prices WHERE doc = (SELECT doc FROM search_docs WHERE product_id = ?1)",
        &key,
    )?;
    tx.execute(
        "INSERT INTO search_prices (currency, doc, minor) \
         SELECT p.currency, d.doc, min(p.minor) FROM search_docs d \
         JOIN variants v ON v.product_id = d.product_id AND v.sellable = 1 \
         JOIN variant_prices p ON p.variant_id = v.id \
         WHERE d.product_id = ?1 GROUP BY p.currency",
        &key,
    )?;
    Ok(())
}

/// Some products that search does not know yet.
pub fn unindexed(view: &View<'_>, limit: u32) -> Result<Vec<ProductId>> {
    view.query(
        "SELECT p.id FROM products p LEFT JOIN search_docs d ON d.product_id = p.id WHERE d.doc IS NULL LIMIT ?1",
        &[limit.into()],
        |row| row.get(0),
    )
}

/// From so many hits on, all documents are read in one go: cheaper than to look each one up.
const SCAN_FROM: usize = 1_200;

/// What is kept of these hits, in their order; those that buyers do not see are left out.
pub fn documents(view: &View<'_>, hits: &[Hit], currency: Option<Currency>) -> Result<Vec<Document>> {
    let ranks: HashMap<i64, f64> = hits.iter().map(|hit| (hit.row, hit.rank)).collect();
    let mut found = if hits.len() >= SCAN_FROM {
        let mut all = all_documents(view, currency)?;
        all.retain(|document| ranks.contains_key(&document.doc));
        all
    } else {
        let list: Vec<_> = hits.iter().map(|hit| hit.row.into()).collect();
        let sql = format!("{DOCUMENTS} AND d.doc IN (:list)");
        view.query_list(&sql, &[currency_param(currency.as_ref())], &list, read)?
    };
    for document in &mut found {
        document.rank = ranks.get(&document.doc).copied().unwrap_or_default();
    }
    found.sort_by(|one, other| one.rank.total_cmp(&other.rank).then(one.doc.cmp(&other.doc)));
    Ok(found)
}

/// Everything that buyers see, in the order in which it came.
pub fn all_documents(view: &View<'_>, currency: Option<Currency>) -> Result<Vec<Document>> {
    view.query(DOCUMENTS, &[currency_param(currency.as_ref())], read)
}

const DOCUMENTS: &str = "SELECT d.doc, d.facets, p.minor FROM search_docs d \
     LEFT JOIN search_prices p ON p.currency = ?1 AND p.doc = d.doc WHERE d.visible = 1";

fn currency_param(currency: Option<&Currency>) -> mainstay_sql::Param<'_> {
    currency.map(Currency::as_str).into()
}

fn read(row: &Row<'_>) -> Result<Document> {
    let bytes = row.blob(1)?.chunks_exact(4);
    let values = bytes.map(|bytes| ValueId::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    Ok(Document { doc: row.get(0)?, rank: 0.0, values: values.collect(), price: row.get(2)? })
}

/// The products of these documents.
pub fn products_of_documents(view: &View<'_>, docs: &[i64]) -> Result<Vec<(i64, ProductId)>> {
    let list: Vec<_> = docs.iter().map(|doc| (*doc).into()).collect();
    let sql = "SELECT doc, product_id FROM search_docs WHERE doc IN (:list)";
    view.query_list(sql, &[], &list, |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The document of the product that has this very stock keeping unit.
pub fn document_of_sku(view: &View<'_>, sku: &str) -> Result<Option<i64>> {
    let sql =
        "SELECT d.doc FROM variants v JOIN search_docs d ON d.product_id = v.product_id WHERE v.sku = ?1";
    view.query_one(sql, &[sku.into()], |row| row.get(0))
}

/// Every value of a facet, by id.
pub fn values_of_facet(view: &View<'_>, facet: &str) -> Result<Vec<(ValueId, String)>> {
    view.query("SELECT id, value FROM facet_values WHERE facet = ?1", &[facet.into()], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// What these values are.
pub fn facet_values(view: &View<'_>, ids: &[ValueId]) -> Result<Vec<(ValueId, FacetValue)>> {
    let list: Vec<_> = ids.iter().map(|id| (*id).into()).collect();
    let sql = "SELECT id, facet, value FROM facet_values WHERE id IN (:list)";
    view.query_list(sql, &[], &list, |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))
}
