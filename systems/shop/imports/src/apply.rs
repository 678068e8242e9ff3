//! A batch of lines against the services that own what they speak of: first the catalogue, then pricing and inventory.

mod goods;
mod names;
mod prices;
mod stock;

use std::collections::HashSet;

use futures::future::try_join_all;
use mainstay_core::{Context, Result};
use mainstay_rpc::{Channel, Peer};
use shop_catalog_contracts::CatalogClient;
use shop_inventory_contracts::InventoryClient;
use shop_pricing_contracts::PricingClient;

use self::names::Names;
use crate::model::{CALL, Content, Fault, ImportId};

/// Who owns what.
#[derive(Clone)]
pub struct Peers {
    pub catalog: Peer<CatalogClient<Channel>>,
    pub pricing: Peer<PricingClient<Channel>>,
    pub inventory: Peer<InventoryClient<Channel>>,
}

/// A line with its number.
type Numbered = (u64, Content);

/// Looks names up and changes nothing: which lines contradict the catalogue as it is.
pub async fn check(peers: &Peers, ctx: &Context, lines: &[Numbered]) -> Result<Vec<Fault>> {
    let names = names::look_up(peers, ctx, lines).await?;
    Ok(lines.iter().filter_map(|line| names.fault(line)).collect())
}

/// Applies the part of a batch that is the catalogue's; a price or a level of something that does not exist would be
/// nobody's. The same batch again changes nothing more.
pub async fn apply_goods(peers: &Peers, ctx: &Context, lines: Vec<Numbered>) -> Result<Shelved> {
    let names = names::look_up(peers, ctx, &lines).await?;
    let faults = goods::apply(peers, ctx, &names, &lines).await?;
    let refused: HashSet<u64> = faults.iter().map(|fault| fault.line).collect();
    Ok(Shelved { lines, names, faults, refused })
}

/// A batch whose goods are in the catalogue.
pub struct Shelved {
    lines: Vec<Numbered>,
    names: Names,
    faults: Vec<Fault>,
    refused: HashSet<u64>,
}

impl Shelved {
    /// Its last line.
    pub fn last(&self) -> Option<u64> {
        self.lines.last().map(|(line, _)| *line)
    }

    /// How many lines it has.
    pub fn len(&self) -> u64 {
        self.lines.len() as u64
    }

    /// Applies prices and stock; which of all its lines were refused. The same again changes nothing more.
    pub async fn apply_figures(&self, peers: &Peers, ctx: &Context, id: ImportId) -> Result<Vec<Fault>> {
        // A call's lines follow from the batch alone: the cause of a change of stock names the first of them.
        let calls: Vec<Vec<&Numbered>> = self
            .lines
            .chunks(CALL)
            .map(|lines| lines.iter().filter(|(line, _)| !self.refused.contains(line)).collect())
            .collect();
        let prices = calls.iter().map(|lines| prices::apply(peers, ctx, &self.names, lines));
        let stock = calls.iter().map(|lines| stock::apply(peers, ctx, id, &self.names, lines));
        let (_, stock) = tokio::try_join!(try_join_all(prices), try_join_all(stock))?;
        Ok(self.faults.iter().cloned().chain(stock.into_iter().flatten()).collect())
    }
}
