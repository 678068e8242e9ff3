//! The tree of categories.

use mainstay_core::Result;
use mainstay_sql::{Row, Tx, View};

use super::products::signed;
use crate::model::{Category, CategoryId, Tree, Versioned};

const COLUMNS: &str = "id, parent_id, slug, name, place, version";

/// Every category, siblings in their order.
pub fn categories(view: &View<'_>) -> Result<Vec<Versioned<Category>>> {
    view.query(&format!("SELECT {COLUMNS} FROM categories ORDER BY place, name, id"), &[], read)
}

/// Who stands below whom.
pub fn tree(view: &View<'_>) -> Result<Tree> {
    let edges =
        view.query("SELECT id, parent_id FROM categories", &[], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Tree::new(edges))
}

/// One category.
pub fn category(view: &View<'_>, id: CategoryId) -> Result<Option<Versioned<Category>>> {
    view.query_one(&format!("SELECT {COLUMNS} FROM categories WHERE id = ?1"), &[(&id).into()], read)
}

/// Which of these categories there are.
pub fn known_categories(view: &View<'_>, ids: &[CategoryId]) -> Result<Vec<CategoryId>> {
    let list: Vec<_> = ids.iter().map(Into::into).collect();
    view.query_list("SELECT id FROM categories WHERE id IN (:list)", &[], &list, |row| row.get(0))
}

/// Creates or replaces a category.
pub fn put_category(tx: &Tx<'_>, category: &Category, version: u64) -> Result<()> {
    tx.execute(
        "INSERT INTO categories (id, parent_id, slug, name, place, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT (id) DO UPDATE SET parent_id = ?2, slug = ?3, name = ?4, place = ?5, version = ?6",
        &[
            (&category.id).into(),
            category.parent.as_ref().into(),
            (&category.slug).into(),
            (&category.name).into(),
            category.place.into(),
            signed(version).into(),
        ],
    )?;
    Ok(())
}

/// Whether other categories stand directly below it.
pub fn has_children(view: &View<'_>, id: CategoryId) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM categories WHERE parent_id = ?1)";
    Ok(view.query_one(sql, &[(&id).into()], |row| row.get(0))?.unwrap_or(false))
}

/// Whether products stand in it.
pub fn has_products(view: &View<'_>, id: CategoryId) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM product_categories WHERE category_id = ?1)";
    Ok(view.query_one(sql, &[(&id).into()], |row| row.get(0))?.unwrap_or(false))
}

/// Deletes a category that nothing stands in or below.
pub fn delete_category(tx: &Tx<'_>, id: CategoryId) -> Result<()> {
    tx.execute("DELETE FROM categories WHERE id = ?1", &[(&id).into()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Versioned<Category>> {
    let value = Category {
        id: row.get(0)?,
        parent: row.get(1)?,
        slug: row.get(2)?,
        name: row.get(3)?,
        place: row.get(4)?,
    };
    Ok(Versioned { version: row.get(5)?, value })
}
