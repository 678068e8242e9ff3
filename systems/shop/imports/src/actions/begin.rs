//! Begin an import, or find it.

use mainstay_core::{Context, Result, codes};
use mainstay_records::Format;
use mainstay_sql::Tx;

use super::{Desk, Told, told};
use crate::model::{Import, ImportId, OnError, Reader};
use crate::store;

/// Longest name of a source, in characters.
const SOURCE_MAX: usize = 200;

/// What is to be imported, and how.
#[derive(Clone, Debug)]
pub struct NewImport {
    pub id: ImportId,
    pub source: String,
    pub on_error: OnError,
    pub format: Format,
    pub header: String,
}

/// Begins it unless it was begun; how far it is. Staff and services only.
///
/// # Errors
/// `records.header` for a CSV file whose header does not name the columns; `core.unavailable` while what is left of an
/// earlier import of the same file is being deleted.
pub async fn begin(desk: &Desk, ctx: &Context, new: NewImport) -> Result<Told> {
    desk.admit(ctx)?;
    if new.source.chars().count() > SOURCE_MAX || new.source.chars().any(char::is_control) {
        return Err(codes::INVALID
            .error("the source has no usable name")
            .with_field("source", "must be at most 200 printable characters"));
    }
    Reader::new(new.format, &new.header)?;
    let write = move |tx: &Tx<'_>| {
        if let Some(known) = store::import(tx, new.id)? {
            return told(tx, known);
        }
        if store::is_leaving(tx, new.id)? {
            return Err(codes::UNAVAILABLE.error(
                "what is left of an earlier import of this file is being deleted; try again in a moment",
            ));
        }
        let NewImport { id, source, on_error, format, header } = new.clone();
        let import = Import::begun(id, source, on_error, format, header, tx.now());
        store::insert(tx, &import)?;
        told(tx, import)
    };
    desk.db.write(ctx, write).await
}
