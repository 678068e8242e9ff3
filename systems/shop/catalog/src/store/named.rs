//! Goods by the names that people give them.

use std::collections::HashSet;

use mainstay_core::Result;
use mainstay_sql::View;

use super::products::products_with_slugs;
use crate::model::{KnownGoods, NewNamed};

/// The goods that these lines name, as far as there are any; products without their variants.
pub fn goods_named(view: &View<'_>, lines: &[NewNamed]) -> Result<KnownGoods> {
    let slugs: HashSet<&str> = lines.iter().map(|(line, _)| line.product.as_str()).collect();
    let products = products_with_slugs(view, slugs)?.into_iter();
    let skus: Vec<_> = lines.iter().map(|(line, _)| (&line.sku).into()).collect();
    let sql = "SELECT sku, id, product_id FROM variants WHERE sku IN (:list)";
    let variants = view.query_list(sql, &[], &skus, |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
    Ok(KnownGoods {
        products: products.map(|head| (head.product.value.slug.clone(), head.product)).collect(),
        variants: variants.into_iter().collect(),
    })
}
