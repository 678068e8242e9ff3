//! Full-text search by FTS5: `mainstay-search`'s port.
//!
//! An index is a virtual table `CREATE VIRTUAL TABLE … USING fts5(field, …)` that keeps its texts. Ranks are bm25 with
//! the fields' weights. A query reaches FTS5 as quoted words only, so that nothing of it is read as syntax.

use std::fmt::Write;

use mainstay_core::Result;
use mainstay_search::{Hit, MARK_END, MARK_START, Query, Shorten, TextEngine, TextIndex};
use mainstay_sql::{Param, Tx, View};

/// FTS5. Of each field, at most 64 words can be shown around a match.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fts5;

impl Fts5 {
    /// Makes the index of the port's conformance suite; services write theirs in the same way.
    pub const CONFORMANCE: &str = "CREATE VIRTUAL TABLE conformance_text USING fts5 (title, body, \
                                   tokenize = 'porter unicode61 remove_diacritics 2', prefix = '2 3')";
}

/// What FTS5's `snippet` takes at most.
const SNIPPET_WORDS_MAX: u32 = 64;

/// Pages of the index that are merged at once: some ten milliseconds.
const PAGES_MERGED: u32 = 64;

/// About what the statement that writes a row takes.
const STATEMENT_BYTES: usize = 160;

impl TextEngine for Fts5 {
    fn scheme(&self) -> &'static str {
        "sqlite"
    }

    fn add(&self, tx: &Tx<'_>, index: &TextIndex, row: i64, texts: &[&str]) -> Result<()> {
        // To replace nothing would be a look-up more.
        insert(tx, "INSERT", index, row, texts)
    }

    fn put(&self, tx: &Tx<'_>, index: &TextIndex, row: i64, texts: &[&str]) -> Result<()> {
        insert(tx, "INSERT OR REPLACE", index, row, texts)
    }

    fn remove(&self, tx: &Tx<'_>, index: &TextIndex, row: i64) -> Result<()> {
        tx.execute(&format!("DELETE FROM {} WHERE rowid = ?1", index.name), &[row.into()])?;
        Ok(())
    }

    fn tidy(&self, tx: &Tx<'_>, index: &TextIndex) -> Result<bool> {
        let changes = || tx.query_one("SELECT total_changes()", &[], |row| row.get::<i64>(0));
        let before = changes()?;
        let name = index.name;
        tx.execute(&format!("INSERT INTO {name} ({name}, rank) VALUES ('merge', {PAGES_MERGED})"), &[])?;
        // So it says that it had nothing to merge.
        Ok(changes()?.unwrap_or_default() - before.unwrap_or_default() >= 2)
    }

    fn texts(&self, view: &View<'_>, index: &TextIndex, rows: &[i64]) -> Result<Vec<(i64, Vec<String>)>> {
        let sql = format!("SELECT rowid, {} FROM {} WHERE rowid IN (:list)", columns(index), index.name);
        let list: Vec<_> = rows.iter().map(|row| (*row).into()).collect();
        view.query_list(&sql, &[], &list, |row| {
            let texts = (1..=index.fields.len()).map(|place| row.get(place));
            Ok((row.get(0)?, texts.collect::<Result<_>>()?))
        })
    }

    fn find(&self, view: &View<'_>, index: &TextIndex, query: &Query, most: u32) -> Result<Vec<Hit>> {
        let name = index.name;
        let weights: String = index.fields.iter().map(|field| format!(", {:.3}", field.weight)).collect();
        let sql = format!("SELECT rowid, bm25({name}{weights}) FROM {name} WHERE {name} MATCH ?1 LIMIT ?2");
        let wanted = expression(query);
        view.query(&sql, &[(&wanted).into(), most.into()], |row| {
            Ok(Hit { row: row.get(0)?, rank: row.get(1)? })
        })
    }

    fn marked(
        &self,
        view: &View<'_>,
        index: &TextIndex,
        query: &Query,
        rows: &[i64],
        fields: &[Shorten],
    ) -> Result<Vec<(i64, Vec<String>)>> {
        let name = index.name;
        let (start, end) = (u32::from(MARK_START), u32::from(MARK_END));
        let snippets: String = fields
            .iter()
            .map(|Shorten { field, words }| {
                let words = (*words).clamp(1, SNIPPET_WORDS_MAX);
                format!(", snippet({name}, {field}, char({start}), char({end}), '…', {words})")
            })
            .collect();
        // The sign keeps the list from FTS5, which would look all words up anew for each row of it.
        let sql = format!("SELECT rowid{snippets} FROM {name} WHERE {name} MATCH ?1 AND +rowid IN (:list)");
        let wanted = expression(query);
        let list: Vec<_> = rows.iter().map(|row| (*row).into()).collect();
        view.query_list(&sql, &[(&wanted).into()], &list, |row| {
            let texts = (1..=fields.len()).map(|place| row.get(place));
            Ok((row.get(0)?, texts.collect::<Result<_>>()?))
        })
    }
}

fn insert(tx: &Tx<'_>, insert: &str, index: &TextIndex, row: i64, texts: &[&str]) -> Result<()> {
    let mut sql = String::with_capacity(STATEMENT_BYTES);
    // Writing to a text cannot fail.
    let _ = write!(sql, "{insert} INTO {} (rowid", index.name);
    index.fields.iter().for_each(|field| sql.extend([", ", field.name]));
    sql.push_str(") VALUES (?1");
    for place in 2..texts.len() + 2 {
        let _ = write!(sql, ", ?{place}");
    }
    sql.push(')');
    let params: Vec<Param<'_>> =
        std::iter::once(row.into()).chain(texts.iter().map(|text| (*text).into())).collect();
    tx.execute(&sql, &params).map(drop)
}

fn columns(index: &TextIndex) -> String {
    let names: Vec<&str> = index.fields.iter().map(|field| field.name).collect();
    names.join(", ")
}

/// The words as FTS5 takes them: each in quotes, all of them wanted, the last as a beginning when it may go on. Words
/// have no quotes in them.
fn expression(query: &Query) -> String {
    let quoted: Vec<String> = query.words().iter().map(|word| format!("\"{word}\"")).collect();
    quoted.join(" ") + if query.is_unfinished() { " *" } else { "" }
}
