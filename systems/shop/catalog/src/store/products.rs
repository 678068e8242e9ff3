//! Products, without their variants.

use mainstay_core::{Result, codes};
use mainstay_sql::{Row, Tx, View};

use crate::model::{Product, ProductId};

/// The product, without its variants.
pub fn product(view: &View<'_>, id: ProductId) -> Result<Option<Product>> {
    let sql = "SELECT id, slug, name, description, pictures, sellable FROM products WHERE id = ?1";
    view.query_one(sql, &[(&id).into()], read)
}

/// The product at an address, without its variants.
pub fn product_by_slug(view: &View<'_>, slug: &str) -> Result<Option<Product>> {
    let sql = "SELECT id, slug, name, description, pictures, sellable FROM products WHERE slug = ?1";
    view.query_one(sql, &[slug.into()], read)
}

/// Products after a key in the order of ids, without their variants.
pub fn page(view: &View<'_>, after: Option<ProductId>, limit: u32, hidden_too: bool) -> Result<Vec<Product>> {
    let start: &[u8] = after.as_ref().map_or(&[], |id| id.as_bytes());
    view.query(
        "SELECT id, slug, name, description, pictures, sellable FROM products \
         WHERE id > ?1 AND (sellable = 1 OR ?2) ORDER BY id LIMIT ?3",
        &[start.into(), hidden_too.into(), limit.into()],
        read,
    )
}

/// Creates or replaces the product's own row.
pub fn put_product(tx: &Tx<'_>, product: &Product) -> Result<()> {
    let pictures = serde_json::to_string(&product.pictures)
        .map_err(|error| codes::INTERNAL.because("the pictures could not be written", error))?;
    tx.execute(
        "INSERT INTO products (id, slug, name, description, pictures, sellable) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT (id) DO UPDATE SET slug = ?2, name = ?3, description = ?4, pictures = ?5, sellable = ?6",
        &[
            (&product.id).into(),
            (&product.slug).into(),
            (&product.name).into(),
            (&product.description).into(),
            (&pictures).into(),
            product.sellable.into(),
        ],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Product> {
    let pictures = serde_json::from_str(row.text(4)?)
        .map_err(|error| codes::DATA_LOSS.because("the pictures of a product cannot be read", error))?;
    Ok(Product {
        id: row.get(0)?,
        slug: row.get(1)?,
        name: row.get(2)?,
        description: row.get(3)?,
        pictures,
        sellable: row.get(5)?,
        variants: Vec::new(),
    })
}
