//! Look at imports and at what is wrong with their lines.

use mainstay_core::{Context, Result};
use mainstay_sql::View;

use super::Desk;
use crate::codes::UNKNOWN;
use crate::model::{Fault, Import, ImportId, State};
use crate::store;

/// Most imports of a list, and most faults of a page.
const IMPORTS_MAX: u32 = 200;
pub const FAULTS_MAX: u32 = 1_000;

/// An import with its faults by reason.
#[derive(Clone, Debug)]
pub struct Told {
    pub import: Import,
    pub reasons: Vec<(String, u64)>,
}

/// Adds the reasons.
pub fn told(view: &View<'_>, import: Import) -> Result<Told> {
    // While lines come in, nobody asks with each batch how all faults so far are spread.
    let counted = import.faults > 0 && import.state != State::Staging;
    let reasons = if counted { store::reasons(view, import.id)? } else { Vec::new() };
    Ok(Told { import, reasons })
}

/// One import; `imports.unknown`.
pub async fn get(desk: &Desk, ctx: &Context, id: ImportId) -> Result<Told> {
    desk.admit(ctx)?;
    desk.db.read(ctx, move |view| told(view, known(view, id)?)).await
}

fn known(view: &View<'_>, id: ImportId) -> Result<Import> {
    store::import(view, id)?.ok_or_else(|| UNKNOWN.error("there is no such import"))
}

/// The newest imports, without their reasons.
pub async fn list(desk: &Desk, ctx: &Context) -> Result<Vec<Import>> {
    desk.admit(ctx)?;
    desk.db.read(ctx, |view| store::imports(view, IMPORTS_MAX)).await
}

/// The faults after a line; `imports.unknown`.
pub async fn list_faults(
    desk: &Desk,
    ctx: &Context,
    id: ImportId,
    after: u64,
    limit: u32,
) -> Result<Vec<Fault>> {
    desk.admit(ctx)?;
    let read = move |view: &View<'_>| {
        known(view, id)?;
        store::faults(view, id, after, limit.clamp(1, FAULTS_MAX))
    };
    desk.db.read(ctx, read).await
}
