//! Staged lines, and those that cannot be used.

use mainstay_core::{Result, codes};
use mainstay_sql::{Tx, View};

use crate::model::{Content, Fault, ImportId};

/// Stages a line; false if another line of the import has its stock keeping unit.
pub fn add_line(tx: &Tx<'_>, import: ImportId, line: u64, content: &Content) -> Result<bool> {
    let json = serde_json::to_string(content)
        .map_err(|error| codes::INTERNAL.because("a line could not be written", error))?;
    let added = tx.execute(
        "INSERT INTO staged_lines (import, line, sku, content) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        &[(&import).into(), signed(line).into(), (&content.sku).into(), (&json).into()],
    )?;
    Ok(added == 1)
}

/// Takes a staged line out again.
pub fn drop_line(tx: &Tx<'_>, import: ImportId, line: u64) -> Result<()> {
    tx.execute(
        "DELETE FROM staged_lines WHERE import = ?1 AND line = ?2",
        &[(&import).into(), signed(line).into()],
    )
    .map(drop)
}

pub fn add_fault(tx: &Tx<'_>, import: ImportId, fault: &Fault) -> Result<()> {
    tx.execute(
        "INSERT INTO faults (import, line, reason, detail) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        &[(&import).into(), signed(fault.line).into(), (&fault.reason).into(), (&fault.detail).into()],
    )
    .map(drop)
}

/// The staged lines after one, in their order.
pub fn batch(view: &View<'_>, import: ImportId, after: u64, limit: u32) -> Result<Vec<(u64, Content)>> {
    view.query(
        "SELECT line, content FROM staged_lines WHERE import = ?1 AND line > ?2 ORDER BY line LIMIT ?3",
        &[(&import).into(), signed(after).into(), limit.into()],
        |row| {
            let content = serde_json::from_str(row.text(1)?)
                .map_err(|error| codes::DATA_LOSS.because("a staged line cannot be read", error))?;
            Ok((row.get(0)?, content))
        },
    )
}

/// The faults after a line, in their order.
pub fn faults(view: &View<'_>, import: ImportId, after: u64, limit: u32) -> Result<Vec<Fault>> {
    view.query(
        "SELECT line, reason, detail FROM faults WHERE import = ?1 AND line > ?2 ORDER BY line LIMIT ?3",
        &[(&import).into(), signed(after).into(), limit.into()],
        |row| Ok(Fault { line: row.get(0)?, reason: row.get(1)?, detail: row.get(2)? }),
    )
}

/// Deletes some of what was staged; how many lines it were.
pub fn forget_lines(tx: &Tx<'_>, import: ImportId, limit: u32) -> Result<u64> {
    tx.execute(
        "DELETE FROM staged_lines WHERE import = ?1 AND line IN \
         (SELECT line FROM staged_lines WHERE import = ?1 ORDER BY line LIMIT ?2)",
        &[(&import).into(), limit.into()],
    )
}

fn signed(line: u64) -> i64 {
    i64::try_from(line).unwrap_or(i64::MAX)
}
