//! The archive: events of aggregates to which nothing has happened for long, packed into one row each.
//!
//! It is part of the store and not beside it. A load, a history and a rebuild find what is archived by themselves, and an
//! archived aggregate can go on: its next event follows the archived ones, and is archived with them when it is old. So
//! there is no way back that would have to be asked for, and nothing that works on young aggregates only.
//!
//! Packing and deleting are one transaction. Projections are left alone: they follow from the same events.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use mainstay_core::{Error, Id, Result, Timestamp, codes};
use mainstay_sql::{Aged, Row, Tx, View};
use serde::{Deserialize, Serialize};

use super::event::{Aggregate, Recorded};
use super::projection::Stage;
use super::store::{AggregateStore, integer};

/// Events that one pass looks at: with what it writes, a few milliseconds of the database's time.
const BATCH: u32 = 100;

/// Archived aggregates that one step of a rebuild takes: about as many events as its other steps.
pub(super) const REBUILD_AGGREGATES: u32 = 100;

/// What an aggregate's events may be, together. A larger one stays where it is: it could not be read page by page.
const UNPACKED_BYTES_MAX: u64 = 1 << 20;

/// JSON of [`Stored`] under zlib.
const FORMAT: u32 = 1;

/// What one pass did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Archived {
    pub aggregates: u64,
    pub events: u64,
    /// Pass it as `after`; `None` when there is nothing old behind it, or when a projection is being built.
    pub next: Option<i64>,
}

/// A row of `aggregate_events`, but for what its archive's row says.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stored {
    position: i64,
    pub(super) version: u64,
    pub(super) kind: String,
    pub(super) schema: u32,
    at: i64,
    principal: String,
    trace: String,
    pub(super) data: String,
}

/// An aggregate whose events may be old enough.
struct Candidate {
    newest: i64,
    changed_at: Timestamp,
    bytes: u64,
}

/// An archived aggregate's id and events.
type Whole<A> = (Id<<A as Aggregate>::Kind>, Vec<Recorded<A>>);

/// The same as it is stored.
type Packed<A> = (Id<<A as Aggregate>::Kind>, Vec<Stored>);

impl<A: Aggregate> AggregateStore<A> {
    /// Archives aggregates to which nothing has happened since `before`, of those that some events after the position
    /// `after` belong to; begin with 0. `is_settled` says whether something is still to happen to one by itself: then it
    /// stays.
    ///
    /// While a projection is being built nothing is archived, so that no event passes it by.
    pub fn archive(
        &self,
        tx: &Tx<'_>,
        before: Timestamp,
        after: i64,
        is_settled: impl Fn(&A) -> bool,
    ) -> Result<Archived> {
        let mut archived = Archived { aggregates: 0, events: 0, next: None };
        if is_building(tx)? {
            return Ok(archived);
        }
        let Some((through, next)) = page::<A>(tx, before, after)? else { return Ok(archived) };
        archived.next = next;
        let newest: Option<i64> =
            tx.query_one("SELECT max(position) FROM aggregate_events", &[], |row| row.get(0))?;
        let mut candidates = candidates::<A>(tx, after, through)?;
        candidates.retain(|_, one| {
            one.changed_at < before && Some(one.newest) < newest && one.bytes <= UNPACKED_BYTES_MAX
        });
        for (id, events) in events_of::<A>(tx, after, through, &candidates)? {
            let mut aggregate = A::default();
            for event in &events {
                aggregate.apply(&self.read(&event.kind, event.schema, &event.data)?);
            }
            if !is_settled(&aggregate) {
                continue;
            }
            let moved = move_events::<A>(tx, id, &events)?;
            if moved > 0 {
                archived.aggregates += 1;
                archived.events += moved;
            }
        }
        Ok(archived)
    }

    /// Aggregates that have events which are not archived, and to how many of them nothing has happened since `before`.
    pub fn aged(&self, view: &View<'_>, before: Timestamp) -> Result<Aged> {
        view.aged(
            "SELECT count(*), min(changed_at), sum(changed_at < ?1) FROM
                 (SELECT max(at) AS changed_at FROM aggregate_events WHERE aggregate = ?2 GROUP BY id) AS each",
            &[before.into(), A::NAME.into()],
        )
    }

