//! Products and variants, which the catalogue finds by their names.
//!
//! What is new gets an id that follows from the import and the number of its line: so the catalogue, and whoever keeps
//! something by these ids, adds at the end of its tables instead of all over them.

use mainstay_core::{Context, Result, codes};
use mainstay_rpc::{answer, request};
use shop_catalog_contracts::{LineRefusal, NamedGoods, PutByNameRequest, PutByNameResponse, Variant};

use super::{Figures, Peers};
use crate::model::{Content, Fault, Import};

/// Which lines contradict the catalogue.
pub async fn check(
    peers: &Peers,
    ctx: &Context,
    import: &Import,
    lines: &[(u64, &Content)],
) -> Result<Vec<Fault>> {
    // Nothing is made, so one id is as good as another.
    let named = lines.iter().map(|(_, content)| with_id((*content).clone(), import.id.to_vec())).collect();
    let found = ask(peers, ctx, PutByNameRequest { lines: named, only_check: true }).await?;
    let fault = |one: LineRefusal| {
        let (line, _) = lines.get(one.place as usize)?;
        Some(Fault::new(*line, &one.reason, one.detail))
    };
    Ok(found.refusals.into_iter().filter_map(fault).collect())
}

/// Creates or changes goods; the variant of each line, and which lines were refused: somebody changed the catalogue since
/// they were checked, or a rule of its own forbids them.
pub async fn apply(
    peers: &Peers,
    ctx: &Context,
    asked: PutByNameRequest,
    lines: &[Figures],
) -> Result<(Vec<Vec<u8>>, Vec<Fault>)> {
    let done = ask(peers, ctx, asked).await?;
    if done.variant_ids.len() != lines.len() {
        return Err(codes::INTERNAL.error("the catalogue did not answer each line"));
    }
    let fault = |one: LineRefusal| {
        let line = lines.get(one.place as usize)?.line;
        Some(Fault::new(line, "refused_by_catalogue", one.detail))
    };
    Ok((done.variant_ids, done.refusals.into_iter().filter_map(fault).collect()))
}

async fn ask(peers: &Peers, ctx: &Context, asked: PutByNameRequest) -> Result<PutByNameResponse> {
    if asked.lines.is_empty() {
        return Ok(PutByNameResponse::default());
    }
    answer(peers.catalog.client().put_by_name(request(ctx, asked)).await)
}

/// What the catalogue is asked to make of a line.
pub fn named(import: &Import, line: u64, content: Content) -> NamedGoods {
    with_id(content, import.id.number::<Variant>(import.begun_at, line).to_vec())
}

fn with_id(content: Content, new_id: Vec<u8>) -> NamedGoods {
    let Content { product, sku, name, description, variant, .. } = content;
    NamedGoods { product_slug: product, sku, name, description, variant_name: variant, new_id }
}
