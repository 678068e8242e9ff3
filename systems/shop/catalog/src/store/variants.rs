//! Variants, of one product, of a page of products, or by their ids.

use mainstay_core::Result;
use mainstay_sql::{Param, Row, Tx, View};

use super::products::{parsed, written};
use crate::model::{ProductId, VARIANTS_IN_LIST, Variant, VariantId, VariantInProduct};

/// A product's variants, in the order in which it shows them.
pub fn variants_of_product(view: &View<'_>, product: ProductId) -> Result<Vec<Variant>> {
    let sql = "SELECT id, sku, name, sellable, options FROM variants WHERE product_id = ?1 ORDER BY place";
    view.query(sql, &[(&product).into()], read)
}

/// A product's variants from a place on, each with its place.
pub fn variant_page(
    view: &View<'_>,
    product: ProductId,
    from: u32,
    limit: u32,
) -> Result<Vec<(u32, Variant)>> {
    view.query(
        "SELECT id, sku, name, sellable, options, place FROM variants WHERE product_id = ?1 AND place >= ?2 \
         ORDER BY place LIMIT ?3",
        &[(&product).into(), from.into(), limit.into()],
        |row| Ok((row.get(5)?, read(row)?)),
    )
}

/// All variants of these products, in the order of places within each.
pub fn variants_of_products(view: &View<'_>, products: &[ProductId]) -> Result<Vec<(ProductId, Variant)>> {
    let list: Vec<_> = products.iter().map(Into::into).collect();
    let sql = "SELECT id, sku, name, sellable, options, product_id FROM variants \
               WHERE product_id IN (:list) ORDER BY product_id, place";
    view.query_list(sql, &[], &list, |row| Ok((row.get(5)?, read(row)?)))
}

/// The first variants of each of these products, in the order of places within each: what a list of products shows.
/// Each product's are a range of the index, so a product with a thousand variants costs what one with twenty does.
pub fn variants_in_list(view: &View<'_>, products: &[ProductId]) -> Result<Vec<(ProductId, Variant)>> {
    let list: Vec<_> = products.iter().map(Into::into).collect();
    view.query_list(
        "SELECT id, sku, name, sellable, options, product_id FROM variants \
         WHERE product_id IN (:list) AND place < ?1 ORDER BY product_id, place",
        &[VARIANTS_IN_LIST.into()],
        &list,
        |row| Ok((row.get(5)?, read(row)?)),
    )
}

/// The variants with these ids, in no order; unknown ones are absent.
pub fn variants_with(view: &View<'_>, ids: &[VariantId]) -> Result<Vec<VariantInProduct>> {
    let list: Vec<_> = ids.iter().map(Into::into).collect();
    let sql = "SELECT v.id, v.sku, v.name, v.sellable AND p.sellable, v.options, p.id, p.name \
               FROM variants v JOIN products p ON p.id = v.product_id WHERE v.id IN (:list)";
    view.query_list(sql, &[], &list, |row| {
        Ok(VariantInProduct { variant: read(row)?, product: row.get(5)?, product_name: row.get(6)? })
    })
}

/// Whose variants they are, of those that there are.
pub fn owners_of_variants(view: &View<'_>, ids: &[VariantId]) -> Result<Vec<(VariantId, ProductId)>> {
    let list: Vec<_> = ids.iter().map(Into::into).collect();
    let sql = "SELECT id, product_id FROM variants WHERE id IN (:list)";
    view.query_list(sql, &[], &list, |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Deletes variants.
pub fn remove_variants<'a>(tx: &Tx<'_>, ids: impl IntoIterator<Item = &'a VariantId>) -> Result<()> {
    for id in ids {
        tx.execute("DELETE FROM variants WHERE id = ?1", &[id.into()])?;
    }
    Ok(())
}

/// Adds variants to products at their places. Those that are replaced were removed before, so that two of them may swap
/// places, units or options.
pub fn put_variants<'a>(
    tx: &Tx<'_>,
    variants: impl Iterator<Item = (ProductId, usize, &'a Variant)>,
) -> Result<()> {
    let placed: Vec<Placed<'_>> = variants.map(Placed::new).collect::<Result<_>>()?;
    let rows: Vec<_> = placed.iter().map(Placed::row).collect();
    let sql = "INSERT INTO variants (id, product_id, place, sku, name, sellable, options) VALUES :rows";
    tx.execute_rows(sql, &rows).map(drop)
}

/// What a variant's row is made of.
struct Placed<'a> {
    product: ProductId,
    place: i64,
    variant: &'a Variant,
    options: Option<String>,
}

impl<'a> Placed<'a> {
    fn new((product, place, variant): (ProductId, usize, &'a Variant)) -> Result<Self> {
        let options = (!variant.options.is_empty()).then(|| written(&variant.options)).transpose()?;
        Ok(Self { product, place: i64::try_from(place).unwrap_or(i64::MAX), variant, options })
    }

    fn row(&self) -> [Param<'_>; 7] {
        let Self { product, place, variant, options } = self;
        [
            (&variant.id).into(),
            product.into(),
            (*place).into(),
            (&variant.sku).into(),
            (&variant.name).into(),
            variant.sellable.into(),
            options.as_ref().into(),
        ]
    }
}

fn read(row: &Row<'_>) -> Result<Variant> {
    let options: Option<String> = row.get(4)?;
    Ok(Variant {
        id: row.get(0)?,
        sku: row.get(1)?,
        name: row.get(2)?,
        sellable: row.get(3)?,
        options: options.map_or(Ok(Vec::new()), |text| parsed(&text))?,
    })
}
