//! Projections: tables derived from events, in generations.
//!
//! Every row of a projection carries the generation that it belongs to. Readers look at the one that is live
//! ([`generation`]); a rebuild fills the next one beside it and makes it live in one transaction, so readers never see
//! half a table. A projection that truncated its table instead would need one transaction for the whole history, and
//! nobody else could write meanwhile.

use mainstay_core::Result;
use mainstay_sql::{Tx, View};

use super::event::{Aggregate, Recorded};

/// Follows the events of the aggregate `A`. Its position is stored in the transaction of its change.
pub trait Projection<A: Aggregate>: Send + Sync + 'static {
    /// Unique in the service's database; kept for good.
    fn name(&self) -> &'static str;

    /// Takes an event into the rows of `generation`. Each event comes once to each generation, in commit order; but a
    /// rebuild begins with the aggregates that have archived events, one after the other. So what one aggregate's event
    /// does must not depend on another's.
    fn apply(&self, tx: &Tx<'_>, generation: i64, event: &Recorded<A>) -> Result<()>;

    /// Deletes at most `limit` rows of `generation`; how many there were.
    fn clear(&self, tx: &Tx<'_>, generation: i64, limit: u32) -> Result<u64>;
}

/// What a generation is for. The numbers are the ones at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Being filled from the beginning; nobody reads it.
    Building = 0,
    /// Read by everybody, and brought up to date with each append.
    Live = 1,
    /// Replaced; its rows are being deleted.
    Retired = 2,
}

/// The generation that readers of a projection look at; 0, which has no rows, before the first one is built.
///
/// In SQL: `WHERE generation = (SELECT generation FROM projections WHERE name = '…' AND stage = 1)`.
pub fn generation(view: &View<'_>, projection: &str) -> Result<i64> {
    let live = view.query_one(
        "SELECT generation FROM projections WHERE name = ?1 AND stage = 1",
        &[projection.into()],
        |row| row.get(0),
    )?;
    Ok(live.unwrap_or_default())
}

/// Brings the live generation up to date with events that are being appended. Before there is one nothing is to be
/// done: what is built later begins with the first event.
pub(super) fn follow<A: Aggregate>(
    tx: &Tx<'_>,
    projection: &dyn Projection<A>,
    events: &[Recorded<A>],
) -> Result<()> {
    let Some(last) = events.last() else { return Ok(()) };
    let live = tx.query_one(
        "UPDATE projections SET position = ?2 WHERE name = ?1 AND stage = 1 RETURNING generation",
        &[projection.name().into(), last.position.into()],
        |row| row.get::<i64>(0),
    )?;
    let Some(generation) = live else { return Ok(()) };
    events.iter().try_for_each(|event| projection.apply(tx, generation, event))
}

/// Stores how far a generation has come.
pub(super) fn move_to(tx: &Tx<'_>, name: &str, generation: i64, position: i64) -> Result<()> {
    tx.execute(
        "UPDATE projections SET position = ?3 WHERE name = ?1 AND generation = ?2",
        &[name.into(), generation.into(), position.into()],
    )?;
    Ok(())
}
