//! A batch of lines against the services that own what they speak of: first the catalogue, then pricing and inventory.

mod goods;
mod prices;
mod stock;

use std::collections::HashSet;

use futures::future::try_join;
use mainstay_core::{Context, Money, Result};
use mainstay_rpc::{Channel, Peer};
use shop_catalog_contracts::{CatalogClient, PutByNameRequest};
use shop_inventory_contracts::InventoryClient;
use shop_pricing_contracts::PricingClient;

use crate::model::{Content, Fault, Import, ImportId, Numbered};

/// Who owns what.
#[derive(Clone)]
pub struct Peers {
    pub catalog: Peer<CatalogClient<Channel>>,
    pub pricing: Peer<PricingClient<Channel>>,
    pub inventory: Peer<InventoryClient<Channel>>,
}

/// What a line says beside what the catalogue keeps.
struct Figures {
    line: u64,
    price: Option<Money>,
    tax_class: Option<String>,
    stock: Option<i64>,
}

/// A line that is in the catalogue, as the variant that it is there.
struct Placed<'a> {
    figures: &'a Figures,
    variant: &'a [u8],
}

/// Looks names up and changes nothing: which lines contradict the catalogue as it is.
pub async fn check(
    peers: &Peers,
    ctx: &Context,
    import: &Import,
    lines: &[(u64, &Content)],
) -> Result<Vec<Fault>> {
    goods::check(peers, ctx, import, lines).await
}

/// A batch with what the catalogue is asked to do about it: made before it is its turn, so that nobody waits for it then.
pub struct Prepared {
    asked: PutByNameRequest,
    lines: Vec<Figures>,
    /// By their slugs.
    products: HashSet<String>,
}

impl Prepared {
    pub fn new(import: &Import, lines: Vec<Numbered>) -> Self {
        let mut products = HashSet::new();
        let mut prepared =
            Self { asked: PutByNameRequest::default(), lines: Vec::new(), products: HashSet::new() };
        for (line, content) in lines {
            if !products.contains(&content.product) {
                products.insert(content.product.clone());
            }
            let Content { price, tax_class, stock, .. } = &content;
            let figures = Figures { line, price: *price, tax_class: tax_class.clone(), stock: *stock };
            prepared.lines.push(figures);
            prepared.asked.lines.push(goods::named(import, line, content));
        }
        Self { products, ..prepared }
    }

    /// The products that it is about, by their slugs.
    pub fn products(&self) -> &HashSet<String> {
        &self.products
    }

    /// The same, for whoever still has to know when the batch is under way.
    pub fn take_products(&mut self) -> HashSet<String> {
        std::mem::take(&mut self.products)
    }

    /// Applies the part that is the catalogue's; a price or a level of something that does not exist would be nobody's. The
    /// same again changes nothing more.
    pub async fn apply_goods(self, peers: &Peers, ctx: &Context) -> Result<Shelved> {
        let Self { asked, lines, .. } = self;
        let (variants, faults) = goods::apply(peers, ctx, asked, &lines).await?;
        Ok(Shelved { lines, variants, faults })
    }
}

/// A batch whose goods are in the catalogue.
pub struct Shelved {
    lines: Vec<Figures>,
    // For each line its variant; empty for one that was refused.
    variants: Vec<Vec<u8>>,
    faults: Vec<Fault>,
}

impl Shelved {
    /// How many lines it has.
    pub fn len(&self) -> u64 {
        self.lines.len() as u64
    }

    /// Applies prices and stock; which of all its lines were refused. The same again changes nothing more.
    pub async fn apply_figures(&self, peers: &Peers, ctx: &Context, id: ImportId) -> Result<Vec<Fault>> {
        let placed: Vec<Placed<'_>> = self
            .lines
            .iter()
            .zip(&self.variants)
            .filter(|(_, variant)| !variant.is_empty())
            .map(|(figures, variant)| Placed { figures, variant })
            .collect();
        let (prices, stock) = (prices::apply(peers, ctx, &placed), stock::apply(peers, ctx, id, &placed));
        let ((), held) = try_join(prices, stock).await?;
        Ok(self.faults.iter().cloned().chain(held).collect())
    }
}
