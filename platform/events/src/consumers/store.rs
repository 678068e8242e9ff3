//! Every statement that a consumer makes about itself: its row, its inbox, and what it has parked.

use std::sync::Arc;

use mainstay_core::{Error, Id, Result, Timestamp, TraceContext};
use mainstay_sql::{Param, Row, Tx, Value, View};

use crate::codes;
use crate::envelope::{Envelope, Position};
use crate::event::EventKind;

/// The consumer's row at the start of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) position: Position,
    /// Messages in `event_parked`.
    pub(crate) parked: u64,
}

/// Finds or makes the consumer's row and returns its number.
pub(crate) fn register(tx: &Tx<'_>, name: &str, source: &str, topic: &str) -> Result<i64> {
    tx.execute(
        "INSERT INTO event_consumers (name, source, topic) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO NOTHING",
        &[name.into(), source.into(), topic.into()],
    )?;
    let row = tx.query_one(
        "SELECT number, source, topic FROM event_consumers WHERE name = ?1",
        &[name.into()],
        |row| Ok((row.get(0)?, row.get::<String>(1)?, row.get::<String>(2)?)),
    )?;
    match row {
        Some((number, kept_source, kept_topic)) if kept_source == source && kept_topic == topic => Ok(number),
        // Positions of one log mean nothing in another one.
        Some((_, kept_source, kept_topic)) => Err(codes::BAD_SUBSCRIPTION.error(format!(
            "{name} has its place in {kept_topic} of {kept_source} and cannot go on with it in {topic} of {source}"
        ))),
        None => Err(codes::BAD_SUBSCRIPTION.error(format!("{name} has no row although it was just made"))),
    }
}

pub(crate) fn number(view: &View<'_>, name: &str) -> Result<i64> {
    view.query_one("SELECT number FROM event_consumers WHERE name = ?1", &[name.into()], |row| row.get(0))?
        .ok_or_else(|| codes::NO_SUCH_KEY.error(format!("there is no consumer {name} in this database")))
}

/// Where the consumer of this name stands: at the start when it has never run.
pub(crate) fn position(view: &View<'_>, name: &str) -> Result<Position> {
    let found =
        view.query_one("SELECT position FROM event_consumers WHERE name = ?1", &[name.into()], |row| {
            row.get(0)
        })?;
    Ok(found.map_or(Position::START, Position))
}

pub(crate) fn progress(view: &View<'_>, consumer: i64) -> Result<Progress> {
    view.query_one(
        "SELECT position, parked FROM event_consumers WHERE number = ?1",
        &[consumer.into()],
        |row| Ok(Progress { position: Position(row.get(0)?), parked: row.get(1)? }),
    )?
    .ok_or_else(|| codes::BAD_SUBSCRIPTION.error("the consumer's row is gone"))
}

pub(crate) fn save(tx: &Tx<'_>, consumer: i64, progress: Progress) -> Result<()> {
    let parked = i64::try_from(progress.parked).unwrap_or(i64::MAX);
    tx.execute(
        "UPDATE event_consumers SET position = ?2, parked = ?3 WHERE number = ?1",
        &[consumer.into(), progress.position.0.into(), parked.into()],
    )?;
    Ok(())
}

/// Records the message's identity; `false` when it was there, so its effect is too.
pub(crate) fn record(tx: &Tx<'_>, consumer: i64, id: &Id<EventKind>) -> Result<bool> {
    let rows = tx.execute(
        "INSERT INTO event_inbox (consumer, id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        &[consumer.into(), id.into()],
    )?;
    Ok(rows == 1)
}

pub(crate) fn is_parked(view: &View<'_>, consumer: i64, lane: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM event_parked_keys WHERE consumer = ?1 AND lane = ?2";
    Ok(view.query_one(sql, &[consumer.into(), lane.into()], |row| row.get::<i64>(0))?.is_some())
}

/// A lane's state after a failure.
pub(crate) struct Failed<'a> {
    pub(crate) attempts: u32,
    pub(crate) dead: bool,
    pub(crate) due_at: Timestamp,
    pub(crate) error: &'a Error,
}

/// Reasons are for people; what is longer than this is a dump.
const REASON_BYTES: usize = 1_000;

pub(crate) fn set_lane(tx: &Tx<'_>, consumer: i64, lane: &str, failed: &Failed<'_>) -> Result<()> {
    let mut reason = failed.error.chain();
    reason.truncate(reason.floor_char_boundary(REASON_BYTES));
    tx.execute(
        "INSERT INTO event_parked_keys (consumer, lane, dead, attempts, due_at, since, code, reason) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
         ON CONFLICT (consumer, lane) DO UPDATE SET dead = excluded.dead, attempts = excluded.attempts, \
         due_at = excluded.due_at, code = excluded.code, reason = excluded.reason",
        &[
            consumer.into(),
            lane.into(),
            failed.dead.into(),
            failed.attempts.into(),
            failed.due_at.into(),
            tx.now().into(),
            failed.error.code().into(),
            (&reason).into(),
        ],
    )?;
    Ok(())
}

