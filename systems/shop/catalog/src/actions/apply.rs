//! The one way in which a product is written: rules, rows, addresses and events together, in the caller's transaction,
//! which then says to search what it has written.

use std::collections::{HashMap, HashSet};

use mainstay_core::{Context, Error, Result, codes};
use mainstay_sql::{Tx, View, codes as sql, constraint};

use super::Catalog;
use crate::codes::{SKU_TAKEN, SLUG_TAKEN, VARIANT_TAKEN};
use crate::model::{
    AttributeKind, CategoryId, Change, PictureId, Product, ProductId, VariantId, Versioned, change, check,
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

/// A product that becomes another one, or begins to be.
pub(super) struct Turn<'a> {
    pub stored: Option<&'a Versioned<Product>>,
    pub wanted: &'a Product,
}

impl<'a> Turn<'a> {
    fn old(&self) -> Option<&'a Product> {
        self.stored.map(|stored| &stored.value)
    }

    /// The version that it becomes.
    fn version(&self) -> u64 {
        self.stored.map_or(0, |stored| stored.version) + 1
    }

    fn change(&self) -> Change {
        change(self.old().map_or(&[][..], |old| &old.variants), &self.wanted.variants)
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
    let turn = Turn { stored, wanted };
    let version = turn.version();
    let variants_changed = write(tx, catalog, ctx, &[turn]).map_err(|error| taken(error, at))?;
    Ok(Applied { version, variants_changed })
}

/// Refuses what no rule of the catalogue allows, before anything is written.
pub(super) fn refuse(known: &Known, wanted: &Product, at: &str) -> Result<()> {
    check(wanted, at)?;
    check_values(&wanted.attributes, &known.kinds, at)?;
    refuse_unknown_categories(known, wanted, at)?;
    refuse_unknown_pictures(known, wanted, at)?;
    refuse_foreign_variants(known, wanted, at)
}

/// Writes products that are allowed, each once, table by table; how many variants were changed. What is refused still is a
/// unique name that another one has.
pub(super) fn write(tx: &Tx<'_>, catalog: &Catalog, ctx: &Context, turns: &[Turn<'_>]) -> Result<usize> {
    let changes: Vec<Change> = turns.iter().map(Turn::change).collect();
    let each = || turns.iter().zip(&changes);
    for (turn, change) in each().filter(|(turn, _)| turn.stored.is_some()) {
        let replaced: HashSet<VariantId> =
            turn.old().into_iter().flat_map(|old| &old.variants).map(|variant| variant.id).collect();
        let put = change.put.iter().map(|place| &turn.wanted.variants[*place].id);
        store::remove_variants(tx, change.removed.iter().chain(put.filter(|id| replaced.contains(id))))?;
    }
    let products: Vec<(&Product, u64)> = turns.iter().map(|turn| (turn.wanted, turn.version())).collect();
    store::put_products(tx, &products)?;
    let variants = each().flat_map(|(turn, change)| {
        change.put.iter().map(|place| (turn.wanted.id, *place, &turn.wanted.variants[*place]))
    });
    store::put_variants(tx, variants)?;
    for turn in turns {
        let old = turn.old().map_or(&[][..], |old| &old.categories);
        store::put_categories(tx, turn.wanted.id, old, &turn.wanted.categories)?;
        count_pictures(tx, catalog, turn.old(), turn.wanted)?;
    }
    move_slugs(tx, turns)?;
    let news = each().map(|(turn, change)| events::News {
        product: turn.wanted,
        version: turn.version(),
        changed: change.put.iter().map(|place| &turn.wanted.variants[*place]).collect(),
        removed: &change.removed,
    });
    events::products_changed(&catalog.outbox, tx, ctx, news)?;
    let variants_changed = changes.iter().map(|change| change.put.len() + change.removed.len()).sum();
    // Counted as written: that a transaction is repeated or undone after this is rare.
    catalog.metrics.products_changed.inc_by(turns.len() as u64);
    catalog.metrics.variants_changed.inc_by(variants_changed as u64);
    Ok(variants_changed)
}

/// Addresses that are given up lead to the new ones from now on; the new ones lead nowhere else any more.
fn move_slugs(tx: &Tx<'_>, turns: &[Turn<'_>]) -> Result<()> {
    let moved = turns.iter().filter(|turn| turn.old().is_none_or(|old| old.slug != turn.wanted.slug));
    let moved: Vec<&Turn<'_>> = moved.collect();
    for turn in &moved {
        if let Some(old) = turn.old() {
            store::keep_old_slug(tx, &old.slug, turn.wanted.id)?;
        }
    }
    store::release_old_slugs(tx, moved.iter().map(|turn| turn.wanted.slug.as_str()))
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
    if wanted.pictures.is_empty() && old.is_none_or(|old| old.pictures.is_empty()) {
        return Ok(());
    }
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
pub(super) fn taken(error: Error, at: &str) -> Error {
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
