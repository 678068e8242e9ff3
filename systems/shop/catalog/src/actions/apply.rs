//! The one way in which a product is written: rules, rows, addresses and events together, in the caller's transaction,
//! which then says to search what it has written.

use std::collections::{HashMap, HashSet};

use mainstay_core::{Context, Error, Result, codes};
use mainstay_sql::{Tx, View, codes as sql, constraint};

use super::Catalog;
use crate::codes::{SKU_TAKEN, SLUG_TAKEN, VARIANT_TAKEN};
use crate::model::{
    AttributeKind, CategoryId, PictureId, Product, ProductId, VariantId, Versioned, change, check,
    check_values, picture_at,
};
use crate::{events, store};

/// What a change of some products has to be held against, read for all of them at once.
pub(super) struct Known {
    owners: HashMap<VariantId, ProductId>,
    kinds: HashMap<String, AttributeKind>,
    categories: HashSet<CategoryId>,
    pictures: HashSet<PictureId>,
}

impl Known {
    pub(super) fn about<'a>(
        view: &View<'_>,
        products: impl Iterator<Item = &'a Product> + Clone,
    ) -> Result<Self> {
        let variants: Vec<VariantId> =
            products.clone().flat_map(|product| product.variants.iter().map(|variant| variant.id)).collect();
        let owners = store::owners_of_variants(view, &variants)?.into_iter().collect();
        Ok(Self { owners, ..Self::about_goods_of(view, products)? })
    }

    /// About products whose variants are known to be their own.
    pub(super) fn about_goods_of<'a>(
        view: &View<'_>,
        products: impl Iterator<Item = &'a Product> + Clone,
    ) -> Result<Self> {
        let codes: HashSet<&String> =
            products.clone().flat_map(|product| product.attributes.keys()).collect();
        let pictures: HashSet<PictureId> = products.clone().flat_map(pictures_of).collect();
        let pictures: Vec<PictureId> = pictures.into_iter().collect();
        let categories: HashSet<CategoryId> =
            products.flat_map(|product| product.categories.iter().copied()).collect();
        let categories: Vec<CategoryId> = categories.into_iter().collect();
        Ok(Self {
            owners: HashMap::new(),
            kinds: store::kinds(view, codes)?,
            categories: store::known_categories(view, &categories)?.into_iter().collect(),
            pictures: store::shown_pictures(view, &pictures)?.into_iter().collect(),
        })
    }
}

/// What was written of one product.
pub(super) struct Applied {
    pub version: u64,
    pub variants_changed: usize,
}

/// Turns the stored product into the wanted one. `at` stands before the names of fields in what it refuses.
pub(super) fn apply(
    tx: &Tx<'_>,
    catalog: &Catalog,
    ctx: &Context,
    known: &Known,
    stored: Option<&Versioned<Product>>,
    wanted: &Product,
    at: &str,
) -> Result<Applied> {
    refuse(known, wanted, at)?;
    write(tx, catalog, ctx, stored, wanted, at)
}

/// Refuses what no rule of the catalogue allows, before anything is written.
pub(super) fn refuse(known: &Known, wanted: &Product, at: &str) -> Result<()> {
    check(wanted, at)?;
    check_values(&wanted.attributes, &known.kinds, at)?;
    refuse_unknown_categories(known, wanted, at)?;
    refuse_unknown_pictures(known, wanted, at)?;
    refuse_foreign_variants(known, wanted, at)
}

