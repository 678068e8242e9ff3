//! Where one case of consumers runs: a log, a database with a table of effects, and the service's lease.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Clock, Context, Result, Shutdown, Tasks, codes};
use mainstay_events::{Consumer, ConsumerStatus, Consumers, Envelope, Subscription};
use mainstay_sql::{Database, Leadership, Migration, MigrationSet, Tx, View};
use parking_lot::Mutex;

use super::{Log, NOTES, Note, telling};
use crate::case::{Outcome, told};

pub(super) const GROUP: &str = "conformance.readers";

const TABLES: MigrationSet = MigrationSet {
    module: "conformance.events",
    migrations: &[Migration {
        version: 1,
        name: "effects",
        up: "CREATE TABLE effects (place INTEGER NOT NULL PRIMARY KEY, key TEXT NOT NULL, number INTEGER NOT NULL)",
        down: "DROP TABLE effects",
    }],
};

/// Far above what any engine needs, so that only a hang exceeds it.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Place {
    pub(super) log: Log,
    pub(super) db: Database,
    /// Numbers that the handler refuses.
    pub(super) refused: Arc<Mutex<BTreeSet<i64>>>,
    ctx: Context,
}

impl Place {
    pub(super) async fn new(log: Log, db: Database) -> Outcome<Self> {
        db.migrate(&[mainstay_events::MIGRATIONS, TABLES]).await.map_err(told)?;
        Ok(Self { log, db, refused: Arc::default(), ctx: Context::background("conformance") })
    }

    pub(super) async fn tell(&self, notes: &[(&str, i64)]) -> Outcome {
        let tellings = notes.iter().map(|(key, number)| telling(key, *number)).collect();
        (self.log.tell)(tellings).await.map_err(told)
    }

    /// Follows the log with a handler that leaves a row and refuses what it is told to.
    pub(super) fn consumer(&self) -> Consumer {
        let refused = Arc::clone(&self.refused);
        self.subscription().handle(move |tx, _, envelope, note| {
            record(tx, envelope, &note)?;
            if refused.lock().contains(&note.number) {
                return Err(codes::PRECONDITION.error("refused on purpose"));
            }
            Ok(())
        })
    }

    pub(super) fn subscription(&self) -> Subscription<Note> {
        Subscription::new(GROUP, &NOTES, Arc::clone(&self.log.source))
            .max_attempts(3)
            .retries(Duration::from_millis(5), Duration::from_millis(20))
    }

    pub(super) fn run(&self, consumer: Consumer) -> Outcome<Running> {
        let (tasks, shutdown, end) = (Tasks::new(), Shutdown::new(), Shutdown::new());
        let leadership = Leadership::start(&self.db, self.db.clock(), &tasks, &end);
        let consumers = Consumers::new(self.db.clone(), leadership, tasks.clone());
        consumers.add(consumer).map_err(told)?;
        let (worker, stop) = (consumers.clone(), shutdown.clone());
        tasks.spawn("conformance.consumers", async move {
            worker.run(stop).await;
            end.request();
        });
        Ok(Running { consumers, tasks, shutdown })
    }

    pub(super) async fn write<T: Send + 'static>(
        &self,
        closure: impl FnMut(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Outcome<T> {
        self.db.write(&self.ctx, closure).await.map_err(told)
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        closure: impl FnMut(&View<'_>) -> Result<T> + Send + 'static,
    ) -> Outcome<T> {
        self.db.read(&self.ctx, closure).await.map_err(told)
    }

    pub(super) async fn numbers(&self) -> Outcome<Vec<i64>> {
        self.read(|view| view.query("SELECT number FROM effects ORDER BY place", &[], |row| row.get(0))).await
    }
}

pub(super) fn record(tx: &Tx<'_>, envelope: &Envelope, note: &Note) -> Result<()> {
    tx.execute(
        "INSERT INTO effects (key, number) VALUES (?1, ?2)",
        &[(&envelope.key).into(), note.number.into()],
    )?;
    Ok(())
}

/// Consumers that run until they are stopped.
pub(super) struct Running {
    pub(super) consumers: Consumers,
    tasks: Tasks,
    shutdown: Shutdown,
}

impl Running {
    pub(super) async fn until(&self, holds: impl FnMut(&ConsumerStatus) -> bool) -> Outcome<ConsumerStatus> {
        let waited = Clock::system().timeout(PATIENCE, self.consumers.until(GROUP, holds)).await;
        waited.map_err(|_| format!("not reached: {:?}", self.consumers.status()))?.map_err(told)
    }

    pub(super) async fn stop(self) -> Outcome {
        self.shutdown.request();
        let left = self.tasks.drain(&Clock::system(), PATIENCE).await;
        if left.is_empty() { Ok(()) } else { Err(format!("still running: {left:?}")) }
    }
}

impl Drop for Running {
    // A case that failed in the middle leaves nothing running.
    fn drop(&mut self) {
        self.shutdown.request();
    }
}
