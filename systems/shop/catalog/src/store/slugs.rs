//! Addresses that products had before: links that people have kept still lead somewhere.

use mainstay_core::Result;
use mainstay_sql::{Tx, View};

use crate::model::ProductId;

/// Whose address it was.
pub fn owner_of_old_slug(view: &View<'_>, slug: &str) -> Result<Option<ProductId>> {
    view.query_one("SELECT product_id FROM old_slugs WHERE slug = ?1", &[slug.into()], |row| row.get(0))
}

/// Remembers an address that a product gives up.
pub fn keep_old_slug(tx: &Tx<'_>, slug: &str, product: ProductId) -> Result<()> {
    let sql = "INSERT INTO old_slugs (slug, product_id) VALUES (?1, ?2) \
               ON CONFLICT (slug) DO UPDATE SET product_id = ?2";
    tx.execute(sql, &[slug.into(), (&product).into()])?;
    Ok(())
}

/// Addresses that are in use again lead nowhere else.
pub fn release_old_slugs<'a>(tx: &Tx<'_>, slugs: impl Iterator<Item = &'a str>) -> Result<()> {
    // Most shops never move a product, and an import has many new ones.
    if tx.query_one("SELECT 1 FROM old_slugs LIMIT 1", &[], |_| Ok(()))?.is_none() {
        return Ok(());
    }
    for slug in slugs {
        tx.execute("DELETE FROM old_slugs WHERE slug = ?1", &[slug.into()])?;
    }
    Ok(())
}
