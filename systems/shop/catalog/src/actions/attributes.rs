//! The definitions of attributes: show them, change them.

use mainstay_access::Relation;
use mainstay_audit::Entry;
use mainstay_core::{Context, Result};
use mainstay_sql::Tx;
use shop_access_contracts::CATALOG_WRITE;

use super::{Catalog, Guard};
use crate::codes::ATTRIBUTE_KIND;
use crate::model::{Attribute, Versioned, check_attribute};
use crate::{events, store};

/// Every definition, by code.
///
/// # Errors
/// Only the database's.
pub async fn list_attributes(catalog: &Catalog, ctx: &Context) -> Result<Vec<Versioned<Attribute>>> {
    catalog.db.read(ctx, store::attributes).await
}

/// Defines an attribute, or changes what it is called and whether it filters. Staff and services only.
///
/// # Errors
/// `core.invalid` with a field for each fault; `catalog.attribute_kind` when it is of another kind already; the guard's.
pub async fn put_attribute(
    catalog: &Catalog,
    ctx: &Context,
    attribute: Attribute,
    guard: impl Guard,
) -> Result<Versioned<Attribute>> {
    catalog.access.require(ctx, CATALOG_WRITE, Relation::Other)?;
    check_attribute(&attribute)?;
    let (outbox, audit, who) = (catalog.outbox.clone(), catalog.audit.clone(), ctx.clone());
    let write = move |tx: &Tx<'_>| {
        let stored = store::attribute(tx, &attribute.code)?;
        if let Some(same) = stored.as_ref().filter(|stored| stored.value == attribute) {
            return Ok(same.clone());
        }
        guard(stored.as_ref().map(|stored| stored.version))?;
        if stored.as_ref().is_some_and(|stored| stored.value.kind != attribute.kind) {
            return Err(ATTRIBUTE_KIND
                .error("products have values of the kind that the attribute was defined with")
                .with_field("kind", "cannot change"));
        }
        let version = stored.map_or(0, |stored| stored.version) + 1;
        store::put_attribute(tx, &attribute, version)?;
        events::attribute_changed(&outbox, tx, &who, &attribute)?;
        audit.record(tx, &who, Entry::new("attribute.put", &*attribute.code).after(&attribute.name)?)?;
        Ok(Versioned { version, value: attribute.clone() })
    };
    catalog.db.write(ctx, write).await
}
