//! Products and variants, through the catalogue's bulk change.

use mainstay_core::{Context, Error, Kind, Result};
use mainstay_rpc::{answer, request};
use shop_catalog_contracts::{UpsertProductsRequest, v1};

use super::names::Names;
use super::{Numbered, Peers};
use crate::model::{Content, Fault};

/// A product with the lines that it is made of.
struct Made {
    product: v1::Product,
    lines: Vec<u64>,
}

/// Creates or changes them, all at once if the catalogue takes them, else one product after the other.
pub async fn apply(peers: &Peers, ctx: &Context, names: &Names, lines: &[Numbered]) -> Result<Vec<Fault>> {
    let (products, lines): (Vec<_>, Vec<_>) =
        products(names, lines).into_iter().map(|made| (made.product, made.lines)).unzip();
    let mut catalog = peers.catalog.client();
    // The copy costs little beside the change, and who is refused is hardly ever known before.
    let all = UpsertProductsRequest { products: products.clone() };
    match answer(catalog.upsert_products(request(ctx, all)).await) {
        Ok(_) => return Ok(Vec::new()),
        Err(error) if !is_refusal(&error) => return Err(error),
        Err(_) => {}
    }
    // Somebody changed the catalogue since the lines were checked, or a rule of its own forbids one of them.
    let mut faults = Vec::new();
    for (product, lines) in products.into_iter().zip(lines) {
        let one = UpsertProductsRequest { products: vec![product] };
        match answer(catalog.upsert_products(request(ctx, one)).await) {
            Ok(_) => {}
            Err(error) if !is_refusal(&error) => return Err(error),
            Err(error) => {
                let why = error.fields().first().map_or_else(
                    || error.message().to_owned(),
                    |field| format!("{} {}", field.path, field.message),
                );
                faults.extend(lines.into_iter().map(|line| Fault::new(line, "refused_by_catalogue", &why)));
            }
        }
    }
    Ok(faults)
}

/// Whether it is the goods that are wrong, and not the moment or the catalogue.
fn is_refusal(error: &Error) -> bool {
    matches!(error.kind(), Kind::InvalidArgument | Kind::AlreadyExists | Kind::FailedPrecondition)
}

/// The lines by product, in the order in which products first appear.
fn products(names: &Names, lines: &[Numbered]) -> Vec<Made> {
    let mut made: Vec<Made> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for (line, content) in lines {
        let place = *places.entry(content.product.as_str()).or_insert_with(|| {
            made.push(Made { product: begun(names, content), lines: Vec::new() });
            made.len() - 1
        });
        let Made { product, lines } = &mut made[place];
        // A later line of the product may say what an earlier one left out.
        product.name = content.name.clone().unwrap_or_else(|| std::mem::take(&mut product.name));
        product.description =
            content.description.clone().unwrap_or_else(|| std::mem::take(&mut product.description));
        product.variants.push(variant(names, content, product));
        lines.push(*line);
    }
    made
}

/// The product as it is, or a new one for sale; without variants, which are those to add or change.
fn begun(names: &Names, content: &Content) -> v1::Product {
    match names.product(&content.product) {
        Some(known) => v1::Product { variants: Vec::new(), version: 0, ..known.clone() },
        None => v1::Product {
            id: names.product_id(&content.product),
            slug: content.product.clone(),
            sellable: true,
            ..v1::Product::default()
        },
    }
}

fn variant(names: &Names, content: &Content, product: &v1::Product) -> v1::Variant {
    let known = names.variant(&content.sku);
    v1::Variant {
        id: names.variant_id(&content.sku),
        product_id: product.id.clone(),
        sku: content.sku.clone(),
        name: content.variant.clone().or_else(|| known.map(|known| known.name.clone())).unwrap_or_default(),
        product_name: String::new(),
        sellable: known.is_none_or(|known| known.sellable),
        options: known.map(|known| known.options.clone()).unwrap_or_default(),
    }
}
