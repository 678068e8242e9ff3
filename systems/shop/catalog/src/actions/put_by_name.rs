//! Make goods what lines of a file say, found by the names that people give them: what an import calls.
//!
//! Names are looked up in the very transaction of the change, so nothing that somebody else changes meanwhile is written
//! over by what was looked up before.

use std::collections::HashSet;

use mainstay_access::Relation;
use mainstay_audit::Entry;
use mainstay_core::{Context, Error, Result, codes};
use mainstay_sql::{Tx, View};
use shop_access_contracts::{CATALOG_READ_HIDDEN, CATALOG_WRITE};

use super::Catalog;
use super::apply::{Known, Turn, refuse, taken, write};
use super::index::index;
use crate::model::{KnownGoods, NewNamed, Product, ProductId, Refusal, UPSERT_MAX, VariantId};
use crate::store;

/// What came of the lines.
#[derive(Clone, Debug, Default)]
pub struct ByName {
    /// For each line its variant, unless it was refused.
    pub variants: Vec<Option<VariantId>>,
    pub refusals: Vec<Refusal>,
}

/// Makes goods what the lines say, those that are refused left out. The same again changes nothing. Staff and services
/// only.
///
/// # Errors
/// `core.invalid` for none, more than 2,000 lines, or a stock keeping unit twice.
pub async fn put_by_name(catalog: &Catalog, ctx: &Context, lines: Vec<NewNamed>) -> Result<ByName> {
    catalog.access.require(ctx, CATALOG_WRITE, Relation::Other)?;
    refuse_odd_lines(&lines)?;
    let (own, who) = (catalog.clone(), ctx.clone());
    // Where the outcome is unknown, so is what was changed; then what buyers were shown is forgotten by the events alone.
    let (done, touched) = catalog.db.write(ctx, move |tx| put(tx, &own, &who, &lines)).await?;
    catalog.forget_shown(touched.iter().map(|(id, slug)| (*id, slug))).await;
    Ok(done)
}

/// Says which of the lines cannot be used as the catalogue is now. Staff and services only.
///
/// # Errors
/// Those of [`put_by_name`].
pub async fn check_by_name(catalog: &Catalog, ctx: &Context, lines: Vec<NewNamed>) -> Result<Vec<Refusal>> {
    catalog.access.require(ctx, CATALOG_READ_HIDDEN, Relation::Other)?;
    refuse_odd_lines(&lines)?;
    let check = move |view: &View<'_>| {
        let known = store::goods_named(view, &lines)?;
        let refusal = |(place, (line, _)): (usize, &NewNamed)| known.refusal(place, line);
        Ok(lines.iter().enumerate().filter_map(refusal).collect())
    };
    catalog.db.read(ctx, check).await
}

/// What came of it, and which products were changed.
type Written = (ByName, Vec<(ProductId, String)>);

fn put(tx: &Tx<'_>, catalog: &Catalog, ctx: &Context, lines: &[NewNamed]) -> Result<Written> {
    let mut goods = store::goods_named(tx, lines)?;
    add_variants(tx, &mut goods)?;
    let (wanted, refusals) = goods.wanted(lines);
    let known = Known::about_goods_of(tx, wanted.iter().map(|one| &one.product))?;
    let mut done = ByName { variants: vec![None; lines.len()], refusals };
    let mut turns = Vec::new();
    for one in &wanted {
        let is_new = one.old.is_none_or(|old| old.value != one.product);
        if is_new && let Err(error) = refuse(&known, &one.product, "") {
            let why = said(&error);
            let refusal =
                |&(place, _): &(usize, _)| Refusal { place, reason: "refused", detail: why.clone() };
            done.refusals.extend(one.lines.iter().map(refusal));
            continue;
        }
        if is_new {
            turns.push(Turn { stored: one.old, wanted: &one.product });
        }
        for (place, variant) in &one.lines {
            done.variants[*place] = Some(*variant);
        }
    }
    let variants_changed = write(tx, catalog, ctx, &turns).map_err(|error| taken(error, ""))?;
    let written: Vec<&Product> = turns.iter().map(|turn| turn.wanted).collect();
    index(tx, catalog, written.iter().copied())?;
    if !written.is_empty() {
        let ids: Vec<String> = written.iter().map(|product| product.id.to_string()).collect();
        let after = serde_json::json!({
            "products_changed": written.len(), "variants_changed": variants_changed, "products": ids,
        });
        catalog.audit.record(tx, ctx, Entry::new("products.upsert", "products").after(&after)?)?;
    }
    let touched = written.iter().map(|product| (product.id, product.slug.clone())).collect();
    Ok((done, touched))
}

/// Reads the variants of what is known.
fn add_variants(view: &View<'_>, goods: &mut KnownGoods) -> Result<()> {
    let products = goods.products.values_mut().map(|product| (product.value.id, &mut product.value));
    let mut products: std::collections::HashMap<ProductId, _> = products.collect();
    let ids: Vec<ProductId> = products.keys().copied().collect();
    for (id, variant) in store::variants_of_products(view, &ids)? {
        if let Some(product) = products.get_mut(&id) {
            product.variants.push(variant);
        }
    }
    Ok(())
}

fn said(error: &Error) -> String {
    error
        .fields()
        .first()
        .map_or_else(|| error.message().to_owned(), |field| format!("{} {}", field.path, field.message))
}

fn refuse_odd_lines(lines: &[NewNamed]) -> Result<()> {
    let refuse = |path: String, message: &str| {
        Err(codes::INVALID.error("the lines cannot be taken as they are").with_field(path, message))
    };
    if lines.is_empty() || lines.len() > UPSERT_MAX {
        return refuse("lines".into(), "must be 1 to 2000");
    }
    let mut seen = HashSet::with_capacity(lines.len());
    match lines.iter().position(|(line, _)| !seen.insert(&line.sku)) {
        Some(place) => refuse(format!("lines[{place}].sku"), "must not repeat"),
        None => Ok(()),
    }
}
