//! Stage lines: those that can be used as what they say, the others as what is wrong with them.

use mainstay_core::{Context, Result, codes};
use mainstay_records::LINE_BYTES_MAX;
use mainstay_sql::Tx;

use super::{Desk, Told, told};
use crate::codes::{FINISHED, UNKNOWN};
use crate::model::{Fault, ImportId, LINES_AT_ONCE, Reader, State};
use crate::store;

/// A line as it comes: its text, or the name of why it could not be read.
#[derive(Clone, Debug)]
pub struct Raw {
    pub number: u64,
    pub text: std::result::Result<String, String>,
}

/// Stages lines in their order; those that were staged before are passed over. Staff and services only.
///
/// # Errors
/// `imports.unknown`, `imports.finished`, `core.invalid` for too many lines or ones out of order.
pub async fn stage(desk: &Desk, ctx: &Context, id: ImportId, lines: Vec<Raw>) -> Result<Told> {
    desk.admit(ctx)?;
    let in_order = lines.is_sorted_by(|one, next| one.number < next.number);
    let short = |raw: &Raw| raw.text.as_ref().is_ok_and(|text| text.len() > LINE_BYTES_MAX);
    if lines.len() > LINES_AT_ONCE || !in_order || lines.iter().any(short) {
        return Err(codes::INVALID
            .error("the lines cannot be staged")
            .with_field("lines", "must be at most 2000, in their order, none of more than 131072 bytes"));
    }
    let write = move |tx: &Tx<'_>| {
        let mut import = store::import(tx, id)?.ok_or_else(|| UNKNOWN.error("there is no such import"))?;
        if import.state != State::Staging {
            return Err(FINISHED.error("the import takes no more lines"));
        }
        let mut reader = Reader::new(import.format, &import.header)?;
        for raw in lines.iter().filter(|raw| raw.number > import.staged_through) {
            let read = match &raw.text {
                Ok(text) => reader.read(raw.number, text),
                Err(reason) => Err(Fault::new(raw.number, reason, "cannot be read")),
            };
            let fault = match read {
                Ok(content) if store::add_line(tx, id, raw.number, &content)? => {
                    import.staged += 1;
                    continue;
                }
                Ok(content) => {
                    Fault::new(raw.number, "sku_repeated", format!("{} is in an earlier line", content.sku))
                }
                Err(fault) => fault,
            };
            store::add_fault(tx, id, &fault)?;
            import.faults += 1;
        }
        if let Some(last) = lines.last() {
            import.staged_through = import.staged_through.max(last.number);
        }
        store::save(tx, &import)?;
        told(tx, import)
    };
    desk.db.write(ctx, write).await
}
