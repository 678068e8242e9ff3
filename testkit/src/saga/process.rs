//! A process that executes sagas, which can be killed: its tasks live on a runtime of their own.

use std::sync::Arc;

use mainstay_core::{Clock, Shutdown, Tasks};
use mainstay_sql::{Database, Leadership};
use mainstay_telemetry::Registry;
use mainstay_workflow::{Options, Saga, Sagas};
use tokio::runtime::{Builder, Runtime};

use super::fault::{Trap, Trapped};
use super::world::World;
use crate::database::must;

/// One process.
pub(super) struct Process<W: World> {
    pub sagas: Sagas,
    pub saga: Saga<W::State>,
    runtime: Runtime,
}

impl<W: World> Process<W> {
    /// Begins to execute the world's saga, with the traps in it.
    pub fn start(world: &W, db: &Database, clock: &Clock, trap: &Arc<Trap<W::State>>) -> Self {
        let runtime = must(
            "start a runtime",
            Builder::new_multi_thread().worker_threads(1).thread_name("saga-process").enable_all().build(),
        );
        let (sagas, saga) = {
            let _inside = runtime.enter();
            let tasks = Tasks::new();
            let leadership = Leadership::start(db, clock, &tasks, &Shutdown::new());
            let sagas = Sagas::new(db, &leadership, &tasks, &Registry::new(), Options::default());
            let definition = world
                .definition(db)
                .map_steps(|inner| Box::new(Trapped { inner: Arc::from(inner), trap: Arc::clone(trap) }));
            let saga = must("register the saga", sagas.register(definition));
            let running = sagas.clone().run(Shutdown::new());
            tasks.spawn("sagas", async move { must("execute sagas", running.await) });
            (sagas, saga)
        };
        Self { sagas, saga, runtime }
    }

    /// Ends it at once, wherever it is. What it had handed to the database may still be written.
    pub fn kill(self) {
        self.runtime.shutdown_background();
    }
}
