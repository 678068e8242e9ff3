//! Variants, of one product, of a page of products, or by their ids.

use mainstay_core::Result;
use mainstay_sql::{Row, Tx, View};

use crate::model::{ProductId, Variant, VariantId, VariantInProduct};

/// A product's variants, in the order in which it shows them.
pub fn variants_of_product(view: &View<'_>, product: ProductId) -> Result<Vec<Variant>> {
    let sql = "SELECT id, sku, name, sellable FROM variants WHERE product_id = ?1 ORDER BY place";
    view.query(sql, &[(&product).into()], read)
}

/// The variants of every product between two ids, both included, in the order of products and places. A page of
/// products is such a range, so it needs one query and not one for each product.
pub fn variants_of_page(
    view: &View<'_>,
    first: ProductId,
    last: ProductId,
) -> Result<Vec<(ProductId, Variant)>> {
    view.query(
        "SELECT id, sku, name, sellable, product_id FROM variants \
         WHERE product_id BETWEEN ?1 AND ?2 ORDER BY product_id, place",
        &[(&first).into(), (&last).into()],
        |row| Ok((row.get(4)?, read(row)?)),
    )
}

/// The variants with these ids, in no order; unknown ones are absent.
pub fn variants_with(view: &View<'_>, ids: &[VariantId]) -> Result<Vec<VariantInProduct>> {
    let list: Vec<_> = ids.iter().map(Into::into).collect();
    let sql = "SELECT v.id, v.sku, v.name, v.sellable AND p.sellable, p.id, p.name \
               FROM variants v JOIN products p ON p.id = v.product_id WHERE v.id IN (:list)";
    view.query_list(sql, &[], &list, |row| {
        Ok(VariantInProduct { variant: read(row)?, product: row.get(4)?, product_name: row.get(5)? })
    })
}

/// Whose variant it is, if there is one.
pub fn owner_of_variant(view: &View<'_>, ids: &[VariantId]) -> Result<Vec<(VariantId, ProductId)>> {
    let list: Vec<_> = ids.iter().map(Into::into).collect();
    let sql = "SELECT id, product_id FROM variants WHERE id IN (:list)";
    view.query_list(sql, &[], &list, |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Replaces all variants of a product. They are deleted first, so that two of them may swap places or units.
pub fn put_variants(tx: &Tx<'_>, product: ProductId, variants: &[Variant]) -> Result<()> {
    tx.execute("DELETE FROM variants WHERE product_id = ?1", &[(&product).into()])?;
    for (place, variant) in (0u32..).zip(variants) {
        tx.execute(
            "INSERT INTO variants (id, product_id, place, sku, name, sellable) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            &[
                (&variant.id).into(),
                (&product).into(),
                place.into(),
                (&variant.sku).into(),
                (&variant.name).into(),
                variant.sellable.into(),
            ],
        )?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Variant> {
    Ok(Variant { id: row.get(0)?, sku: row.get(1)?, name: row.get(2)?, sellable: row.get(3)? })
}
