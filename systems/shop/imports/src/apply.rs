//! A batch of lines against the services that own what they speak of.

mod goods;
mod names;
mod prices;
mod stock;

use mainstay_core::{Context, Result};
use mainstay_rpc::{Channel, Peer};
use shop_catalog_contracts::CatalogClient;
use shop_inventory_contracts::InventoryClient;
use shop_pricing_contracts::PricingClient;

use crate::model::{Content, Fault, ImportId};

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

/// Applies a batch; which of its lines were refused. The same batch again changes nothing more.
pub async fn apply(peers: &Peers, ctx: &Context, id: ImportId, lines: &[Numbered]) -> Result<Vec<Fault>> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let names = names::look_up(peers, ctx, lines).await?;
    // The catalogue first: a price or a level of something that does not exist would be nobody's.
    let mut faults = goods::apply(peers, ctx, &names, lines).await?;
    let good: Vec<&Numbered> =
        lines.iter().filter(|(line, _)| !faults.iter().any(|fault| fault.line == *line)).collect();
    let (priced, stocked) =
        tokio::join!(prices::apply(peers, ctx, &names, &good), stock::apply(peers, ctx, id, &names, &good));
    priced?;
    faults.extend(stocked?);
    Ok(faults)
}
