//! How long events are kept after they were written, and the loop that deletes older ones.
//!
//! What is old goes, but for events that a consumer in this process has yet to read ([`Readers`]): those wait for it,
//! however old they are. A producer does not know its consumers elsewhere; one that falls behind the outbox's age stops
//! with `events.history_pruned` instead of passing over what it missed. Parked and dead messages are not touched: they end
//! by an attempt or by a person.

use std::time::Duration;

use mainstay_core::{Context, Result, Shutdown, Timestamp};
use mainstay_sql::{Aged, Database, Leadership, Lease, Tx, View};

use crate::envelope::Position;
use crate::readers::Readers;

/// Rows in one transaction: deleting them takes about a millisecond, which other writers do not notice.
const CHUNK: i64 = 500;

/// Between two rounds. What is deleted is old by days; minutes do not matter.
const PERIOD: Duration = Duration::from_secs(600);

/// What is kept for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// A consumer in another process that was away for less than this finds everything.
    pub outbox: Duration,
    /// Longer than any event can come again: above the `outbox` of every producer.
    pub inbox: Duration,
}

impl Default for Retention {
    /// 30 days for the outbox: a consumer that nobody missed for that long is rebuilt anyway. A day more for the inbox,
    /// for clocks that differ.
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(86_400);
        Self { outbox: 30 * DAY, inbox: 31 * DAY }
    }
}

impl Retention {
    /// What the outbox and the inbox of a database hold, and how much of it is older now. What a consumer in the process has
    /// yet to read is older, too, and stays.
    pub fn aged(&self, view: &View<'_>) -> Result<(Aged, Aged)> {
        let outbox = view.aged(
            "SELECT count(*), min(at), sum(at < ?1) FROM outbox",
            &[(view.now() - self.outbox).into()],
        )?;
        // The oldest is not told: it would take going through the ids of every consumer.
        let inbox = view.aged(
            "SELECT count(*), NULL, sum(id < ?1) FROM event_inbox",
            &[(&first_id(view.now() - self.inbox)).into()],
        )?;
        Ok((outbox, inbox))
    }

    /// Deletes what is older, each ten minutes while this process leads, until the shutdown.
    pub(crate) async fn run(
        &self,
        db: &Database,
        leadership: &Leadership,
        readers: &Readers,
        shutdown: &Shutdown,
    ) {
        loop {
            let lease = tokio::select! {
                biased;
                () = shutdown.requested() => return,
                lease = leadership.wait() => lease,
            };
            // A lost lease is no failure: the next holder prunes. Any other one is tried again in the next round.
            match self.prune(db, &lease, readers, shutdown).await {
                Ok(0) => {}
                Ok(rows) => tracing::debug!(database = db.name(), rows, "old events were deleted"),
                Err(error) if lease.is_lost() => drop(error),
                Err(error) => {
                    tracing::warn!(
                        database = db.name(),
                        error = error.chain(),
                        "old events could not be deleted"
                    );
                }
            }
            tokio::select! {
                biased;
                () = shutdown.requested() => return,
                () = db.clock().sleep(PERIOD) => {}
            }
        }
    }

    /// Deletes what is older now, in small transactions; how many rows there were.
    pub async fn prune(
        &self,
        db: &Database,
        lease: &Lease,
        readers: &Readers,
        shutdown: &Shutdown,
    ) -> Result<u64> {
        let context = Context::background(db.name().to_owned());
        let now = db.clock().now();
        let (outbox, inbox) = (now - self.outbox, now - self.inbox);
        // Who reads goes on meanwhile, so what is read now is read in every transaction below.
        let read = readers.read_through(&context, db.name()).await?;
        let mut rows = 0;
        while !shutdown.is_requested() {
            let chunk = db
                .write_as(&context, lease, move |tx| {
                    Ok(prune_outbox(tx, outbox, read)? + prune_inbox(tx, inbox)?)
                })
                .await?;
            rows += chunk;
            if chunk == 0 {
                break;
            }
        }
        Ok(rows)
    }
}

// Each end by itself: asked for both in one go, SQLite walks over the whole log between them.
const ENDS: &str = "SELECT (SELECT min(position) FROM outbox), (SELECT max(position) FROM outbox)";

// Deletes from the front only, so that the log has no gap inside, even if the wall clock stepped back meanwhile. The
// newest row stays: the next position is counted from it.
fn prune_outbox(tx: &Tx<'_>, before: Timestamp, read: Option<Position>) -> Result<u64> {
    let kept = tx.query_one(
        "SELECT min(position) FROM (SELECT position, at FROM outbox ORDER BY position LIMIT ?1) WHERE at >= ?2",
        &[CHUNK.into(), before.into()],
        |row| row.get::<Option<i64>>(0),
    )?;
    let ends = tx.query_one(ENDS, &[], |row| Ok((row.get::<Option<i64>>(0)?, row.get::<Option<i64>>(1)?)))?;
    let Some((Some(first), Some(newest))) = ends else { return Ok(0) };
    let unread = read.map_or(i64::MAX, |read| read.0.saturating_add(1));
    let end = kept.flatten().unwrap_or(first + CHUNK).min(newest).min(unread);
    if end <= first {
        return Ok(0);
    }
    tx.execute("DELETE FROM outbox WHERE position < ?1", &[end.into()])
}

fn prune_inbox(tx: &Tx<'_>, before: Timestamp) -> Result<u64> {
    let bound = first_id(before);
    let consumers = tx.query("SELECT number FROM event_consumers", &[], |row| row.get::<i64>(0))?;
    let mut rows = 0;
    for consumer in consumers {
        rows += tx.execute(
            "DELETE FROM event_inbox WHERE consumer = ?1 AND id <= \
             (SELECT max(id) FROM (SELECT id FROM event_inbox WHERE consumer = ?1 AND id < ?2 ORDER BY id LIMIT ?3))",
            &[consumer.into(), (&bound).into(), CHUNK.into()],
        )?;
    }
    Ok(rows)
}

// Event ids are UUIDv7, so they begin with the milliseconds at which the event was written: those from before a moment are
// a range of the key.
fn first_id(at: Timestamp) -> [u8; 16] {
    let millis = u64::try_from(at.as_micros() / 1_000).unwrap_or(0);
    let mut id = [0; 16];
    id[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    id
}

#[cfg(test)]
mod tests {
    use mainstay_core::Clock;
    use mainstay_engine_sqlite::Sqlite;
    use mainstay_sql::{DatabaseEngine, Metrics, Options};

    use super::*;

    #[tokio::test]
    async fn the_ends_of_a_log_are_looked_up_however_long_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().display());
        let db = Sqlite.open(&url, "test", Options::new(Clock::system(), Metrics::unregistered())).unwrap();
        db.migrate(&[crate::MIGRATIONS]).await.unwrap();
        let plan = |view: &View<'_>| {
            view.query(&format!("EXPLAIN QUERY PLAN {ENDS}"), &[], |row| row.get::<String>(3))
        };
        let plan = db.read(&Context::background("test"), plan).await.unwrap();
        assert!(plan.iter().filter(|step| step.starts_with("SEARCH")).count() == 2, "{plan:?}");
    }
}
