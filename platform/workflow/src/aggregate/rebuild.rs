//! Builds projections from the first event on, beside the generation that is being read.

use mainstay_core::{Context, Result};
use mainstay_sql::{Database, Tx, View};

use super::archive::REBUILD_AGGREGATES;
use super::event::Aggregate;
use super::projection::{Projection, Stage, move_to};
use super::store::AggregateStore;

/// Events, or rows to delete, of one transaction: a few milliseconds, between which others write.
pub const BATCH: u32 = 500;

/// What a rebuild did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// The generation that is live now.
    pub generation: i64,
    pub events: u64,
}

impl<A: Aggregate> AggregateStore<A> {
    /// Builds what has no live generation yet, and finishes what a crash cut off. A service calls it when it starts;
    /// when there is nothing to do, it reads a few rows.
    pub async fn prepare(&self, db: &Database, ctx: &Context) -> Result<()> {
        for index in 0..self.projections().len() {
            let name = self.projections()[index].name();
            let stages = db.read(ctx, move |view| stages(view, name)).await?;
            if !matches!(stages.as_slice(), [(_, stage)] if *stage == Stage::Live as i64) {
                self.build(db, ctx, index, From::WhereItStopped).await?;
            }
        }
        Ok(())
    }

    /// Builds the projection of that name anew from the first event, while readers go on with what is there. `None`
    /// when the store has no such projection.
    pub async fn rebuild(&self, db: &Database, ctx: &Context, projection: &str) -> Result<Option<Rebuilt>> {
        match self.projections().iter().position(|one| one.name() == projection) {
            Some(index) => self.build(db, ctx, index, From::TheFirstEvent).await.map(Some),
            None => Ok(None),
        }
    }

    async fn build(&self, db: &Database, ctx: &Context, index: usize, from: From) -> Result<Rebuilt> {
        let name = self.projections()[index].name();
        let (generation, mut is_live) = db.write(ctx, move |tx| begin(tx, name, from)).await?;
        let mut rebuilt = Rebuilt { generation, events: 0 };
        while !is_live {
            let store = self.clone();
            let (taken, live) = db.write(ctx, move |tx| store.advance(tx, index, generation)).await?;
            rebuilt.events += taken;
            is_live = live;
        }
        loop {
            let store = self.clone();
            if db.write(ctx, move |tx| store.sweep(tx, index)).await? {
                return Ok(rebuilt);
            }
        }
    }

    /// Takes the next events into a generation that is being built. When there are no more, it becomes the live one in
    /// the same transaction, so that no append falls between.
    fn advance(&self, tx: &Tx<'_>, index: usize, generation: i64) -> Result<(u64, bool)> {
        let projection = &self.projections()[index];
        let name = projection.name();
        let found = tx.query_one(
            "SELECT position, archive_after FROM projections WHERE name = ?1 AND generation = ?2 AND stage = 0",
            &[name.into(), generation.into()],
            |row| Ok((row.get::<i64>(0)?, row.get::<Option<Vec<u8>>>(1)?)),
        )?;
        // Somebody else built it to its end, or began anew.
        let Some((position, archive_after)) = found else { return Ok((0, true)) };
        if let Some(after) = archive_after {
            return Ok((self.advance_in_archive(tx, projection.as_ref(), generation, &after)?, false));
        }
        let events = self.after(tx, position, BATCH)?;
        for event in &events {
            projection.apply(tx, generation, event)?;
        }
        if let Some(last) = events.last() {
            move_to(tx, name, generation, last.position)?;
        }
        let live = events.len() < BATCH as usize;
        if live {
            set_stage(tx, name, Stage::Live, Stage::Retired)?;
            set_stage(tx, name, Stage::Building, Stage::Live)?;
        }
        Ok((events.len() as u64, live))
    }

    /// Takes the next archived aggregates into a generation that is being built. They come first: what happened to one
    /// of them later stands among the other events, and nothing is archived while something is being built.
    fn advance_in_archive(
        &self,
        tx: &Tx<'_>,
        projection: &dyn Projection<A>,
        generation: i64,
        after: &[u8],
    ) -> Result<u64> {
        let archived = self.archived_after(tx, after, REBUILD_AGGREGATES)?;
        let mut taken = 0;
        for event in archived.iter().flat_map(|(_, events)| events) {
            projection.apply(tx, generation, event)?;
            taken += 1;
        }
        let is_more = archived.len() == REBUILD_AGGREGATES as usize;
        let next = archived.last().filter(|_| is_more).map(|(id, _)| id.as_bytes().to_vec());
        tx.execute(
            "UPDATE projections SET archive_after = ?3 WHERE name = ?1 AND generation = ?2",
            &[projection.name().into(), generation.into(), next.as_deref().into()],
        )?;
        Ok(taken)
    }

    /// Deletes some rows of a retired generation; whether none is left.
    fn sweep(&self, tx: &Tx<'_>, index: usize) -> Result<bool> {
        let projection: &dyn Projection<A> = self.projections()[index].as_ref();
        let retired = tx.query_one(
            "SELECT generation FROM projections WHERE name = ?1 AND stage = 2 ORDER BY generation LIMIT 1",
            &[projection.name().into()],
            |row| row.get::<i64>(0),
        )?;
        let Some(generation) = retired else { return Ok(true) };
        if projection.clear(tx, generation, BATCH)? == 0 {
            tx.execute(
                "DELETE FROM projections WHERE name = ?1 AND generation = ?2",
                &[projection.name().into(), generation.into()],
            )?;
        }
        Ok(false)
    }
}

/// Where to begin when a build was cut off.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    WhereItStopped,
    /// With the first event: what was built may follow rules that have changed since.
    TheFirstEvent,
}

fn set_stage(tx: &Tx<'_>, name: &str, from: Stage, to: Stage) -> Result<()> {
    tx.execute(
        "UPDATE projections SET stage = ?3 WHERE name = ?1 AND stage = ?2",
        &[name.into(), (from as i64).into(), (to as i64).into()],
    )?;
    Ok(())
}

fn stages(view: &View<'_>, name: &str) -> Result<Vec<(i64, i64)>> {
    view.query(
        "SELECT generation, stage FROM projections WHERE name = ?1 ORDER BY generation",
        &[name.into()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// The generation to go on with, and whether it is live already.
fn begin(tx: &Tx<'_>, name: &str, from: From) -> Result<(i64, bool)> {
    let stages = stages(tx, name)?;
    let at = |wanted: Stage| {
        stages.iter().find(|(_, stage)| *stage == wanted as i64).map(|(generation, _)| *generation)
    };
    if from == From::WhereItStopped {
        if let Some(generation) = at(Stage::Building) {
            return Ok((generation, false));
        }
        if let Some(generation) = at(Stage::Live) {
            return Ok((generation, true));
        }
    }
    set_stage(tx, name, Stage::Building, Stage::Retired)?;
    let generation = stages.last().map_or(1, |(generation, _)| generation + 1);
    tx.execute(
        "INSERT INTO projections (name, generation, stage, position, archive_after) VALUES (?1, ?2, 0, 0, x'')",
        &[name.into(), generation.into()],
    )?;
    Ok((generation, false))
}