/// Writes a product that is allowed; what is refused still is a unique name that another one has.
pub(super) fn write(
    tx: &Tx<'_>,
    catalog: &Catalog,
    ctx: &Context,
    stored: Option<&Versioned<Product>>,
    wanted: &Product,
    at: &str,
) -> Result<Applied> {
    let version = stored.map_or(0, |stored| stored.version) + 1;
    let old = stored.map(|stored| &stored.value);
    let old_variants = old.map_or(&[][..], |old| &old.variants);
    let change = change(old_variants, &wanted.variants);
    let put = || change.put.iter().map(|place| (*place, &wanted.variants[*place]));

    let replaced: HashSet<VariantId> = old_variants.iter().map(|variant| variant.id).collect();
    let replaced = put().map(|(_, variant)| &variant.id).filter(|id| replaced.contains(id));
    store::remove_variants(tx, change.removed.iter().chain(replaced))?;
    store::put_product(tx, wanted, version).map_err(|error| taken(error, at))?;
    store::put_variants(tx, wanted.id, put()).map_err(|error| taken(error, at))?;
    store::put_categories(tx, wanted.id, old.map_or(&[][..], |old| &old.categories), &wanted.categories)?;
    count_pictures(tx, catalog, old, wanted)?;
    move_slug(tx, old, wanted)?;
    let told: Vec<_> = put().map(|(_, variant)| variant).collect();
    events::product_changed(&catalog.outbox, tx, ctx, wanted, version, &told, &change.removed)?;
    let variants_changed = told.len() + change.removed.len();
    // Counted as written: that a transaction is repeated or undone after this is rare.
    catalog.metrics.products_changed.inc();
    catalog.metrics.variants_changed.inc_by(variants_changed as u64);
    Ok(Applied { version, variants_changed })
}

/// The address that is given up leads to the new one from now on; the new one leads nowhere else any more.
fn move_slug(tx: &Tx<'_>, old: Option<&Product>, wanted: &Product) -> Result<()> {
    match old {
        Some(old) if old.slug == wanted.slug => return Ok(()),
        Some(old) => store::keep_old_slug(tx, &old.slug, wanted.id)?,
        None => {}
    }
    store::release_old_slug(tx, &wanted.slug)
}

fn refuse_unknown_categories(known: &Known, wanted: &Product, at: &str) -> Result<()> {
    let unknown = wanted.categories.iter().position(|id| !known.categories.contains(id));
    unknown.map_or(Ok(()), |place| {
        Err(codes::INVALID
            .error("the product cannot be stored as it is")
            .with_field(format!("{at}categories[{place}]"), "there is no such category"))
    })
}

/// Pictures that the shop keeps itself.
fn pictures_of(product: &Product) -> HashSet<PictureId> {
    product.pictures.iter().filter_map(|address| picture_at(address)).collect()
}

/// An address of ours under which nothing is would stay broken; one of elsewhere is not looked at.
fn refuse_unknown_pictures(known: &Known, wanted: &Product, at: &str) -> Result<()> {
    let is_unknown = |address: &String| picture_at(address).is_some_and(|id| !known.pictures.contains(&id));
    wanted.pictures.iter().position(is_unknown).map_or(Ok(()), |place| {
        Err(codes::INVALID
            .error("the product cannot be stored as it is")
            .with_field(format!("{at}pictures[{place}]"), "there is no such picture"))
    })
}

/// So that a picture that nobody shows any more is known without looking at every product.
fn count_pictures(tx: &Tx<'_>, catalog: &Catalog, old: Option<&Product>, wanted: &Product) -> Result<()> {
    let (old, new) = (old.map(pictures_of).unwrap_or_default(), pictures_of(wanted));
    let now = catalog.db.clock().now();
    old.difference(&new).try_for_each(|id| store::count_picture(tx, *id, false, now))?;
    new.difference(&old).try_for_each(|id| store::count_picture(tx, *id, true, now))
}

fn refuse_foreign_variants(known: &Known, wanted: &Product, at: &str) -> Result<()> {
    let mut refused: Option<Error> = None;
    for (place, variant) in wanted.variants.iter().enumerate() {
        if known.owners.get(&variant.id).is_some_and(|owner| *owner != wanted.id) {
            let error =
                refused.unwrap_or_else(|| VARIANT_TAKEN.error("a variant belongs to another product"));
            refused =
                Some(error.with_field(format!("{at}variants[{place}].id"), "belongs to another product"));
        }
    }
    refused.map_or(Ok(()), Err)
}

/// Says in the catalogue's words which unique name was taken.
fn taken(error: Error, at: &str) -> Error {
    if !error.is(&sql::UNIQUE) {
        return error;
    }
    match constraint(&error) {
        Some(name) if name.contains("slug") => SLUG_TAKEN
            .error("another product has this slug")
            .with_field(format!("{at}slug"), "belongs to another product"),
        Some(name) if name.contains("sku") => SKU_TAKEN
            .error("another product has one of these stock keeping units")
            .with_field(format!("{at}variants"), "have a sku of another product"),
        _ => error,
    }
}
