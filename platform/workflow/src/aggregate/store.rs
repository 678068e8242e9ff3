//! Appends and loads the events of one kind of aggregate.

use std::collections::HashMap;
use std::sync::Arc;

use mainstay_core::{Context, Error, Id, IdKind, Result, codes};
use mainstay_sql::{Row, Tx, View};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::event::{Aggregate, DomainEvent, Loaded, Recorded};
use super::projection::{self, Projection};
use super::snapshot::Snapshots;
use super::upcast::{Sample, Upcaster, Upcasters};

/// Events of one page of a history at most.
const PAGE_MAX: u32 = 500;

/// How far the events that are not archived lead.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Nothing is missing before them.
    Whole,
    /// Something is.
    Gap,
    /// There are none.
    Nothing,
}

/// The store of one kind of aggregate, in the tables of its service's database. Built once, cheap to clone.
pub struct AggregateStore<A: Aggregate>(Arc<Parts<A>>);

struct Parts<A: Aggregate> {
    upcasters: Upcasters,
    snapshots: Option<Snapshots<A>>,
    projections: Vec<Arc<dyn Projection<A>>>,
}

impl<A: Aggregate> Clone for AggregateStore<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// A store on its way; see [`AggregateStore::builder`].
pub struct Builder<A: Aggregate>(Parts<A>);

impl<A: Aggregate> Builder<A> {
    /// Adds an upcaster; `workflow.bad_definition` when it does not fit the others.
    pub fn upcaster(mut self, upcaster: Upcaster) -> Result<Self> {
        self.0.upcasters.add(upcaster)?;
        Ok(self)
    }

    /// Keeps a snapshot of every aggregate, renewed after `every` events. `schema` changes with the aggregate's shape.
    #[must_use]
    pub fn snapshots(mut self, every: u64, schema: u32) -> Self
    where
        A: Serialize + DeserializeOwned,
    {
        self.0.snapshots = Some(Snapshots::new(every, schema));
        self
    }

    /// Keeps a projection up to date in the transaction of each append.
    #[must_use]
    pub fn projection(mut self, projection: impl Projection<A>) -> Self {
        self.0.projections.push(Arc::new(projection));
        self
    }

    #[must_use]
    pub fn build(self) -> AggregateStore<A> {
        AggregateStore(Arc::new(self.0))
    }
}

impl<A: Aggregate> AggregateStore<A> {
    /// A store without upcasters, snapshots and projections yet.
    #[must_use]
    pub fn builder() -> Builder<A> {
        Builder(Parts { upcasters: Upcasters::default(), snapshots: None, projections: Vec::new() })
    }

    /// The aggregate as it is now; `None` when nothing ever happened to it.
    pub fn load(&self, view: &View<'_>, id: Id<A::Kind>) -> Result<Option<Loaded<A>>> {
        let snapshot = match &self.0.snapshots {
            Some(snapshots) => snapshots.load(view, id)?,
            None => None,
        };
        let mut loaded = snapshot.unwrap_or_else(|| Loaded { aggregate: A::default(), version: 0 });
        if self.take_up(view, id, &mut loaded)? != Reach::Whole {
            for event in self.archived(view, id)? {
                if event.version > loaded.version {
                    loaded.aggregate.apply(&self.read(&event.kind, event.schema, &event.data)?);
                    loaded.version = event.version;
                }
            }
            if self.take_up(view, id, &mut loaded)? == Reach::Gap {
                return Err(codes::DATA_LOSS.error(format!("{id} lacks events after its {}", loaded.version)));
            }
        }
        Ok((loaded.version > 0).then_some(loaded))
    }

