//! Staged lines, page by page, and those that cannot be used.

use std::collections::{HashMap, HashSet};

use mainstay_core::{Result, codes};
use mainstay_sql::{Param, Row, Tx, View};

use crate::model::{Content, Fault, ImportId, Numbered};

/// Pages, units and faults deleted at a time: some milliseconds of the writer's time, so that nobody waits for long
/// behind it.
const PAGES_FORGOTTEN: u32 = 25;
const UNITS_FORGOTTEN: u32 = 5_000;
const FAULTS_FORGOTTEN: u32 = 2_000;

/// Notes the stock keeping units of lines, of which each stands once; those lines whose unit another line of the import
/// has.
pub fn add_units(tx: &Tx<'_>, import: ImportId, units: &[(u64, &str)]) -> Result<HashSet<u64>> {
    let rows: Vec<[Param<'_>; 3]> =
        units.iter().map(|(line, sku)| [(&import).into(), (*sku).into(), signed(*line).into()]).collect();
    let sql = "INSERT INTO staged_units (import, sku, line) VALUES :rows ON CONFLICT DO NOTHING";
    if tx.execute_rows(sql, &rows)? == units.len() as u64 {
        return Ok(HashSet::new());
    }
    let list: Vec<_> = units.iter().map(|(_, sku)| (*sku).into()).collect();
    let sql = "SELECT sku, line FROM staged_units WHERE import = ?1 AND sku IN (:list)";
    let owners = tx.query_list(sql, &[(&import).into()], &list, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let owners: HashMap<String, u64> = owners.into_iter().collect();
    let repeated = units.iter().filter(|(line, sku)| owners.get(*sku) != Some(line));
    Ok(repeated.map(|(line, _)| *line).collect())
}

/// Lines that can be used as a page has them, which may be made before the transaction that stages it.
pub struct WrittenPage {
    last: u64,
    lines: usize,
    content: String,
}

impl WrittenPage {
    /// Of lines in their order; none of no lines.
    pub fn of(lines: &[(u64, &Content)]) -> Result<Option<Self>> {
        let Some((last, _)) = lines.last() else { return Ok(None) };
        Ok(Some(Self { last: *last, lines: lines.len(), content: written(&lines)? }))
    }

    /// How many lines it has.
    pub fn len(&self) -> usize {
        self.lines
    }
}

/// Stages lines, which come after all that are staged.
pub fn add_page(tx: &Tx<'_>, import: ImportId, page: &WrittenPage) -> Result<()> {
    tx.execute(
        "INSERT INTO staged_pages (import, last, content) VALUES (?1, ?2, ?3)",
        &[(&import).into(), signed(page.last).into(), (&page.content).into()],
    )
    .map(drop)
}

/// A page of staged lines.
pub struct Page {
    pub number: i64,
    /// The last line that stood on it when it was staged.
    pub last: u64,
    pub lines: Vec<Numbered>,
}

/// The first page with lines after this one: those lines, in their order.
pub fn page(view: &View<'_>, import: ImportId, after: u64) -> Result<Option<Page>> {
    let read = |row: &Row<'_>| {
        let mut lines: Vec<Numbered> = serde_json::from_str(row.text(2)?)
            .map_err(|error| codes::DATA_LOSS.because("a page of staged lines cannot be read", error))?;
        lines.retain(|(line, _)| *line > after);
        // Pages of an earlier release are in no order.
        lines.sort_by_key(|(line, _)| *line);
        Ok(Page { number: row.get(0)?, last: row.get(1)?, lines })
    };
    view.query_one(
        "SELECT page, last, content FROM staged_pages WHERE import = ?1 AND last > ?2 ORDER BY last LIMIT 1",
        &[(&import).into(), signed(after).into()],
        read,
    )
}

/// Leaves these lines on a page.
pub fn keep_on_page(tx: &Tx<'_>, page: i64, lines: &[&Numbered]) -> Result<()> {
    tx.execute(
        "UPDATE staged_pages SET content = ?2 WHERE page = ?1",
        &[page.into(), (&written(&lines)?).into()],
    )
    .map(drop)
}

fn written<T: serde::Serialize>(lines: &T) -> Result<String> {
    serde_json::to_string(lines).map_err(|error| codes::INTERNAL.because("lines could not be written", error))
}

pub fn add_fault(tx: &Tx<'_>, import: ImportId, fault: &Fault) -> Result<()> {
    tx.execute(
        "INSERT INTO faults (import, line, reason, detail) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        &[(&import).into(), signed(fault.line).into(), (&fault.reason).into(), (&fault.detail).into()],
    )
    .map(drop)
}

/// The faults after a line, in their order.
pub fn faults(view: &View<'_>, import: ImportId, after: u64, limit: u32) -> Result<Vec<Fault>> {
    view.query(
        "SELECT line, reason, detail FROM faults WHERE import = ?1 AND line > ?2 ORDER BY line LIMIT ?3",
        &[(&import).into(), signed(after).into(), limit.into()],
        |row| Ok(Fault { line: row.get(0)?, reason: row.get(1)?, detail: row.get(2)? }),
    )
}

/// Deletes some of what was staged, of an import that needs it no more; how many rows it were.
pub fn forget_staged(tx: &Tx<'_>, import: ImportId) -> Result<u64> {
    let pages = tx.execute(
        "DELETE FROM staged_pages WHERE page IN \
         (SELECT page FROM staged_pages WHERE import = ?1 ORDER BY last LIMIT ?2)",
        &[(&import).into(), PAGES_FORGOTTEN.into()],
    )?;
    if pages > 0 {
        return Ok(pages);
    }
    // All rows of a table at once cost next to nothing. Most of the time there is one import that has any.
    let others = "SELECT 1 FROM imports WHERE state IN ('staging', 'checking', 'applying') LIMIT 1";
    if tx.query_one(others, &[], |_| Ok(()))?.is_none() {
        return tx.execute("DELETE FROM staged_units", &[]);
    }
    tx.execute(
        "DELETE FROM staged_units WHERE import = ?1 AND sku IN \
         (SELECT sku FROM staged_units WHERE import = ?1 ORDER BY sku LIMIT ?2)",
        &[(&import).into(), UNITS_FORGOTTEN.into()],
    )
}

/// Deletes some of what is told of lines; how many rows it were.
pub fn forget_faults(tx: &Tx<'_>, import: ImportId) -> Result<u64> {
    tx.execute(
        "DELETE FROM faults WHERE import = ?1 AND line IN \
         (SELECT line FROM faults WHERE import = ?1 ORDER BY line LIMIT ?2)",
        &[(&import).into(), FAULTS_FORGOTTEN.into()],
    )
}

fn signed(line: u64) -> i64 {
    i64::try_from(line).unwrap_or(i64::MAX)
}
