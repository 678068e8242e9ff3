//! Where one case of sagas runs: a database, and the processes on it.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::lifecycle::TaskHandle;
use mainstay_core::{Clock, Context, Id, Result, Shutdown, Tasks};
use mainstay_sql::{Database, Leadership, Migration, MigrationSet};
use mainstay_telemetry::Registry;
use mainstay_workflow::{Definition, Delivery, Options, RunKind, RunState, Saga, Sagas, Snapshot};

use super::script::{Script, Scripted, Trail};
use crate::case::{Outcome, same, told};

/// Far above what any engine needs, so that only a hang exceeds it.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

const MARKS: MigrationSet = MigrationSet {
    module: "conformance.workflow",
    migrations: &[Migration {
        version: 1,
        name: "marks",
        up: "CREATE TABLE marks (run BLOB NOT NULL, step TEXT NOT NULL, PRIMARY KEY (run, step)) STRICT",
        down: "DROP TABLE marks",
    }],
};

pub(super) struct Place {
    pub(super) db: Database,
    pub(super) ctx: Context,
    pub(super) script: Script,
}

impl Place {
    pub(super) async fn new(db: Database) -> Outcome<Self> {
        db.migrate(&[mainstay_workflow::MIGRATIONS, MARKS]).await.map_err(told)?;
        Ok(Self { db, ctx: Context::background("conformance"), script: Script::default() })
    }

    pub(super) fn new_run(&self) -> Id<RunKind> {
        Id::generate(&Clock::system())
    }

    /// Begins to execute `a > b! > c`, as one process.
    pub(super) fn engine(&self) -> Outcome<Engine> {
        let (tasks, shutdown, end) = (Tasks::new(), Shutdown::new(), Shutdown::new());
        let leadership = Leadership::start(&self.db, &Clock::system(), &tasks, &end);
        let sagas = Sagas::new(&self.db, &leadership, &tasks, &Registry::new(), Options::default());
        let mut definition = Definition::new("conformance.trail", 1).pivot("b");
        for name in ["a", "b", "c"] {
            definition = definition.step(Scripted(name, self.script.clone()));
        }
        let saga = sagas.register(definition).map_err(told)?;
        let running = tasks.spawn("sagas", sagas.clone().run(shutdown.clone()));
        Ok(Engine { sagas, saga, tasks, shutdown, end, running })
    }

    pub(super) async fn marks(&self, run: Id<RunKind>) -> Outcome<Vec<String>> {
        let marks = self.db.read(&self.ctx, move |view| {
            let sql = "SELECT step FROM marks WHERE run = ?1 ORDER BY step";
            view.query(sql, &[(&run).into()], |row| row.get(0))
        });
        marks.await.map_err(told)
    }
}

pub(super) struct Engine {
    pub(super) sagas: Sagas,
    pub(super) saga: Saga<Trail>,
    tasks: Tasks,
    shutdown: Shutdown,
    end: Shutdown,
    running: TaskHandle<Result<()>>,
}

impl Engine {
    pub(super) async fn start(&self, place: &Place, run: Id<RunKind>) -> Result<()> {
        let (saga, ctx) = (self.saga.clone(), place.ctx.clone());
        place.db.write(&place.ctx, move |tx| saga.start(tx, &ctx, run, &Trail::default())).await
    }

    pub(super) async fn signal(&self, place: &Place, run: Id<RunKind>) -> Outcome<Delivery> {
        let sagas = self.sagas.clone();
        place.db.write(&place.ctx, move |tx| sagas.signal(tx, run, "go", &1)).await.map_err(told)
    }

    pub(super) async fn ended(&self, place: &Place, run: Id<RunKind>) -> Outcome<Arc<Snapshot<Trail>>> {
        self.until(place, run, RunState::has_ended).await
    }

    pub(super) async fn until(
        &self,
        place: &Place,
        run: Id<RunKind>,
        arrived: fn(&RunState) -> bool,
    ) -> Outcome<Arc<Snapshot<Trail>>> {
        self.saga.wait(&place.ctx, run, PATIENCE, move |seen| arrived(&seen.state)).await.map_err(told)
    }

    pub(super) async fn stop(self) -> Outcome {
        self.shutdown.request();
        self.running.join().await.unwrap_or(Ok(())).map_err(told)?;
        self.end.request();
        same("tasks that did not end", self.tasks.drain(&Clock::system(), PATIENCE).await, Vec::new())
    }
}
