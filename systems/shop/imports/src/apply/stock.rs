//! Levels: a line says how many pieces there are, inventory takes by how many that changes what it has.
//!
//! The cause names the batch, so a batch that was counted is not counted again: when it is repeated after a crash, either
//! nothing is left to change, or something was sold meanwhile and inventory says that this cause has had its say.

use std::collections::HashMap;

use mainstay_core::{Context, Result};
use mainstay_rpc::{answer, request};
use shop_inventory_contracts::{AdjustRequest, Adjustment, GetLevelsRequest, codes};

use super::names::Names;
use super::{Numbered, Peers};
use crate::model::{Fault, ImportId};

/// The code under which inventory refuses a cause that it knows. It is told as data; inventory's crate is not ours.
const CAUSE_KNOWN: &str = "inventory.cause_reused";

pub async fn apply(
    peers: &Peers,
    ctx: &Context,
    id: ImportId,
    names: &Names,
    lines: &[&Numbered],
) -> Result<Vec<Fault>> {
    let wanted: Vec<(u64, Vec<u8>, i64)> = lines
        .iter()
        .filter_map(|(line, content)| Some((*line, names.variant_id(&content.sku), content.stock?)))
        .collect();
    let Some((first, ..)) = wanted.first() else { return Ok(Vec::new()) };
    let variant_ids = wanted.iter().map(|(_, variant, _)| variant.clone()).collect();
    let mut inventory = peers.inventory.client();
    let levels = answer(inventory.get_levels(request(ctx, GetLevelsRequest { variant_ids })).await)?.levels;
    let on_hand: HashMap<Vec<u8>, i64> =
        levels.into_iter().map(|level| (level.variant_id, level.on_hand)).collect();
    let changes = wanted.iter().filter_map(|(line, variant, pieces)| {
        let delta = pieces - on_hand.get(variant).copied().unwrap_or_default();
        (delta != 0).then(|| (*line, Adjustment { variant_id: variant.clone(), delta }))
    });
    let changes: Vec<(u64, Adjustment)> = changes.collect();
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let adjustments = changes.iter().map(|(_, adjustment)| adjustment.clone()).collect();
    let adjust = AdjustRequest { cause: format!("import:{id}:{first}"), adjustments };
    match answer(inventory.adjust(request(ctx, adjust)).await) {
        Ok(_) => return Ok(Vec::new()),
        Err(error) if error.code() == CAUSE_KNOWN => return Ok(Vec::new()),
        Err(error) if error.is(&codes::OUT_OF_STOCK) => {}
        Err(error) => return Err(error),
    }
    // A buyer holds more of something than there shall be: that line alone waits, the others are counted.
    let mut faults = Vec::new();
    for (line, adjustment) in changes {
        let adjust =
            AdjustRequest { cause: format!("import:{id}:{first}:{line}"), adjustments: vec![adjustment] };
        match answer(inventory.adjust(request(ctx, adjust)).await) {
            Ok(_) => {}
            Err(error) if error.code() == CAUSE_KNOWN => {}
            Err(error) if error.is(&codes::OUT_OF_STOCK) => {
                faults.push(Fault::new(
                    line,
                    "stock_held",
                    "buyers hold more pieces than there shall be; the rest of the line is applied",
                ));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(faults)
}
