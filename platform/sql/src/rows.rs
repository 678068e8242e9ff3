//! Statements that write many rows: `INSERT … VALUES :rows …`.
//!
//! A statement a row opens every index anew and looks for the row's place in it from the top. One for many rows goes on
//! from where the row before went, which for rows in order is where the next one belongs; that spares a third of the time.
//! Chunks have one of four sizes, so that few statements exist.

use std::fmt::Write;

use mainstay_core::Result;

use crate::tx::Tx;
use crate::value::Param;

/// What stands in the statement where the rows go.
const MARK: &str = ":rows";

/// The rows of a chunk, the largest that fits first. More than these spare nothing more, and a prepared statement takes some
/// kilobyte of memory a row.
const SIZES: [usize; 4] = [32, 8, 2, 1];

/// A place such as `?224,`.
const PLACE_BYTES: usize = 5;

impl Tx<'_> {
    /// Runs a statement that holds `:rows` once, where `VALUES` has its rows, for as many as there are: each chunk of rows
    /// in turn. How many rows were changed in all. No rows, no statement.
    pub fn execute_rows<const WIDTH: usize>(&self, sql: &str, rows: &[[Param<'_>; WIDTH]]) -> Result<u64> {
        let mut changed = 0;
        let mut rest = rows;
        for size in SIZES {
            if rest.len() < size {
                continue;
            }
            let statement = statement(sql, WIDTH, size);
            let chunks = rest.chunks_exact(size);
            rest = chunks.remainder();
            for chunk in chunks {
                changed += self.execute(&statement, chunk.as_flattened())?;
            }
        }
        Ok(changed)
    }
}

fn statement(sql: &str, width: usize, rows: usize) -> String {
    let (before, after) = sql.split_once(MARK).unwrap_or((sql, ""));
    let mut statement = String::with_capacity(sql.len() + rows * (width * PLACE_BYTES + 2));
    statement.push_str(before);
    for place in 1..=rows * width {
        let lead = match place {
            1 => "(",
            _ if place % width == 1 || width == 1 => "),(",
            _ => ",",
        };
        // Writing to a text cannot fail.
        let _ = write!(statement, "{lead}?{place}");
    }
    statement.push(')');
    statement.push_str(after);
    statement
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_where_the_mark_is() {
        assert_eq!(
            statement("INSERT INTO t (a, b) VALUES :rows ON CONFLICT DO NOTHING", 2, 2),
            "INSERT INTO t (a, b) VALUES (?1,?2),(?3,?4) ON CONFLICT DO NOTHING"
        );
        assert_eq!(statement("INSERT INTO t VALUES :rows", 1, 3), "INSERT INTO t VALUES (?1),(?2),(?3)");
    }
}
