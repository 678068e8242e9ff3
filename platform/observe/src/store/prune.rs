//! Keeping the store within its bounds: the oldest leave first, a little at a time.

use std::sync::atomic::Ordering;

use mainstay_core::{Context, Result, Timestamp};
use mainstay_sql::{Tx, View};

use crate::store::{Bounds, Store};

/// Rows that leave in one transaction: some milliseconds, so that what comes in does not wait for it.
const ROWS_MAX: u32 = 500;

/// When the store is full, it is emptied to this share of its bound, in percent.
const FULL_PERCENT: u64 = 95;

/// What a table is called, and that of its words.
const TABLES: [(&str, Option<&str>); 3] = [
    ("observe_fragments", Some("observe_fragment_words")),
    ("observe_lines", Some("observe_line_words")),
    ("observe_samples", None),
];

impl Store {
    /// Drops some of what is too old or too much. `true` when there is more to drop.
    pub(super) async fn prune(&self, ctx: &Context, bounds: Bounds) -> Result<bool> {
        let (bytes, oldest) = self.db().read(ctx, |view| Ok((view.size_bytes()?, oldest(view)?))).await?;
        self.figures().bytes.store(i64::try_from(bytes).unwrap_or(i64::MAX), Ordering::Relaxed);
        let Some(oldest) = oldest else { return Ok(false) };
        let now = self.clock().now();
        let mut before = now - bounds.age;
        if bytes > bounds.bytes * FULL_PERCENT / 100 {
            // A fiftieth of the time that is kept, whatever came in then.
            let slice = now.since(oldest) / 50 + std::time::Duration::from_millis(1);
            before = before.max(oldest + slice);
        }
        if oldest >= before {
            return Ok(false);
        }
        let dropped = self.db().write(ctx, move |tx| drop_before(tx, before)).await?;
        self.figures().expired.fetch_add(dropped, Ordering::Relaxed);
        Ok(dropped > 0)
    }
}

fn oldest(view: &View<'_>) -> Result<Option<Timestamp>> {
    let mut oldest = None;
    for (table, _) in TABLES {
        let sql = format!("SELECT at FROM {table} ORDER BY id LIMIT 1");
        let first: Option<Timestamp> = view.query_one(&sql, &[], |row| row.get(0))?;
        oldest = [oldest, first].into_iter().flatten().min();
    }
    Ok(oldest)
}

fn drop_before(tx: &Tx<'_>, before: Timestamp) -> Result<u64> {
    let mut dropped = 0;
    for (table, words) in TABLES {
        // By id, which is the order of arrival: the rows stand beside each other.
        let sql = format!("SELECT id, at FROM {table} ORDER BY id LIMIT ?");
        let rows: Vec<(i64, Timestamp)> =
            tx.query(&sql, &[ROWS_MAX.into()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for (id, _) in rows.iter().take_while(|(_, at)| *at < before) {
            if let Some(words) = words {
                tx.execute(&format!("DELETE FROM {words} WHERE rowid = ?"), &[(*id).into()])?;
            }
            dropped += tx.execute(&format!("DELETE FROM {table} WHERE id = ?"), &[(*id).into()])?;
        }
    }
    Ok(dropped)
}
