//! The words that an index knows, and in how many rows each stands: what suggestions and corrections come from.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use mainstay_core::Result;
use mainstay_sql::{Param, Tx, View};

use crate::slip::{shortened, within_one};
use crate::words::{is_spelt, words};

/// Most words of one row that are kept. Descriptions go on; what people look for stands at their beginning.
const WORDS_OF_ROW_MAX: usize = 300;

/// Most words looked at for one beginning or one slip: the first letter alone begins many.
const CANDIDATES_MAX: u32 = 500;

/// In how many rows more or fewer each word stands.
#[derive(Debug, Default)]
pub(crate) struct Change(BTreeMap<String, i64>);

impl Change {
    /// A row has other texts than before.
    pub(crate) fn row<T: AsRef<str>>(&mut self, old: &[T], new: &[&str]) {
        let (old, new) = (of_row(old), of_row(new));
        for gone in old.difference(&new) {
            self.add(gone, -1);
        }
        for added in new.difference(&old) {
            self.add(added, 1);
        }
    }

    fn add(&mut self, word: &str, by: i64) {
        match self.0.get_mut(word) {
            Some(count) => *count += by,
            None => {
                self.0.insert(word.to_owned(), by);
            }
        }
    }
}

/// The words of a row's texts that are worth suggesting.
fn of_row<T: AsRef<str>>(texts: &[T]) -> BTreeSet<Cow<'_, str>> {
    let words = texts.iter().flat_map(|text| words(text.as_ref()));
    words.filter(|word| is_spelt(word)).take(WORDS_OF_ROW_MAX).collect()
}

/// Counts the change of some rows.
pub(crate) fn count(tx: &Tx<'_>, index: &str, change: Change) -> Result<()> {
    let changed: Vec<(&String, i64)> =
        change.0.iter().filter(|(_, by)| **by != 0).map(|(word, by)| (word, *by)).collect();
    let list: Vec<_> = changed.iter().map(|(word, _)| (*word).into()).collect();
    let sql = "SELECT word FROM search_words WHERE index_name = ?1 AND word IN (:list)";
    let known: BTreeSet<String> =
        tx.query_list(sql, &[index.into()], &list, |row| row.get(0))?.into_iter().collect();
    for (word, by) in changed {
        if known.contains(word) {
            let sql =
                "UPDATE search_words SET row_count = row_count + ?3 WHERE index_name = ?1 AND word = ?2";
            tx.execute(sql, &[index.into(), word.into(), by.into()])?;
        } else if by > 0 {
            learn(tx, index, word, by)?;
        }
    }
    Ok(())
}

// A word that no row has any more stays known, with a count of nothing: it is likely to come back, and is not told.
fn learn(tx: &Tx<'_>, index: &str, word: &str, rows: i64) -> Result<()> {
    let sql = "INSERT INTO search_words (index_name, word, row_count) VALUES (?1, ?2, ?3)";
    tx.execute(sql, &[index.into(), word.into(), rows.into()])?;
    let forms = shortened(word);
    let forms: Vec<[Param<'_>; 3]> =
        forms.iter().map(|form| [index.into(), form.into(), word.into()]).collect();
    tx.execute_rows("INSERT INTO search_slips (index_name, form, word) VALUES :rows", &forms).map(drop)
}

/// The words that begin so, the most frequent first.
pub(crate) fn beginning_with(view: &View<'_>, index: &str, start: &str, most: usize) -> Result<Vec<String>> {
    let after = format!("{start}\u{10ffff}");
    let mut found = view.query(
        "SELECT word, row_count FROM search_words WHERE index_name = ?1 AND word >= ?2 AND word < ?3 \
         AND row_count > 0 LIMIT ?4",
        &[index.into(), start.into(), (&after).into(), CANDIDATES_MAX.into()],
        |row| Ok((row.get::<String>(0)?, row.get::<i64>(1)?)),
    )?;
    found.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    Ok(found.into_iter().map(|(word, _)| word).take(most).collect())
}

/// The most frequent word that the mistyped one may have been; none when it is known, or when nothing is near.
pub(crate) fn meant(view: &View<'_>, index: &str, typed: &str) -> Result<Option<String>> {
    if !is_spelt(typed) {
        return Ok(None);
    }
    let forms = shortened(typed);
    let list: Vec<_> = forms.iter().map(Into::into).collect();
    let candidates = view.query_list(
        "SELECT w.word, w.row_count FROM search_slips s \
         JOIN search_words w ON w.index_name = s.index_name AND w.word = s.word \
         WHERE s.index_name = ?1 AND s.form IN (:list) AND w.row_count > 0 LIMIT ?2",
        &[index.into(), CANDIDATES_MAX.into()],
        &list,
        |row| Ok((row.get::<String>(0)?, row.get::<i64>(1)?)),
    )?;
    if candidates.iter().any(|(word, _)| word == typed) {
        return Ok(None);
    }
    let near = candidates.into_iter().filter(|(word, _)| within_one(word, typed));
    // Of equally frequent ones always the same.
    Ok(near.max_by(|one, other| one.1.cmp(&other.1).then_with(|| other.0.cmp(&one.0))).map(|(word, _)| word))
}
