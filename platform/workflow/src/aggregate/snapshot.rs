//! Snapshots: the fold of an aggregate's events up to some version. A cache that may be dropped at any time.

use mainstay_core::{Id, Result, codes};
use mainstay_sql::{Tx, View};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::event::{Aggregate, Loaded};

/// How an aggregate's state is kept beside its events.
pub(super) struct Snapshots<A> {
    /// A snapshot is taken whenever this many events came since.
    pub every: u64,
    /// The version of the state's shape; snapshots of others are not used.
    pub schema: u32,
    pub write: fn(&A) -> Result<String>,
    pub read: fn(&str) -> Option<A>,
}

impl<A: Aggregate + Serialize + DeserializeOwned> Snapshots<A> {
    pub fn new(every: u64, schema: u32) -> Self {
        Self {
            every: every.max(1),
            schema,
            write: |aggregate| {
                serde_json::to_string(aggregate)
                    .map_err(|error| codes::INTERNAL.because("a snapshot cannot be stored", error))
            },
            // One that cannot be read is as good as none.
            read: |json| serde_json::from_str(json).ok(),
        }
    }
}

impl<A: Aggregate> Snapshots<A> {
    pub fn load(&self, view: &View<'_>, id: Id<A::Kind>) -> Result<Option<Loaded<A>>> {
        let found = view.query_one(
            "SELECT version, data FROM aggregate_snapshots WHERE aggregate = ?1 AND id = ?2 AND schema = ?3",
            &[A::NAME.into(), (&id).into(), self.schema.into()],
            |row| Ok((row.get::<u64>(0)?, row.get::<String>(1)?)),
        )?;
        Ok(found.and_then(|(version, json)| Some(Loaded { aggregate: (self.read)(&json)?, version })))
    }

    pub fn store(&self, tx: &Tx<'_>, id: Id<A::Kind>, loaded: &Loaded<A>) -> Result<()> {
        let version = i64::try_from(loaded.version).unwrap_or(i64::MAX);
        tx.execute(
            "INSERT INTO aggregate_snapshots (aggregate, id, version, schema, data) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (aggregate, id) DO UPDATE SET
                 version = excluded.version, schema = excluded.schema, data = excluded.data",
            &[
                A::NAME.into(),
                (&id).into(),
                version.into(),
                self.schema.into(),
                (&(self.write)(&loaded.aggregate)?).into(),
            ],
        )?;
        Ok(())
    }
}
