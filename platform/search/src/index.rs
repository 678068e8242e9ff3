//! One index with its engine: what a service holds.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use mainstay_core::Result;
use mainstay_sql::{Tx, View};

use crate::engine::{Hit, Shorten, TextEngine, TextIndex};
use crate::highlight::{to_html, without_marks};
use crate::query::Query;
use crate::vocabulary;

/// An index and the engine that it is on. Cheap to clone.
#[derive(Clone)]
pub struct Search {
    engine: Arc<dyn TextEngine>,
    index: &'static TextIndex,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Best first.
    pub hits: Vec<Hit>,
    /// What was looked for in the end.
    pub query: Query,
    /// Whether that is not what was typed: nothing has that, and a word is one slip away from one that is known.
    pub corrected: bool,
}

impl Search {
    /// The index on an engine of the database's kind.
    pub fn new(engine: Arc<dyn TextEngine>, index: &'static TextIndex) -> Self {
        Self { engine, index }
    }

    /// Puts rows' texts, one a field, in place of what was there; each row once. A row that has the same texts costs a
    /// look-up. Many rows at once cost less than one after the other: what their words have in common is written once.
    pub fn put(&self, tx: &Tx<'_>, rows: &[(i64, Vec<&str>)]) -> Result<()> {
        let numbers: Vec<i64> = rows.iter().map(|(row, _)| *row).collect();
        let old = self.engine.texts(tx, self.index, &numbers)?;
        self.write(tx, rows, old.into_iter().collect())
    }

    /// [`Search::put`] of rows that the index is known not to have, which spares looking.
    pub fn add(&self, tx: &Tx<'_>, rows: &[(i64, Vec<&str>)]) -> Result<()> {
        self.write(tx, rows, HashMap::new())
    }

    fn write(
        &self,
        tx: &Tx<'_>,
        rows: &[(i64, Vec<&str>)],
        mut old: HashMap<i64, Vec<String>>,
    ) -> Result<()> {
        let mut change = vocabulary::Change::default();
        for (row, texts) in rows {
            let texts: Vec<Cow<'_, str>> = texts.iter().map(|text| without_marks(text)).collect();
            let new: Vec<&str> = texts.iter().map(|text| &**text).collect();
            match old.remove(row) {
                Some(old) if old == new => {}
                Some(old) => {
                    self.engine.put(tx, self.index, *row, &new)?;
                    change.row(&old, &new);
                }
                None => {
                    self.engine.add(tx, self.index, *row, &new)?;
                    change.row::<&str>(&[], &new);
                }
            }
        }
        vocabulary::count(tx, self.index.name, change)
    }

    /// Takes a row out.
    pub fn remove(&self, tx: &Tx<'_>, row: i64) -> Result<()> {
        let mut change = vocabulary::Change::default();
        for (row, old) in self.engine.texts(tx, self.index, &[row])? {
            self.engine.remove(tx, self.index, row)?;
            change.row::<String>(&old, &[]);
        }
        vocabulary::count(tx, self.index.name, change)
    }

    /// Does a piece of what writing has put off, some milliseconds of work; whether there may be more. Nothing of what is
    /// found changes, only how fast.
    pub fn tidy(&self, tx: &Tx<'_>) -> Result<bool> {
        self.engine.tidy(tx, self.index)
    }

    /// The rows that have every word of the query, at most so many; when there are none, those for the query with each
    /// unknown word replaced by the nearest known one.
    pub fn find(&self, view: &View<'_>, query: Query, most: u32) -> Result<Found> {
        let hits = self.ranked(view, &query, most)?;
        if hits.is_empty()
            && let Some(nearest) = self.corrected(view, &query)?
        {
            let hits = self.ranked(view, &nearest, most)?;
            if !hits.is_empty() {
                return Ok(Found { hits, query: nearest, corrected: true });
            }
        }
        Ok(Found { hits, query, corrected: false })
    }

    fn ranked(&self, view: &View<'_>, query: &Query, most: u32) -> Result<Vec<Hit>> {
        let mut hits = self.engine.find(view, self.index, query, most)?;
        hits.sort_by(|one, other| one.rank.total_cmp(&other.rank).then(one.row.cmp(&other.row)));
        Ok(hits)
    }

    fn corrected(&self, view: &View<'_>, query: &Query) -> Result<Option<Query>> {
        let mut changed = false;
        let mut words = query.words().to_vec();
        for word in &mut words {
            if let Some(meant) = vocabulary::meant(view, self.index.name, word)? {
                *word = meant;
                changed = true;
            }
        }
        Ok(changed.then(|| query.with_words(words)))
    }

    /// These fields of these rows as HTML in which only the matching words are marked up; of a long one some words around
    /// them.
    pub fn highlights<const FIELDS: usize>(
        &self,
        view: &View<'_>,
        query: &Query,
        rows: &[i64],
        fields: &[Shorten; FIELDS],
    ) -> Result<HashMap<i64, [String; FIELDS]>> {
        let marked = self.engine.marked(view, self.index, query, rows, fields)?;
        let html = |(row, texts): (i64, Vec<String>)| {
            let mut texts = texts.iter().map(|text| to_html(text));
            (row, std::array::from_fn(|_| texts.next().unwrap_or_default()))
        };
        Ok(marked.into_iter().map(html).collect())
    }

    /// Words with which the last word of a text could go on, the most frequent first.
    pub fn suggest(&self, view: &View<'_>, text: &str, most: usize) -> Result<Vec<String>> {
        let Some(query) = Query::parse(text).filter(Query::is_unfinished) else { return Ok(Vec::new()) };
        let Some((last, before)) = query.words().split_last() else { return Ok(Vec::new()) };
        let words = vocabulary::beginning_with(view, self.index.name, last, most)?;
        let whole = |word: String| before.iter().cloned().chain([word]).collect::<Vec<_>>().join(" ");
        Ok(words.into_iter().map(whole).collect())
    }
}
