//! Products, without their variants.

use mainstay_core::{Result, codes};
use mainstay_sql::{Param, Row, Tx, View};

use crate::model::{CategoryId, Product, ProductId, Versioned};

/// A product's row.
pub struct Head {
    /// The product without its variants.
    pub product: Versioned<Product>,
    /// How many variants it has.
    pub variant_count: u32,
}

const COLUMNS: &str =
    "id, slug, name, description, pictures, status, options, attributes, categories, version, variant_count";

/// The product, without its variants.
pub fn product(view: &View<'_>, id: ProductId) -> Result<Option<Head>> {
    view.query_one(&format!("SELECT {COLUMNS} FROM products WHERE id = ?1"), &[(&id).into()], read)
}

/// The product at an address, without its variants.
pub fn product_by_slug(view: &View<'_>, slug: &str) -> Result<Option<Head>> {
    view.query_one(&format!("SELECT {COLUMNS} FROM products WHERE slug = ?1"), &[slug.into()], read)
}

/// The products with these ids, in no order; unknown ones are absent.
pub fn products_with(view: &View<'_>, ids: &[ProductId]) -> Result<Vec<Head>> {
    let list: Vec<_> = ids.iter().map(Into::into).collect();
    view.query_list(&format!("SELECT {COLUMNS} FROM products WHERE id IN (:list)"), &[], &list, read)
}

/// The products with these slugs, in no order, without their variants; unknown ones are absent.
pub fn products_with_slugs<'a>(
    view: &View<'_>,
    slugs: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Head>> {
    let list: Vec<_> = slugs.into_iter().map(Into::into).collect();
    view.query_list(&format!("SELECT {COLUMNS} FROM products WHERE slug IN (:list)"), &[], &list, read)
}

/// Which products a page is of.
pub enum In<'a> {
    /// All.
    All,
    /// Those of any of these categories.
    Categories(&'a [CategoryId]),
}

/// Products after a key in the order of ids, without their variants.
pub fn page(
    view: &View<'_>,
    which: &In<'_>,
    after: Option<ProductId>,
    limit: u32,
    hidden_too: bool,
) -> Result<Vec<Head>> {
    let start: &[u8] = after.as_ref().map_or(&[], |id| id.as_bytes());
    match which {
        In::All => view.query(
            &format!(
                "SELECT {COLUMNS} FROM products WHERE id > ?1 AND (sellable = 1 OR ?2) ORDER BY id LIMIT ?3"
            ),
            &[start.into(), hidden_too.into(), limit.into()],
            read,
        ),
        In::Categories(categories) => {
            // Of each category the first few after the key: the page is among them.
            let list: Vec<_> = categories.iter().map(Into::into).collect();
            let mut found = view.query_list(
                &format!(
                    "SELECT {COLUMNS} FROM products WHERE id IN (SELECT product_id FROM product_categories \
                     WHERE category_id IN (:list) AND product_id > ?1) AND (sellable = 1 OR ?2) \
                     ORDER BY id LIMIT ?3"
                ),
                &[start.into(), hidden_too.into(), limit.into()],
                &list,
                read,
            )?;
            found.sort_by_key(|head| head.product.value.id);
            found.dedup_by_key(|head| head.product.value.id);
            found.truncate(limit as usize);
            Ok(found)
        }
    }
}

/// Writes products' own rows: a first version is created, a later one replaces the one before.
pub fn put_products(tx: &Tx<'_>, products: &[(&Product, u64)]) -> Result<()> {
    let written: Vec<Written<'_>> =
        products.iter().map(|(product, version)| Written::new(product, *version)).collect::<Result<_>>()?;
    let (new, known): (Vec<_>, Vec<_>) = written.iter().partition(|one| one.version == 1);
    let rows: Vec<_> = new.into_iter().map(Written::row).collect();
    tx.execute_rows(
        "INSERT INTO products (id, slug, name, description, pictures, sellable, status, options, attributes, \
         categories, version, variant_count) VALUES :rows",
        &rows,
    )?;
    for one in known {
        // There is a trigger; to fail so spares keeping what would have to be undone.
        tx.execute(
            "UPDATE OR FAIL products SET slug = ?2, name = ?3, description = ?4, pictures = ?5, sellable = ?6, \
             status = ?7, options = ?8, attributes = ?9, categories = ?10, version = ?11, variant_count = ?12 \
             WHERE id = ?1",
            &one.row(),
        )?;
    }
    Ok(())
}

/// What a product's row is made of.
struct Written<'a> {
    product: &'a Product,
    pictures: String,
    options: String,
    attributes: String,
    categories: Vec<u8>,
    version: i64,
}

impl<'a> Written<'a> {
    fn new(product: &'a Product, version: u64) -> Result<Self> {
        Ok(Self {
            product,
            pictures: written(&product.pictures)?,
            options: written(&product.options)?,
            attributes: written(&product.attributes)?,
            categories: product.categories.iter().flat_map(|id| *id.as_bytes()).collect(),
            version: signed(version),
        })
    }

    fn row(&self) -> [Param<'_>; 12] {
        let Self { product, pictures, options, attributes, categories, version } = self;
        [
            (&product.id).into(),
            (&product.slug).into(),
            (&product.name).into(),
            (&product.description).into(),
            pictures.into(),
            product.status.is_sellable().into(),
            product.status.as_str().into(),
            options.into(),
            attributes.into(),
            categories.into(),
            (*version).into(),
            u32::try_from(product.variants.len()).unwrap_or(u32::MAX).into(),
        ]
    }
}

/// Says anew in which categories a product is found.
pub fn put_categories(tx: &Tx<'_>, product: ProductId, old: &[CategoryId], new: &[CategoryId]) -> Result<()> {
    for gone in old.iter().filter(|id| !new.contains(id)) {
        let sql = "DELETE FROM product_categories WHERE category_id = ?1 AND product_id = ?2";
        tx.execute(sql, &[gone.into(), (&product).into()])?;
    }
    for added in new.iter().filter(|id| !old.contains(id)) {
        let sql = "INSERT INTO product_categories (category_id, product_id) VALUES (?1, ?2)";
        tx.execute(sql, &[added.into(), (&product).into()])?;
    }
    Ok(())
}

/// A version as the database counts.
pub(super) fn signed(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

pub(super) fn written<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| codes::INTERNAL.because("a part of a product could not be written", error))
}

pub(super) fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|error| codes::DATA_LOSS.because("a part of a product cannot be read", error))
}

fn read(row: &Row<'_>) -> Result<Head> {
    let categories = row.blob(8)?.chunks(16).map(CategoryId::try_from_slice);
    let product = Product {
        id: row.get(0)?,
        slug: row.get(1)?,
        name: row.get(2)?,
        description: row.get(3)?,
        pictures: parsed(row.text(4)?)?,
        status: row.text(5)?.parse()?,
        options: parsed(row.text(6)?)?,
        attributes: parsed(row.text(7)?)?,
        categories: categories.collect::<Result<_>>()?,
        variants: Vec::new(),
    };
    Ok(Head { product: Versioned { version: row.get(9)?, value: product }, variant_count: row.get(10)? })
}
