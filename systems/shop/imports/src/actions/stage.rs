//! Stage lines: those that can be used as what they say, the others as what is wrong with them.
//!
//! Lines are read and held against the catalogue before the transaction, so that one request is looked into while another
//! one is written.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Context, Result, codes};
use mainstay_records::LINE_BYTES_MAX;
use mainstay_sql::Tx;

use super::{Desk, Told, told};
use crate::apply::check;
use crate::codes::{FINISHED, OUT_OF_TURN, UNKNOWN};
use crate::model::{Content, Fault, Import, ImportId, LINES_AT_ONCE, LINES_ON_PAGE, Reader, State};
use crate::store::{self, WrittenPage};

/// How often and how long it is waited for lines that go before and are still on their way: longer than a loaded machine
/// takes for a request, and not so long that a caller who lost them is left in the dark. Who waits is woken by what this
/// process stages.
const TURNS: u32 = 2_000;
const TURN: Duration = Duration::from_millis(10);

/// A line as it comes: its text, or the name of why it could not be read.
#[derive(Clone, Debug)]
pub struct Raw {
    pub number: u64,
    pub text: std::result::Result<String, String>,
}

/// What was found out about lines before they are staged.
struct Looked {
    /// By line: what it says, or why it cannot be used.
    lines: Vec<(u64, Result<Content, Fault>)>,
    /// What the catalogue has against lines that say something.
    contradicted: HashMap<u64, Fault>,
    /// Their page when all of them can be used, which is told only when they are staged.
    page: Option<WrittenPage>,
}

/// Stages lines in their order; those that were staged before are passed over. `after` is the line that must be staged
/// before, 0 for whatever is. Staff and services only.
///
/// # Errors
/// `imports.unknown`, `imports.finished`, `imports.out_of_turn`, `core.invalid` for too many lines or ones out of order.
pub async fn stage(desk: &Desk, ctx: &Context, id: ImportId, lines: Vec<Raw>, after: u64) -> Result<Told> {
    desk.admit(ctx)?;
    let in_order = lines.is_sorted_by(|one, next| one.number < next.number);
    let short = |raw: &Raw| raw.text.as_ref().is_ok_and(|text| text.len() > LINE_BYTES_MAX);
    if lines.len() > LINES_AT_ONCE || !in_order || lines.iter().any(short) {
        return Err(codes::INVALID
            .error("the lines cannot be staged")
            .with_field("lines", "must be at most 2000, in their order, none of more than 131072 bytes"));
    }
    let import = desk.db.read(ctx, move |view| store::import(view, id)).await?;
    let import = takes_lines(import)?;
    let looked = Arc::new(look(desk, ctx, &import, lines).await?);
    let (mut staged, mut turns) = (desk.staged.subscribe(), 0);
    loop {
        let (looked, wake) = (Arc::clone(&looked), Arc::clone(&desk.staged));
        let write = move |tx: &Tx<'_>| {
            tx.after_commit(&wake);
            write(tx, id, &looked, after)
        };
        match desk.db.write(ctx, write).await {
            Err(error) if error.is(&OUT_OF_TURN) && turns < TURNS => {
                staged.wait_or(desk.db.clock(), TURN).await;
                turns += 1;
            }
            written => return written,
        }
    }
}

fn takes_lines(import: Option<Import>) -> Result<Import> {
    let import = import.ok_or_else(|| UNKNOWN.error("there is no such import"))?;
    if import.state == State::Staging {
        Ok(import)
    } else {
        Err(FINISHED.error("the import takes no more lines"))
    }
}

async fn look(desk: &Desk, ctx: &Context, import: &Import, lines: Vec<Raw>) -> Result<Looked> {
    let mut reader = Reader::new(import.format, &import.header)?;
    let read = |Raw { number, text }: Raw| {
        let read = match text {
            Ok(text) => reader.read(number, &text),
            Err(reason) => Err(Fault::new(number, &reason, "cannot be read")),
        };
        (number, read)
    };
    let new = lines.into_iter().filter(|raw| raw.number > import.staged_through);
    let lines: Vec<(u64, Result<Content, Fault>)> = new.map(read).collect();
    // Of lines with one unit, the first has it.
    let mut seen = HashSet::new();
    let usable = lines.iter().filter_map(|(number, read)| Some((*number, read.as_ref().ok()?)));
    let usable: Vec<(u64, &Content)> = usable.filter(|(_, content)| seen.insert(&content.sku)).collect();
    // As the service itself, like all that is done with the lines later.
    let own = ctx.as_service(shop_imports_contracts::SERVICE);
    let contradicted = check(&desk.peers, &own, import, &usable).await?;
    let are_all_usable = contradicted.is_empty() && usable.len() == lines.len();
    let page = if are_all_usable { WrittenPage::of(&usable)? } else { None };
    let contradicted = contradicted.into_iter().map(|fault| (fault.line, fault)).collect();
    Ok(Looked { contradicted, page, lines })
}

fn write(tx: &Tx<'_>, id: ImportId, looked: &Looked, after: u64) -> Result<Told> {
    let mut import = takes_lines(store::import(tx, id)?)?;
    if import.staged_through < after {
        return Err(OUT_OF_TURN.error("lines that go before are not staged yet"));
    }
    let new = || looked.lines.iter().filter(|(number, _)| *number > import.staged_through);
    let usable = new().filter_map(|(number, read)| Some((*number, read.as_ref().ok()?.sku.as_str())));
    // Of lines with one unit, the first has it.
    let mut seen = HashSet::new();
    let (units, again): (Vec<_>, Vec<_>) = usable.partition(|(_, sku)| seen.insert(*sku));
    let mut repeated = store::add_units(tx, id, &units)?;
    repeated.extend(again.iter().map(|(number, _)| *number));
    let mut page: Vec<(u64, &Content)> = Vec::new();
    let mut faults = Vec::new();
    for (number, read) in new() {
        let fault = match read {
            Ok(content) if repeated.contains(number) => {
                Fault::new(*number, "sku_repeated", format!("{} is in an earlier line", content.sku))
            }
            Ok(content) => match looked.contradicted.get(number) {
                Some(fault) => fault.clone(),
                None => {
                    page.push((*number, content));
                    continue;
                }
            },
            Err(fault) => fault.clone(),
        };
        faults.push(fault);
    }
    match &looked.page {
        Some(written) if written.len() == page.len() => store::add_page(tx, id, written)?,
        _ => {
            for lines in page.chunks(LINES_ON_PAGE as usize) {
                let Some(written) = WrittenPage::of(lines)? else { continue };
                store::add_page(tx, id, &written)?;
            }
        }
    }
    for fault in &faults {
        store::add_fault(tx, id, fault)?;
    }
    import.staged += page.len() as u64;
    import.faults += faults.len() as u64;
    if let Some((last, _)) = looked.lines.last() {
        let last = import.staged_through.max(*last);
        // What an earlier release staged is still to be checked.
        if import.checked_through == import.staged_through {
            import.checked_through = last;
        }
        import.staged_through = last;
    }
    store::save(tx, &import)?;
    told(tx, import)
}