    /// These aggregates as they are now, each once and in no order; one to which nothing ever happened is absent. A page
    /// of them costs two queries and not two for each, unless there are snapshots to begin with.
    pub fn load_many(&self, view: &View<'_>, ids: &[Id<A::Kind>]) -> Result<HashMap<Id<A::Kind>, Loaded<A>>> {
        if self.0.snapshots.is_some() {
            let loaded = ids.iter().map(|id| Ok(self.load(view, *id)?.map(|loaded| (*id, loaded))));
            return loaded.filter_map(Result::transpose).collect();
        }
        let mut many: HashMap<Id<A::Kind>, Loaded<A>> = HashMap::new();
        for (id, events) in self.archived_many(view, ids)? {
            let loaded = many.entry(id).or_insert_with(|| Loaded { aggregate: A::default(), version: 0 });
            for event in events {
                loaded.aggregate.apply(&self.read(&event.kind, event.schema, &event.data)?);
                loaded.version = event.version;
            }
        }
        let list: Vec<_> = ids.iter().map(Into::into).collect();
        let sql = "SELECT id, version, kind, schema, data FROM aggregate_events
                   WHERE aggregate = ?1 AND id IN (:list) ORDER BY id, version";
        let young = view.query_list(sql, &[A::NAME.into()], &list, |row| {
            let (kind, json): (String, String) = (row.get(2)?, row.get(4)?);
            Ok((row.get::<Id<A::Kind>>(0)?, row.get::<u64>(1)?, self.read(&kind, row.get(3)?, &json)?))
        })?;
        for (id, version, event) in young {
            let loaded = many.entry(id).or_insert_with(|| Loaded { aggregate: A::default(), version: 0 });
            // The newest archived event stays where it was, too.
            if version <= loaded.version {
                continue;
            }
            if version != loaded.version + 1 {
                return Err(codes::DATA_LOSS.error(format!("{id} lacks events after its {}", loaded.version)));
            }
            loaded.aggregate.apply(&event);
            loaded.version = version;
        }
        Ok(many)
    }

    /// Applies the events after the aggregate's version. A young aggregate costs this one query; with a gap, or nothing
    /// at all, the archive has to be asked for what is before.
    fn take_up(&self, view: &View<'_>, id: Id<A::Kind>, loaded: &mut Loaded<A>) -> Result<Reach> {
        let mut reach = if loaded.version > 0 { Reach::Whole } else { Reach::Nothing };
        view.for_each(
            "SELECT version, kind, schema, data FROM aggregate_events
             WHERE aggregate = ?1 AND id = ?2 AND version > ?3 ORDER BY version",
            &[A::NAME.into(), (&id).into(), integer(loaded.version).into()],
            |row| {
                let version: u64 = row.get(0)?;
                if version != loaded.version + 1 {
                    reach = Reach::Gap;
                    return Ok(());
                }
                let (kind, json): (String, String) = (row.get(1)?, row.get(3)?);
                loaded.aggregate.apply(&self.read(&kind, row.get(2)?, &json)?);
                loaded.version = version;
                reach = Reach::Whole;
                Ok(())
            },
        )?;
        Ok(reach)
    }

    /// How many events the aggregate has; what [`append`](Self::append) expects. 0 when nothing ever happened to it.
    pub fn version(&self, view: &View<'_>, id: Id<A::Kind>) -> Result<u64> {
        let found = view.query_one(
            "SELECT version FROM aggregate_events WHERE aggregate = ?1 AND id = ?2 ORDER BY version DESC LIMIT 1",
            &[A::NAME.into(), (&id).into()],
            |row| row.get(0),
        )?;
        found.map_or_else(|| self.archived_version(view, id), Ok)
    }

    /// Appends what happened to the aggregate, of which the caller has seen `expected` events (0 for a new one). The
    /// version after it; `core.conflict` when somebody else appended first. Projections are brought up to date in the
    /// same transaction.
    pub fn append(
        &self,
        tx: &Tx<'_>,
        ctx: &Context,
        id: Id<A::Kind>,
        expected: u64,
        events: &[A::Event],
    ) -> Result<u64> {
        // That nobody appended since is told by the unique key; that the caller did not skip any, by the one before.
        if expected > 0 && !self.exists(tx, id, expected)? {
            return Err(conflict(id, expected));
        }
        let (principal, trace) = (ctx.principal().to_string(), ctx.trace().traceparent());
        let mut recorded = Vec::with_capacity(events.len());
        let mut version = expected;
        for event in events {
            version += 1;
            let json = serde_json::to_string(event)
                .map_err(|error| codes::INTERNAL.because("an event cannot be stored", error))?;
            // The key does not know of events that were archived: those are asked for with it.
            let inserted = tx.query_one(
                "INSERT INTO aggregate_events (aggregate, id, version, kind, schema, at, principal, trace, data)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 WHERE NOT EXISTS
                     (SELECT 1 FROM aggregate_archive WHERE aggregate = ?1 AND id = ?2 AND version >= ?3)
                 RETURNING position",
                &[
                    A::NAME.into(),
                    (&id).into(),
                    integer(version).into(),
                    event.kind().into(),
                    event.schema().into(),
                    tx.now().into(),
                    (&principal).into(),
                    (&trace).into(),
                    (&json).into(),
                ],
                |row| row.get::<i64>(0),
            );
            let position =
                inserted
                    .map_err(|error| {
                        if error.is(&mainstay_sql::codes::UNIQUE) { conflict(id, expected) } else { error }
                    })?
                    .ok_or_else(|| conflict(id, expected))?;
            if !self.0.projections.is_empty() {
                recorded.push(Recorded {
                    position,
                    id,
                    version,
                    at: tx.now(),
                    principal: principal.clone(),
                    trace: trace.clone(),
                    event: event.clone(),
                });
            }
        }
        for projection in &self.0.projections {
            projection::follow(tx, projection.as_ref(), &recorded)?;
        }
        self.snapshot(tx, id, expected, version)?;
        Ok(version)
    }

