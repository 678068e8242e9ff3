//! Which ids the names of a batch stand for: those that the catalogue knows, and for new ones such as follow from the name,
//! so that applying a batch again finds what the first time made.

use std::collections::{HashMap, HashSet};

use mainstay_core::{Context, Id, Result};
use mainstay_rpc::{answer, request};
use shop_catalog_contracts as catalog;
use shop_catalog_contracts::v1;

use super::{Numbered, Peers};
use crate::model::{CALL, Content, Fault};

/// What ids of new goods are derived from.
const ROOT: [u8; 16] = *b"mainstay imports";

/// The goods that a batch names, as far as the catalogue knows them.
#[derive(Debug, Default)]
pub struct Names {
    products: HashMap<String, v1::Product>,
    variants: HashMap<String, v1::Variant>,
}

pub async fn look_up(peers: &Peers, ctx: &Context, lines: &[Numbered]) -> Result<Names> {
    let slugs: HashSet<&str> = lines.iter().map(|(_, content)| content.product.as_str()).collect();
    let slugs: Vec<&str> = slugs.into_iter().collect();
    let mut slugs = slugs.chunks(CALL);
    let mut names = Names::default();
    for lines in lines.chunks(CALL) {
        // There are at most as many products as lines.
        let slugs = slugs.next().unwrap_or_default();
        let asked = catalog::FindByNameRequest {
            slugs: slugs.iter().map(|slug| (*slug).to_owned()).collect(),
            skus: lines.iter().map(|(_, content)| content.sku.clone()).collect(),
        };
        let found = answer(peers.catalog.client().find_by_name(request(ctx, asked)).await)?;
        names.products.extend(found.products.into_iter().map(|product| (product.slug.clone(), product)));
        names.variants.extend(found.variants.into_iter().map(|variant| (variant.sku.clone(), variant)));
    }
    Ok(names)
}

impl Names {
    pub fn product(&self, slug: &str) -> Option<&v1::Product> {
        self.products.get(slug)
    }

    pub fn variant(&self, sku: &str) -> Option<&v1::Variant> {
        self.variants.get(sku)
    }

    pub fn product_id(&self, slug: &str) -> Vec<u8> {
        let new = || Id::<catalog::Product>::from_bytes(ROOT).derive::<catalog::Product>(slug).to_vec();
        self.product(slug).map_or_else(new, |product| product.id.clone())
    }

    pub fn variant_id(&self, sku: &str) -> Vec<u8> {
        let new = || Id::<catalog::Product>::from_bytes(ROOT).derive::<catalog::Variant>(sku).to_vec();
        self.variant(sku).map_or_else(new, |variant| variant.id.clone())
    }

    /// What is wrong with a line in the light of the catalogue.
    pub fn fault(&self, (line, content): &Numbered) -> Option<Fault> {
        let Content { product, sku, name, .. } = content;
        match (self.product(product), self.variant(sku)) {
            (known, Some(variant)) if known.is_none_or(|product| product.id != variant.product_id) => Some(
                Fault::new(*line, "sku_of_another_product", format!("{sku} is a variant of another product")),
            ),
            (Some(known), None) if !known.options.is_empty() => Some(Fault::new(
                *line,
                "options_needed",
                format!(
                    "{product} tells its variants apart by {}; add {sku} there",
                    known.options.join(", ")
                ),
            )),
            (None, None) if name.is_none() => {
                Some(Fault::new(*line, "name_needed", format!("{product} is new and has no name")))
            }
            _ => None,
        }
    }
}
