//! A throw-away database: a real one, in a folder that is deleted with the value.

use std::sync::Arc;

use mainstay_core::{Clock, ManualClock, Result, Timestamp};
use mainstay_engine_sqlite::{Fts5, Sqlite};
use mainstay_search::TextEngine;
use mainstay_sql::{CommitHook, Database, DatabaseEngine, Metrics, MigrationSet, Options};
use tempfile::TempDir;

/// The name of the service that every test database belongs to.
pub const SERVICE: &str = "test.service";

/// 2030-01-01T00:00:00Z, when manual clocks begin: far from zero and from now, so that neither is taken for it.
pub const BEGINNING: Timestamp = Timestamp::from_micros(1_893_456_000_000_000);

/// An open database with its clock.
pub struct TestDatabase {
    pub db: Database,
    pub clock: Clock,
    /// Moves `clock`; of a database [`in_real_time`](TestDatabase::in_real_time) it moves nothing.
    pub manual: ManualClock,
    sets: Vec<MigrationSet>,
    hook: Option<Arc<dyn CommitHook>>,
    dir: TempDir,
}

impl TestDatabase {
    /// A new database with these migrations, on a clock that stands still until it is moved.
    pub async fn open(sets: &[MigrationSet]) -> Self {
        let (clock, manual) = Clock::manual(BEGINNING);
        Self::assemble(sets, clock, manual, None).await
    }

    /// A new database on the machine's clock: for measuring, and where a test cannot know when to move time.
    pub async fn in_real_time(sets: &[MigrationSet]) -> Self {
        let (_, manual) = Clock::manual(BEGINNING);
        Self::assemble(sets, Clock::system(), manual, None).await
    }

    /// A new database on a manual clock whose commits are told to `hook`.
    pub async fn hooked(sets: &[MigrationSet], hook: Arc<dyn CommitHook>) -> Self {
        let (clock, manual) = Clock::manual(BEGINNING);
        Self::assemble(sets, clock, manual, Some(hook)).await
    }

    /// Full-text search in it.
    pub fn text_engine(&self) -> Arc<dyn TextEngine> {
        Arc::new(Fts5)
    }

    /// Closes the database and opens its files again, as the next process does.
    pub async fn reopen(&mut self) {
        self.db.close().await;
        self.db = self.opened().await;
    }

    /// A second handle on the same files, as another process beside this one has it.
    pub async fn beside(&self) -> Database {
        self.opened().await
    }

    /// Where the files are.
    pub fn folder(&self) -> &std::path::Path {
        self.dir.path()
    }

    async fn assemble(
        sets: &[MigrationSet],
        clock: Clock,
        manual: ManualClock,
        hook: Option<Arc<dyn CommitHook>>,
    ) -> Self {
        let dir = must("make a temporary folder", TempDir::new());
        let db = open(&dir, &clock, hook.clone(), sets).await;
        Self { db, clock, manual, sets: sets.to_vec(), hook, dir }
    }

    async fn opened(&self) -> Database {
        open(&self.dir, &self.clock, self.hook.clone(), &self.sets).await
    }
}

async fn open(
    dir: &TempDir,
    clock: &Clock,
    hook: Option<Arc<dyn CommitHook>>,
    sets: &[MigrationSet],
) -> Database {
    let mut options = Options::new(clock.clone(), Metrics::unregistered());
    options.commit_hook = hook;
    let db = must("open a database", open_engine(dir, options));
    must("migrate a database", db.migrate(sets).await);
    db
}

fn open_engine(dir: &TempDir, options: Options) -> Result<Database> {
    Sqlite.open(&format!("sqlite:{}", dir.path().display()), SERVICE, options)
}

pub(crate) fn must<T, E: std::fmt::Debug>(what: &str, outcome: Result<T, E>) -> T {
    match outcome {
        Ok(value) => value,
        Err(error) => panic!("could not {what}: {error:?}"),
    }
}
