//! Counts the statements that one piece of work sends, so that the same look-up done once a row can be found out.
//!
//! Off in production: a context carries a ledger only when somebody asked for one.

use std::collections::HashMap;

use parking_lot::Mutex;

/// More repeats of one look-up within one piece of work than this is taken for an N+1 query.
pub const REPEATS_ALLOWED: u32 = 10;

// Bounds the memory of one ledger; distinct statements are written by hand, so real work stays far below.
const STATEMENTS_MAX: usize = 1_000;

/// How often each statement ran within one context.
#[derive(Debug, Default)]
pub struct QueryLedger {
    statements: Mutex<HashMap<String, u32>>,
}

impl QueryLedger {
    pub fn record(&self, statement: &str) {
        let mut statements = self.statements.lock();
        if let Some(count) = statements.get_mut(statement) {
            *count += 1;
        } else if statements.len() < STATEMENTS_MAX {
            statements.insert(statement.to_owned(), 1);
        }
    }

    /// How many queries were sent in all.
    pub fn total(&self) -> u64 {
        self.statements.lock().values().map(|count| u64::from(*count)).sum()
    }

    /// The statements that ran more than [`REPEATS_ALLOWED`] times, most repeated first.
    pub fn repeated(&self) -> Vec<(String, u32)> {
        let mut repeated: Vec<_> = self
            .statements
            .lock()
            .iter()
            .filter(|(_, count)| **count > REPEATS_ALLOWED)
            .map(|(statement, count)| (statement.clone(), *count))
            .collect();
        repeated.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        repeated
    }
}
