//! Queries for a list of keys: `… WHERE id IN (:list)`.
//!
//! One look-up for each key would be the repeated query that the insight warns of. A statement of its own for each
//! length would fill the statement cache. So keys go in chunks of five fixed sizes, filled up by repeating the last.

use std::fmt::Write;

use mainstay_core::Result;

use crate::value::{Param, Row};
use crate::view::View;

/// What stands in the statement where the keys go.
const MARK: &str = ":list";

/// The sizes of a chunk. Few, so that few statements exist; the largest well below any engine's limit of parameters.
const SIZES: [usize; 5] = [1, 4, 16, 64, 256];

/// A place such as `,?256`.
const PLACE_BYTES: usize = 5;

const CHUNK_MAX: usize = SIZES[SIZES.len() - 1];

impl View<'_> {
    /// All rows of a query whose statement holds `:list` once, for as many keys as there are: each chunk of keys is
    /// queried in turn, so an ORDER BY holds within a chunk of 256 only. `fixed` fills `?1`, `?2`, … before the keys. A
    /// key that is given twice in different chunks is answered twice. No keys, no rows, no query.
    pub fn query_list<T>(
        &self,
        sql: &str,
        fixed: &[Param<'_>],
        keys: &[Param<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut rows = Vec::with_capacity(keys.len());
        let mut written: Option<(usize, String)> = None;
        let mut params = Vec::with_capacity(fixed.len() + keys.len().min(CHUNK_MAX));
        for chunk in keys.chunks(CHUNK_MAX) {
            let size = SIZES.into_iter().find(|size| *size >= chunk.len()).unwrap_or(CHUNK_MAX);
            params.clear();
            params.extend_from_slice(fixed);
            params.extend_from_slice(chunk);
            if let Some(last) = chunk.last() {
                params.resize(fixed.len() + size, *last);
            }
            // All chunks but the last have the same statement.
            if written.as_ref().is_none_or(|(of, _)| *of != size) {
                written = Some((size, statement(sql, fixed.len(), size)));
            }
            let Some((_, statement)) = &written else { continue };
            rows.append(&mut self.query(statement, &params, &mut read)?);
        }
        Ok(rows)
    }
}

fn statement(sql: &str, fixed: usize, size: usize) -> String {
    let (before, after) = sql.split_once(MARK).unwrap_or((sql, ""));
    let mut statement = String::with_capacity(sql.len() + size * PLACE_BYTES);
    statement.push_str(before);
    for place in fixed + 1..=fixed + size {
        let comma = if place == fixed + 1 { "" } else { "," };
        // Writing to a text cannot fail.
        let _ = write!(statement, "{comma}?{place}");
    }
    statement.push_str(after);
    statement
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_after_the_fixed_parameters() {
        assert_eq!(
            statement("SELECT 1 WHERE a = ?1 AND id IN (:list)", 1, 4),
            "SELECT 1 WHERE a = ?1 AND id IN (?2,?3,?4,?5)"
        );
        assert_eq!(statement("IN (:list)", 0, 1), "IN (?1)");
    }
}
