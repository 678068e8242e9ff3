//! All sagas of a service: registering definitions, executing runs, and what operators do.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Id, Result, Shutdown, Tasks};
use mainstay_sql::{Database, Leadership, Tx};
use mainstay_telemetry::Registry;
use serde::Serialize;

use super::check;
use super::definition::{Definition, State};
use super::dispatcher::{Core, Dispatcher};
use super::executor::Executor;
use super::handle::Saga;
use super::metrics::Metrics;
use super::prune;
use super::signals::{self, Delivery};
use super::status::RunKind;
use super::watch::Watchers;
use crate::codes::BAD_DEFINITION;

/// How sagas are executed.
#[derive(Clone, Debug)]
pub struct Options {
    /// Runs in flight at once; others queue in the table. Each holds its state in memory and a call to a peer open, so
    /// this bounds both; 1,024 keeps the peers of one service busy at any sensible speed.
    pub in_flight: usize,
    /// How long steps may take to finish when the process ends. Those that take longer are done again by the next one.
    pub drain: Duration,
    /// How long a run is kept after its end. Longer than anybody asks about it, repeats of its start included.
    pub keep: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { in_flight: 1_024, drain: Duration::from_secs(5), keep: Duration::from_secs(30 * 86_400) }
    }
}

/// The sagas of one service. Cheap to clone.
#[derive(Clone)]
pub struct Sagas {
    pub(super) core: Arc<Core>,
}

impl Sagas {
    /// Sagas in the database of a service. Nothing is executed before [`run`](Self::run), and then only while this
    /// process leads.
    pub fn new(
        db: &Database,
        leadership: &Arc<Leadership>,
        tasks: &Tasks,
        registry: &Registry,
        options: Options,
    ) -> Self {
        let metrics = Metrics::new(registry);
        let core = Core::new(db.clone(), tasks.clone(), Arc::clone(leadership), metrics, options);
        Self { core: Arc::new(core) }
    }

    /// Makes a definition known; before [`run`](Self::run), so that no run of it is met unprepared. Versions stand
    /// beside each other; the handle starts runs of the one that it was returned for.
    pub fn register<S: State>(&self, definition: Definition<S>) -> Result<Saga<S>> {
        let pivot = definition.validated()?;
        let mut executors = self.core.executors.write();
        if executors.iter().any(|one| one.name() == definition.name && one.version() == definition.version) {
            return Err(BAD_DEFINITION
                .error(format!("saga {} v{} is registered twice", definition.name, definition.version)));
        }
        let executor = Arc::new(Executor {
            names: definition.step_names().collect(),
            pivot,
            watchers: Watchers::default(),
            core: Arc::clone(&self.core),
            metrics: self.core.metrics.of(definition.name),
            definition,
        });
        executors.push(executor.clone());
        Ok(Saga::new(executor))
    }

    /// What is registered: name, version and shape ([`Definition::shape`]) of each.
    pub fn definitions(&self) -> Vec<(&'static str, u32, String)> {
        self.core.executors.read().iter().map(|one| (one.name(), one.version(), one.shape())).collect()
    }

    /// Sends a signal to a run: kept in the caller's transaction, whether the run waits for it already or will. A
    /// signal that is sent twice is there twice; steps look at what it says, not at how often.
    pub fn signal(
        &self,
        tx: &Tx<'_>,
        run: Id<RunKind>,
        name: &str,
        payload: &impl Serialize,
    ) -> Result<Delivery> {
        let (delivery, awaited) = signals::send(tx, run, name, payload)?;
        if awaited {
            tx.after_commit(&self.core.due);
        }
        Ok(delivery)
    }

    /// Refuses, with the names, when runs are under way whose definition is not registered or has other steps now.
    /// Called by [`run`](Self::run); a host calls it before it opens a port.
    pub async fn check(&self) -> Result<()> {
        check::check(&self.core).await
    }

    /// Executes runs until `shutdown`, whenever this process leads, beginning with those that were cut off.
    pub async fn run(self, shutdown: Shutdown) -> Result<()> {
        self.check().await?;
        while !shutdown.is_requested() {
            let lease = tokio::select! {
                biased;
                () = shutdown.requested() => break,
                lease = self.core.leadership.wait() => lease,
            };
            let pruning = self
                .core
                .tasks
                .spawn("saga.prune", prune::keep_pruning(Arc::clone(&self.core), lease.clone()));
            match Dispatcher::take_over(Arc::clone(&self.core), lease).await {
                Ok(dispatcher) => dispatcher.run(&shutdown).await,
                Err(error) => {
                    tracing::error!(
                        error = error.chain(),
                        "sagas could not be taken over; it is tried again"
                    );
                    self.core.db.clock().sleep(Duration::from_secs(1)).await;
                }
            }
            pruning.abort();
        }
        Ok(())
    }
}
