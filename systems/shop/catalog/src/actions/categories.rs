//! The tree of categories: show it, change it.

use mainstay_access::Relation;
use mainstay_audit::Entry;
use mainstay_core::{Context, Error, Result, codes};
use mainstay_sql::{Tx, codes as sql};
use shop_access_contracts::CATALOG_WRITE;

use super::{Catalog, Guard};
use crate::codes::{CATEGORY_IN_USE, CATEGORY_UNKNOWN, SLUG_TAKEN};
use crate::model::{Category, CategoryId, Versioned, check_category};
use crate::{events, store};

/// A category with its way from the top.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The category.
    pub category: Versioned<Category>,
    /// What is above it, topmost first.
    pub above: Vec<Category>,
    /// What is directly below it, in order.
    pub below: Vec<Category>,
}

/// Every category, siblings in their order.
///
/// # Errors
/// Only the database's.
pub async fn list_categories(catalog: &Catalog, ctx: &Context) -> Result<Vec<Versioned<Category>>> {
    catalog.db.read(ctx, store::categories).await
}

/// One category with its way from the top and what is below it.
///
/// # Errors
/// `catalog.category_unknown`.
pub async fn get_category(catalog: &Catalog, ctx: &Context, id: CategoryId) -> Result<Branch> {
    let all = catalog.db.read(ctx, store::categories).await?;
    let find = |id: CategoryId| all.iter().find(|one| one.value.id == id);
    let category = find(id).ok_or_else(unknown)?.clone();
    let tree = crate::model::Tree::new(all.iter().map(|one| (one.value.id, one.value.parent)));
    let above = tree.upwards(id).into_iter().skip(1).filter_map(find).map(|one| one.value.clone());
    let mut above: Vec<Category> = above.collect();
    above.reverse();
    let below = all.iter().filter(|one| one.value.parent == Some(id)).map(|one| one.value.clone());
    Ok(Branch { category, above, below: below.collect() })
}

/// Makes the category what the caller says: creates, renames, orders, or moves it with all below it. Staff and services
/// only.
///
/// # Errors
/// `core.invalid` with a field for each fault, a move below itself among them; `catalog.slug_taken`; the guard's.
pub async fn put_category(
    catalog: &Catalog,
    ctx: &Context,
    category: Category,
    guard: impl Guard,
) -> Result<Versioned<Category>> {
    catalog.access.require(ctx, CATALOG_WRITE, Relation::Other)?;
    check_category(&category)?;
    let (outbox, audit, who) = (catalog.outbox.clone(), catalog.audit.clone(), ctx.clone());
    let write = move |tx: &Tx<'_>| {
        let stored = store::category(tx, category.id)?;
        if let Some(same) = stored.as_ref().filter(|stored| stored.value == category) {
            return Ok(same.clone());
        }
        guard(stored.as_ref().map(|stored| stored.version))?;
        store::tree(tx)?.allows(category.id, category.parent).map_err(|fault| {
            codes::INVALID.error("the category cannot stand there").with_field("parent", fault)
        })?;
        let version = stored.map_or(0, |stored| stored.version) + 1;
        store::put_category(tx, &category, version).map_err(taken)?;
        events::category_changed(&outbox, tx, &who, &category)?;
        audit.record(tx, &who, Entry::new("category.put", category.id.to_string()).after(&category.slug)?)?;
        Ok(Versioned { version, value: category.clone() })
    };
    catalog.db.write(ctx, write).await
}

/// Deletes a category that nothing stands in or below. One that is gone already is a success. Staff and services only.
///
/// # Errors
/// `catalog.category_in_use`; the guard's.
pub async fn delete_category(
    catalog: &Catalog,
    ctx: &Context,
    id: CategoryId,
    guard: impl Guard,
) -> Result<()> {
    catalog.access.require(ctx, CATALOG_WRITE, Relation::Other)?;
    let (outbox, audit, who) = (catalog.outbox.clone(), catalog.audit.clone(), ctx.clone());
    let write = move |tx: &Tx<'_>| {
        let Some(stored) = store::category(tx, id)? else { return Ok(()) };
        guard(Some(stored.version))?;
        if store::has_children(tx, id)? || store::has_products(tx, id)? {
            return Err(CATEGORY_IN_USE.error("products or other categories stand in it"));
        }
        store::delete_category(tx, id)?;
        audit.record(tx, &who, Entry::new("category.delete", id.to_string()).before(&stored.value.slug)?)?;
        events::category_removed(&outbox, tx, &who, id)
    };
    catalog.db.write(ctx, write).await
}

fn unknown() -> Error {
    CATEGORY_UNKNOWN.error("there is no such category")
}

fn taken(error: Error) -> Error {
    if error.is(&sql::UNIQUE) {
        SLUG_TAKEN.error("another category has this slug").with_field("slug", "belongs to another category")
    } else {
        error
    }
}
