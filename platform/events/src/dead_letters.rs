//! What waits behind failed events, for operators: look at it, replay it, skip it.
//!
//! A key that failed [`max_attempts`](crate::Subscription::max_attempts) times is dead: nothing of it is tried again
//! until a person decides. Its later events go on to queue behind it, in order. The person replays the key, after what
//! was wrong is corrected, or skips its first event, and then the next one is tried. Both work on keys that are not
//! dead yet. A consumer in another process notices within a second.

use std::sync::Arc;

use mainstay_core::{Id, Result, Timestamp};
use mainstay_sql::{Row, Tx, View};

use crate::codes;
use crate::consumers::store;
use crate::envelope::{Envelope, Position};
use crate::event::EventKind;

/// A consumer as its database knows it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ConsumerRow {
    pub name: String,
    pub source: String,
    pub topic: String,
    /// Everything up to here has had its effect or is parked.
    pub position: Position,
    /// Messages that wait.
    pub parked: u64,
}

/// A key whose events wait.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ParkedKey {
    /// The events' key; of a consumer whose events commute, the id of the one event.
    pub key: String,
    /// It waits for a person, not for its next attempt.
    pub dead: bool,
    /// Failures of its first event.
    pub attempts: u32,
    /// When it is tried again, unless it is dead.
    pub due_at: Timestamp,
    pub since: Timestamp,
    /// The code of the last failure.
    pub code: String,
    /// The whole last failure, with its private causes: not for the public.
    pub reason: String,
    pub messages: u64,
}

/// All consumers of this database, by name.
pub fn consumers(view: &View<'_>) -> Result<Vec<ConsumerRow>> {
    view.query(
        "SELECT name, source, topic, position, parked FROM event_consumers ORDER BY name",
        &[],
        |row| {
            Ok(ConsumerRow {
                name: row.get(0)?,
                source: row.get(1)?,
                topic: row.get(2)?,
                position: Position(row.get(3)?),
                parked: row.get(4)?,
            })
        },
    )
}

/// The keys that wait for their next attempt, in the order of keys after `after`.
pub fn parked(view: &View<'_>, consumer: &str, after: &str, limit: u32) -> Result<Vec<ParkedKey>> {
    keys(view, consumer, false, after, limit)
}

/// The keys that wait for a person, in the order of keys after `after`.
pub fn dead(view: &View<'_>, consumer: &str, after: &str, limit: u32) -> Result<Vec<ParkedKey>> {
    keys(view, consumer, true, after, limit)
}

fn keys(view: &View<'_>, consumer: &str, dead: bool, after: &str, limit: u32) -> Result<Vec<ParkedKey>> {
    let number = store::number(view, consumer)?;
    view.query(
        "SELECT lane, dead, attempts, due_at, since, code, reason, \
         (SELECT count(*) FROM event_parked AS m WHERE m.consumer = k.consumer AND m.lane = k.lane) \
         FROM event_parked_keys AS k WHERE consumer = ?1 AND dead = ?2 AND lane > ?3 ORDER BY lane LIMIT ?4",
        &[number.into(), dead.into(), after.into(), limit.into()],
        parked_key,
    )
}

fn parked_key(row: &Row<'_>) -> Result<ParkedKey> {
    Ok(ParkedKey {
        key: row.get(0)?,
        dead: row.get(1)?,
        attempts: row.get(2)?,
        due_at: row.get(3)?,
        since: row.get(4)?,
        code: row.get(5)?,
        reason: row.get(6)?,
        messages: row.get(7)?,
    })
}

/// The first events of a key that waits, in the order in which they will be handled.
pub fn messages(view: &View<'_>, consumer: &str, key: &str, limit: u32) -> Result<Vec<Envelope>> {
    let (number, source) = number_and_source(view, consumer)?;
    store::messages(view, number, key, &source, limit)
}

fn number_and_source(view: &View<'_>, consumer: &str) -> Result<(i64, Arc<str>)> {
    let number = store::number(view, consumer)?;
    let source =
        view.query_one("SELECT source FROM event_consumers WHERE number = ?1", &[number.into()], |row| {
            row.get::<String>(0)
        })?;
    Ok((number, source.unwrap_or_default().into()))
}

/// Lets the key be tried again, from its first event, with all attempts before it. `events.no_such_key` when nothing
/// of it waits.
pub fn replay(tx: &Tx<'_>, consumer: &str, key: &str) -> Result<()> {
    let number = store::number(tx, consumer)?;
    if store::revive_lane(tx, number, key)? { Ok(()) } else { Err(nothing_waits(consumer, key)) }
}

/// As [`replay`] for every dead key of the consumer; how many there were.
pub fn replay_all(tx: &Tx<'_>, consumer: &str) -> Result<u64> {
    let number = store::number(tx, consumer)?;
    store::revive_dead(tx, number)
}

/// Gives up the first event of a key, which the caller names, so that nobody skips what he has not seen. It counts as
/// handled from then on, and the next event of the key is tried. Errors: `events.no_such_key`; `events.not_next` when
/// another event comes first.
pub fn skip(tx: &Tx<'_>, consumer: &str, key: &str, message: Id<EventKind>) -> Result<Envelope> {
    let (number, source) = number_and_source(tx, consumer)?;
    let mut first_two = store::messages(tx, number, key, &source, 2)?.into_iter();
    let first = first_two.next().ok_or_else(|| nothing_waits(consumer, key))?;
    if first.id != message {
        return Err(
            codes::NOT_NEXT.error(format!("the first event of {key} is {} and not {message}", first.id))
        );
    }
    store::record(tx, number, &first.id)?;
    store::unpark(tx, number, key, first.position)?;
    let mut progress = store::progress(tx, number)?;
    progress.parked = progress.parked.saturating_sub(1);
    store::save(tx, number, progress)?;
    if first_two.next().is_some() {
        store::revive_lane(tx, number, key)?;
    } else {
        store::remove_lane(tx, number, key)?;
    }
    Ok(first)
}

/// Moves a consumer past a gap in its producer's log (`events.history_pruned`), or back after the producer's database
/// was put back to an earlier state (`events.history_rewound`). The next event taken is the one after `position`.
/// What the inbox has seen is not handled again; to handle it again on purpose, use a new generation.
pub fn move_to(tx: &Tx<'_>, consumer: &str, position: Position) -> Result<()> {
    let number = store::number(tx, consumer)?;
    let progress = store::progress(tx, number)?;
    store::save(tx, number, store::Progress { position, ..progress })
}

fn nothing_waits(consumer: &str, key: &str) -> mainstay_core::Error {
    codes::NO_SUCH_KEY.error(format!("nothing of the key {key} waits at {consumer}"))
}