    /// A page of what happened to the aggregate after its event `after`, oldest first.
    pub fn history(
        &self,
        view: &View<'_>,
        id: Id<A::Kind>,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Recorded<A>>> {
        let limit = limit.min(PAGE_MAX);
        let mut page = view.query(
            "SELECT position, id, version, kind, schema, at, principal, trace, data FROM aggregate_events
             WHERE aggregate = ?1 AND id = ?2 AND version > ?3 ORDER BY version LIMIT ?4",
            &[A::NAME.into(), (&id).into(), integer(after).into(), limit.into()],
            |row| self.recorded(row),
        )?;
        if page.first().is_none_or(|first| first.version > after + 1) {
            let archived = self.archived(view, id)?.into_iter().filter(|event| event.version > after);
            let archived = archived.take(limit as usize).map(|event| self.revive(id, event));
            page = archived.chain(page.into_iter().map(Ok)).take(limit as usize).collect::<Result<_>>()?;
        }
        Ok(page)
    }

    /// Forgets every snapshot; the next loads fold the events.
    pub fn drop_snapshots(&self, tx: &Tx<'_>) -> Result<()> {
        tx.execute("DELETE FROM aggregate_snapshots WHERE aggregate = ?1", &[A::NAME.into()])?;
        Ok(())
    }

    /// Reads stored samples with the present upcasters. An error names the first sample that cannot be read, or an
    /// upcaster that no sample covers: for the test that every aggregate with upcasters has.
    pub fn check_samples(&self, samples: &[Sample]) -> Result<Vec<A::Event>> {
        for source in self.0.upcasters.sources() {
            if !samples.iter().any(|sample| (sample.kind, sample.schema) == source) {
                return Err(codes::NOT_FOUND.error(format!("no sample covers the upcaster from {source:?}")));
            }
        }
        samples.iter().map(|sample| self.read(sample.kind, sample.schema, sample.json)).collect()
    }

    pub(super) fn projections(&self) -> &[Arc<dyn Projection<A>>] {
        &self.0.projections
    }

    /// Events of every aggregate of this kind after a position, in commit order.
    pub(super) fn after(&self, view: &View<'_>, position: i64, limit: u32) -> Result<Vec<Recorded<A>>> {
        view.query(
            "SELECT position, id, version, kind, schema, at, principal, trace, data FROM aggregate_events
             WHERE position > ?1 AND aggregate = ?2 ORDER BY position LIMIT ?3",
            &[position.into(), A::NAME.into(), limit.into()],
            |row| self.recorded(row),
        )
    }

    fn recorded(&self, row: &Row<'_>) -> Result<Recorded<A>> {
        let (kind, json): (String, String) = (row.get(3)?, row.get(8)?);
        Ok(Recorded {
            position: row.get(0)?,
            id: row.get(1)?,
            version: row.get(2)?,
            at: row.get(5)?,
            principal: row.get(6)?,
            trace: row.get(7)?,
            event: self.read(&kind, row.get(4)?, &json)?,
        })
    }

    pub(super) fn read(&self, kind: &str, schema: u32, json: &str) -> Result<A::Event> {
        self.0.upcasters.read(kind, schema, json)
    }

    fn exists(&self, view: &View<'_>, id: Id<A::Kind>, version: u64) -> Result<bool> {
        let found = view.query_one(
            "SELECT 1 FROM aggregate_events WHERE aggregate = ?1 AND id = ?2 AND version = ?3",
            &[A::NAME.into(), (&id).into(), integer(version).into()],
            |_| Ok(()),
        )?;
        Ok(found.is_some() || self.archived_version(view, id)? == version)
    }

    fn snapshot(&self, tx: &Tx<'_>, id: Id<A::Kind>, before: u64, after: u64) -> Result<()> {
        match &self.0.snapshots {
            Some(snapshots) if after / snapshots.every > before / snapshots.every => {
                self.load(tx, id)?.map_or(Ok(()), |loaded| snapshots.store(tx, id, &loaded))
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn conflict<K: IdKind>(id: Id<K>, expected: u64) -> Error {
    codes::CONFLICT.error(format!("{id} is not at version {expected}"))
}

pub(super) fn integer(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}