    /// How many aggregates and how many bytes of them the archive has, as they are packed.
    pub fn archive_size(&self, view: &View<'_>) -> Result<(u64, u64)> {
        let size = view.query_one(
            "SELECT count(*), coalesce(sum(length(packed)), 0) FROM aggregate_archive WHERE aggregate = ?1",
            &[A::NAME.into()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(size.unwrap_or_default())
    }

    /// The archived events of one aggregate, oldest first; none when it has none there.
    pub(super) fn archived(&self, view: &View<'_>, id: Id<A::Kind>) -> Result<Vec<Stored>> {
        let found = view.query_one(
            "SELECT format, size, packed FROM aggregate_archive WHERE aggregate = ?1 AND id = ?2",
            &[A::NAME.into(), (&id).into()],
            |row| unpack(row, 0),
        )?;
        Ok(found.unwrap_or_default())
    }

    /// The same of many aggregates; those that have none there are absent.
    pub(super) fn archived_many(&self, view: &View<'_>, ids: &[Id<A::Kind>]) -> Result<Vec<Packed<A>>> {
        let list: Vec<_> = ids.iter().map(Into::into).collect();
        let sql =
            "SELECT id, format, size, packed FROM aggregate_archive WHERE aggregate = ?1 AND id IN (:list)";
        view.query_list(sql, &[A::NAME.into()], &list, |row| Ok((row.get(0)?, unpack(row, 1)?)))
    }

    /// How many events of the aggregate are archived.
    pub(super) fn archived_version(&self, view: &View<'_>, id: Id<A::Kind>) -> Result<u64> {
        let found = view.query_one(
            "SELECT version FROM aggregate_archive WHERE aggregate = ?1 AND id = ?2",
            &[A::NAME.into(), (&id).into()],
            |row| row.get(0),
        )?;
        Ok(found.unwrap_or_default())
    }

    /// Some archived aggregates after `after` in the order of their ids, each with its events.
    pub(super) fn archived_after(&self, view: &View<'_>, after: &[u8], limit: u32) -> Result<Vec<Whole<A>>> {
        let rows = view.query(
            "SELECT id, format, size, packed FROM aggregate_archive
             WHERE aggregate = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            &[A::NAME.into(), after.into(), limit.into()],
            |row| Ok((row.get::<Id<A::Kind>>(0)?, unpack(row, 1)?)),
        )?;
        let revived = rows.into_iter().map(|(id, stored)| {
            let events = stored.into_iter().map(|event| self.revive(id, event)).collect::<Result<_>>()?;
            Ok((id, events))
        });
        revived.collect()
    }

    pub(super) fn revive(&self, id: Id<A::Kind>, stored: Stored) -> Result<Recorded<A>> {
        Ok(Recorded {
            position: stored.position,
            id,
            version: stored.version,
            at: Timestamp::from_micros(stored.at),
            principal: stored.principal,
            trace: stored.trace,
            event: self.read(&stored.kind, stored.schema, &stored.data)?,
        })
    }
}

fn is_building(view: &View<'_>) -> Result<bool> {
    let building = view.query_one(
        "SELECT 1 FROM projections WHERE stage = ?1 LIMIT 1",
        &[(Stage::Building as i64).into()],
        |_| Ok(()),
    )?;
    Ok(building.is_some())
}

/// The position of the last event to look at, and where the next pass goes on; `None` when there is no old one.
///
/// In the order of positions, which is that of time, so the look ends at the first event that is young, and no index on
/// the time is needed. What cannot be archived is looked at again each time: it is what did not end well, and little.
fn page<A: Aggregate>(view: &View<'_>, before: Timestamp, after: i64) -> Result<Option<(i64, Option<i64>)>> {
    let rows = view.query(
        "SELECT position, at FROM aggregate_events WHERE aggregate = ?1 AND position > ?2 ORDER BY position LIMIT ?3",
        &[A::NAME.into(), after.into(), BATCH.into()],
        |row| Ok((row.get::<i64>(0)?, row.get::<Timestamp>(1)?)),
    )?;
    let old = rows.iter().take_while(|(_, at)| *at < before).count();
    let Some((through, _)) = old.checked_sub(1).map(|last| rows[last]) else { return Ok(None) };
    Ok(Some((through, (old == BATCH as usize).then_some(through))))
}

fn candidates<A: Aggregate>(
    view: &View<'_>,
    after: i64,
    through: i64,
) -> Result<BTreeMap<Id<A::Kind>, Candidate>> {
    let rows = view.query(
        "SELECT id, max(position), max(at), sum(length(data)) FROM aggregate_events
         WHERE aggregate = ?1 AND id IN (SELECT id FROM aggregate_events
                                         WHERE aggregate = ?1 AND position > ?2 AND position <= ?3)
         GROUP BY id",
        &[A::NAME.into(), after.into(), through.into()],
        |row| {
            let one = Candidate { newest: row.get(1)?, changed_at: row.get(2)?, bytes: row.get(3)? };
            Ok((row.get::<Id<A::Kind>>(0)?, one))
        },
    )?;
    Ok(rows.into_iter().collect())
}

/// All events of the candidates, those that were archived before first.
fn events_of<A: Aggregate>(
    view: &View<'_>,
    after: i64,
    through: i64,
    candidates: &BTreeMap<Id<A::Kind>, Candidate>,
) -> Result<BTreeMap<Id<A::Kind>, Vec<Stored>>> {
    let mut events: BTreeMap<Id<A::Kind>, Vec<Stored>> = BTreeMap::new();
    view.for_each(
        "SELECT id, format, size, packed FROM aggregate_archive
         WHERE aggregate = ?1 AND id IN (SELECT id FROM aggregate_events
                                         WHERE aggregate = ?1 AND position > ?2 AND position <= ?3)",
        &[A::NAME.into(), after.into(), through.into()],
        |row| {
            let id = row.get(0)?;
            if candidates.contains_key(&id) {
                events.insert(id, unpack(row, 1)?);
            }
            Ok(())
        },
    )?;
    view.for_each(
        "SELECT id, position, version, kind, schema, at, principal, trace, data FROM aggregate_events
         WHERE aggregate = ?1 AND id IN (SELECT id FROM aggregate_events
                                         WHERE aggregate = ?1 AND position > ?2 AND position <= ?3)
         ORDER BY id, version",
        &[A::NAME.into(), after.into(), through.into()],
        |row| {
            let id = row.get(0)?;
            if candidates.contains_key(&id) {
                events.entry(id).or_default().push(Stored {
                    position: row.get(1)?,
                    version: row.get(2)?,
                    kind: row.get(3)?,
                    schema: row.get(4)?,
                    at: row.get::<Timestamp>(5)?.as_micros(),
                    principal: row.get(6)?,
                    trace: row.get(7)?,
                    data: row.get(8)?,
                });
            }
            Ok(())
        },
    )?;
    Ok(events)
}

/// Packs and deletes, in the caller's transaction; how many events left their table.
fn move_events<A: Aggregate>(tx: &Tx<'_>, id: Id<A::Kind>, events: &[Stored]) -> Result<u64> {
    let (size, packed) = pack(events)?;
    if size > UNPACKED_BYTES_MAX {
        return Ok(0);
    }
    // What is deleted next has to come out of it again: a fault of the packing must not cost an order.
    assert_eq!(read_packed(FORMAT, size, &packed)?, events, "events that were packed are not what was read");
    let version = events.last().map_or(0, |event| event.version);
    assert_eq!(version, events.len() as u64, "the events of an aggregate have no gap");
    tx.execute(
        "INSERT INTO aggregate_archive (aggregate, id, version, format, size, packed, archived_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (aggregate, id) DO UPDATE SET version = excluded.version, format = excluded.format,
             size = excluded.size, packed = excluded.packed, archived_at = excluded.archived_at",
        &[
            A::NAME.into(),
            (&id).into(),
            integer(version).into(),
            FORMAT.into(),
            integer(size).into(),
            packed.as_slice().into(),
            tx.now().into(),
        ],
    )?;
    // A cache, and the longest part of an aggregate that will hardly be read again.
    tx.execute(
        "DELETE FROM aggregate_snapshots WHERE aggregate = ?1 AND id = ?2",
        &[A::NAME.into(), (&id).into()],
    )?;
    tx.execute(
        "DELETE FROM aggregate_events WHERE aggregate = ?1 AND id = ?2",
        &[A::NAME.into(), (&id).into()],
    )
}

fn pack(events: &[Stored]) -> Result<(u64, Vec<u8>)> {
    let failed = |error| codes::INTERNAL.because("events could not be packed", error);
    let json = serde_json::to_vec(events).map_err(|error| failed(std::io::Error::from(error)))?;
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&json).map_err(failed)?;
    Ok((json.len() as u64, encoder.finish().map_err(failed)?))
}

fn unpack(row: &Row<'_>, first: usize) -> Result<Vec<Stored>> {
    let packed: Vec<u8> = row.get(first + 2)?;
    read_packed(row.get(first)?, row.get(first + 1)?, &packed)
}

fn read_packed(format: u32, size: u64, packed: &[u8]) -> Result<Vec<Stored>> {
    if format != FORMAT || size > UNPACKED_BYTES_MAX {
        return Err(
            codes::DATA_LOSS.error(format!("archived events are of the form {format}, of {size} bytes"))
        );
    }
    let mut json = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    // No more is unpacked than was said, whatever the bytes have become.
    ZlibDecoder::new(packed).take(size + 1).read_to_end(&mut json).map_err(broken)?;
    serde_json::from_slice(&json).map_err(broken)
}

fn broken(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    codes::DATA_LOSS.because("archived events cannot be read", error)
}
