//! Levels: a line says how many pieces there are.
//!
//! The cause is the import, under which inventory counts each variant once: a batch that is repeated after a crash is not
//! counted again, so what was sold meanwhile stays sold.

use std::collections::HashSet;

use mainstay_core::{Context, Result};
use mainstay_rpc::{answer, request};
use shop_inventory_contracts::{CountRequest, Counted};

use super::{Peers, Placed};
use crate::model::{Fault, ImportId};

pub async fn apply(peers: &Peers, ctx: &Context, id: ImportId, lines: &[Placed<'_>]) -> Result<Vec<Fault>> {
    let counted: Vec<Counted> = lines.iter().filter_map(counted).collect();
    if counted.is_empty() {
        return Ok(Vec::new());
    }
    let count = CountRequest { cause: format!("import:{id}"), counted };
    let held = answer(peers.inventory.client().count(request(ctx, count)).await)?.held_variant_ids;
    if held.is_empty() {
        return Ok(Vec::new());
    }
    let held: HashSet<Vec<u8>> = held.into_iter().collect();
    let fault = |line: &Placed<'_>| {
        Fault::new(
            line.figures.line,
            "stock_held",
            "buyers hold more pieces than there shall be; the rest of the line is applied",
        )
    };
    Ok(lines.iter().filter(|line| held.contains(line.variant)).map(fault).collect())
}

fn counted(Placed { figures, variant }: &Placed<'_>) -> Option<Counted> {
    Some(Counted { variant_id: variant.to_vec(), on_hand: figures.stock? })
}