/// Makes the lane due at once with a clean count of attempts.
pub(crate) fn revive_lane(tx: &Tx<'_>, consumer: i64, lane: &str) -> Result<bool> {
    let rows = tx.execute(
        "UPDATE event_parked_keys SET dead = 0, attempts = 0, due_at = ?3 WHERE consumer = ?1 AND lane = ?2",
        &[consumer.into(), lane.into(), tx.now().into()],
    )?;
    Ok(rows == 1)
}

/// As [`revive_lane`] for all dead ones; how many there were.
pub(crate) fn revive_dead(tx: &Tx<'_>, consumer: i64) -> Result<u64> {
    tx.execute(
        "UPDATE event_parked_keys SET dead = 0, attempts = 0, due_at = ?2 WHERE consumer = ?1 AND dead = 1",
        &[consumer.into(), tx.now().into()],
    )
}

pub(crate) fn remove_lane(tx: &Tx<'_>, consumer: i64, lane: &str) -> Result<()> {
    tx.execute(
        "DELETE FROM event_parked_keys WHERE consumer = ?1 AND lane = ?2",
        &[consumer.into(), lane.into()],
    )?;
    Ok(())
}

/// Keeps the message, byte for byte, behind those of its lane. `false` when it waits there already.
pub(crate) fn park(tx: &Tx<'_>, consumer: i64, lane: &str, envelope: &Envelope) -> Result<bool> {
    let trace = envelope.trace.map(|trace| trace.to_bytes());
    let rows = tx.execute(
        "INSERT INTO event_parked (consumer, lane, position, id, type, key, at, trace, data) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
        &[
            consumer.into(),
            lane.into(),
            envelope.position.0.into(),
            (&envelope.id).into(),
            (&envelope.event_type).into(),
            (&envelope.key).into(),
            envelope.time.into(),
            trace.as_ref().map_or(Param::Null, Param::from),
            (&envelope.data).into(),
        ],
    )?;
    Ok(rows == 1)
}

pub(crate) fn unpark(tx: &Tx<'_>, consumer: i64, lane: &str, position: Position) -> Result<()> {
    tx.execute(
        "DELETE FROM event_parked WHERE consumer = ?1 AND lane = ?2 AND position = ?3",
        &[consumer.into(), lane.into(), position.0.into()],
    )?;
    Ok(())
}

/// The first messages of a lane, in order.
pub(crate) fn messages(
    view: &View<'_>,
    consumer: i64,
    lane: &str,
    source: &Arc<str>,
    limit: u32,
) -> Result<Vec<Envelope>> {
    view.query(
        "SELECT position, id, type, key, at, trace, data FROM event_parked \
         WHERE consumer = ?1 AND lane = ?2 ORDER BY position LIMIT ?3",
        &[consumer.into(), lane.into(), limit.into()],
        |row| envelope(row, source),
    )
}

fn envelope(row: &Row<'_>, source: &Arc<str>) -> Result<Envelope> {
    Ok(Envelope {
        position: Position(row.get(0)?),
        id: row.get(1)?,
        source: Arc::clone(source),
        event_type: row.get(2)?,
        key: row.get(3)?,
        time: row.get(4)?,
        trace: match row.value(5)? {
            Value::Blob(bytes) => TraceContext::from_bytes(bytes),
            _ => None,
        },
        data: row.get(6)?,
    })
}

/// Lanes whose wait is over, with the failures of their first message so far.
///
/// A wait that ends later than `horizon` was written before the wall clock stepped back, and is over too.
pub(crate) fn due_lanes(
    view: &View<'_>,
    consumer: i64,
    now: Timestamp,
    horizon: Timestamp,
    limit: u32,
) -> Result<Vec<(String, u32)>> {
    let mut lanes = view.query(
        "SELECT lane, attempts FROM event_parked_keys \
         WHERE consumer = ?1 AND dead = 0 AND due_at <= ?2 ORDER BY due_at LIMIT ?3",
        &[consumer.into(), now.into(), limit.into()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if lanes.is_empty() {
        lanes = view.query(
            "SELECT lane, attempts FROM event_parked_keys \
             WHERE consumer = ?1 AND dead = 0 AND due_at > ?2 ORDER BY due_at LIMIT ?3",
            &[consumer.into(), horizon.into(), limit.into()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
    }
    Ok(lanes)
}

/// When the next lane's wait is over.
pub(crate) fn next_due(view: &View<'_>, consumer: i64) -> Result<Option<Timestamp>> {
    view.query_one(
        "SELECT min(due_at) FROM event_parked_keys WHERE consumer = ?1 AND dead = 0",
        &[consumer.into()],
        |row| row.get(0),
    )
    .map(Option::flatten)
}
