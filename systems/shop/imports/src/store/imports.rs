//! Imports as a whole.

use mainstay_core::{Result, codes};
use mainstay_records::Format;
use mainstay_sql::{Row, Tx, View};

use crate::model::{Import, ImportId, OnError, State};

const COLUMNS: &str = "id, source, on_error, format, header, state, staged_through, checked_through, \
                       applied_through, staged, faults, applied, begun_at";

pub fn import(view: &View<'_>, id: ImportId) -> Result<Option<Import>> {
    view.query_one(&format!("SELECT {COLUMNS} FROM imports WHERE id = ?1"), &[(&id).into()], read)
}

/// The newest first.
pub fn imports(view: &View<'_>, limit: u32) -> Result<Vec<Import>> {
    view.query(
        &format!("SELECT {COLUMNS} FROM imports ORDER BY begun_at DESC LIMIT ?1"),
        &[limit.into()],
        read,
    )
}

pub fn insert(tx: &Tx<'_>, import: &Import) -> Result<()> {
    let format = match import.format {
        Format::Csv => "csv",
        Format::JsonLines => "jsonl",
    };
    tx.execute(
        "INSERT INTO imports (id, source, on_error, format, header, state, staged_through, checked_through, \
         applied_through, staged, faults, applied, begun_at, changed_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, 0, 0, 0, 0, ?7, ?7)",
        &[
            (&import.id).into(),
            (&import.source).into(),
            import.on_error.as_str().into(),
            format.into(),
            (&import.header).into(),
            import.state.as_str().into(),
            import.begun_at.into(),
        ],
    )
    .map(drop)
}

/// Writes how far it is, and that it was continued now.
pub fn save(tx: &Tx<'_>, import: &Import) -> Result<()> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    tx.execute(
        "UPDATE imports SET state = ?2, staged_through = ?3, checked_through = ?4, applied_through = ?5, \
         staged = ?6, faults = ?7, applied = ?8, changed_at = ?9 WHERE id = ?1",
        &[
            (&import.id).into(),
            import.state.as_str().into(),
            number(import.staged_through).into(),
            number(import.checked_through).into(),
            number(import.applied_through).into(),
            number(import.staged).into(),
            number(import.faults).into(),
            number(import.applied).into(),
            tx.now().into(),
        ],
    )
    .map(drop)
}

/// How many faults there are by reason, the most frequent first.
pub fn reasons(view: &View<'_>, id: ImportId) -> Result<Vec<(String, u64)>> {
    view.query(
        "SELECT reason, count(*) FROM faults WHERE import = ?1 GROUP BY reason ORDER BY 2 DESC, 1",
        &[(&id).into()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

fn read(row: &Row<'_>) -> Result<Import> {
    let format: Format = row
        .text(3)?
        .parse()
        .map_err(|error| codes::DATA_LOSS.because("an import has no such format", error))?;
    Ok(Import {
        id: row.get(0)?,
        source: row.get(1)?,
        on_error: OnError::parse(row.text(2)?)?,
        format,
        header: row.get(4)?,
        state: State::parse(row.text(5)?)?,
        staged_through: row.get(6)?,
        checked_through: row.get(7)?,
        applied_through: row.get(8)?,
        staged: row.get(9)?,
        faults: row.get(10)?,
        applied: row.get(11)?,
        begun_at: row.get(12)?,
    })
}
