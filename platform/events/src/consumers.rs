//! The consumers of one service: which there are, and how each is doing.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::join_all;
use mainstay_core::{Result, Shutdown, Tasks};
use mainstay_sql::{Database, Leadership};
use mainstay_telemetry::Text;
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::codes;
use crate::envelope::Position;
use crate::metrics::Metrics;
use crate::readers::Readers;
use crate::retention::Retention;
use crate::subscription::Consumer;

mod batch;
pub(crate) mod store;
mod worker;

pub(crate) use batch::Outcome;
use worker::Worker;

/// Runs a service's consumers under its lease. Cheap to clone.
#[derive(Clone)]
pub struct Consumers(Arc<Inner>);

struct Inner {
    db: Database,
    leadership: Arc<Leadership>,
    tasks: Tasks,
    metrics: Metrics,
    retention: Retention,
    readers: Readers,
    added: Mutex<Vec<Added>>,
    names: Mutex<BTreeSet<String>>,
    statuses: Mutex<Vec<watch::Receiver<ConsumerStatus>>>,
}

struct Added {
    consumer: Consumer,
    status: watch::Sender<ConsumerStatus>,
}

/// What a consumer is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsumerState {
    /// It is not started, or another process holds the lease.
    Waiting,
    Following,
    /// So much is parked that it stands still until keys go on or a person skips messages.
    Full,
    /// It cannot go on and tries again by itself; the words are for operators.
    Failing {
        code: String,
        reason: String,
    },
}

/// One consumer as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerStatus {
    pub name: String,
    pub source: String,
    pub topic: &'static str,
    pub state: ConsumerState,
    /// Everything up to here has had its effect or is parked.
    pub position: Position,
    /// Messages that wait behind failed ones.
    pub parked: u64,
}

impl Consumers {
    /// Consumers whose positions and effects are in `db`, which has [`crate::MIGRATIONS`].
    pub fn new(db: Database, leadership: Arc<Leadership>, tasks: Tasks) -> Self {
        Self(Arc::new(Inner {
            db,
            leadership,
            tasks,
            metrics: Metrics::unregistered(),
            retention: Retention::default(),
            readers: Readers::default(),
            added: Mutex::default(),
            names: Mutex::default(),
            statuses: Mutex::default(),
        }))
    }

    /// Counts into these metrics instead of ones that nobody collects. Before the handle is cloned.
    #[must_use]
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        self.changed(|inner| inner.metrics = metrics)
    }

    /// How long the outbox and the inbox are kept.
    #[must_use]
    pub fn with_retention(self, retention: Retention) -> Self {
        self.changed(|inner| inner.retention = retention)
    }

    /// The consumers of the whole process, so that no outbox in it loses what one of them has not read. Without it, those
    /// of this service alone.
    #[must_use]
    pub fn with_readers(self, readers: Readers) -> Self {
        self.changed(|inner| inner.readers = readers)
    }

    fn changed(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        match Arc::get_mut(&mut self.0) {
            Some(inner) => change(inner),
            // A clone is out already; it was built with what it has.
            None => tracing::warn!("consumers were configured after they were handed out; nothing changed"),
        }
        self
    }

    /// Adds a consumer; before [`Consumers::run`]. `events.bad_subscription` when its name is taken.
    pub fn add(&self, consumer: Consumer) -> Result<()> {
        let name = consumer.name();
        if !self.0.names.lock().insert(name.clone()) {
            return Err(codes::BAD_SUBSCRIPTION.error(format!("two consumers are called {name}")));
        }
        self.0.readers.add(consumer.source.name(), &name, &self.0.db);
        let (status, watched) = watch::channel(ConsumerStatus {
            name,
            source: consumer.source.name().to_owned(),
            topic: consumer.topic,
            state: ConsumerState::Waiting,
            position: Position::START,
            parked: 0,
        });
        self.0.statuses.lock().push(watched);
        self.0.added.lock().push(Added { consumer, status });
        Ok(())
    }

    /// Runs every consumer that was added, and the pruning, until the shutdown; returns when all have put down what
    /// they held. Consumers do their work only while this process holds the lease.
    pub async fn run(&self, shutdown: Shutdown) {
        let added = std::mem::take(&mut *self.0.added.lock());
        let mut running = Vec::with_capacity(added.len() + 1);
        for Added { consumer, status } in added {
            let worker = Worker::new(&self.0, consumer, status);
            running.push(self.0.tasks.spawn("consumer", worker.run(shutdown.clone())));
        }
        let (retention, readers) = (self.0.retention.clone(), self.0.readers.clone());
        let (db, leadership) = (self.0.db.clone(), Arc::clone(&self.0.leadership));
        running.push(self.0.tasks.spawn("event-pruning", async move {
            retention.run(&db, &leadership, &readers, &shutdown).await;
        }));
        join_all(running.into_iter().map(|task| task.join())).await;
    }

    /// How each consumer is doing in this process.
    pub fn status(&self) -> Vec<ConsumerStatus> {
        self.0.statuses.lock().iter().map(|status| status.borrow().clone()).collect()
    }

    /// Waits until the consumer has taken everything up to `position`. For ever when it does not: put a time limit
    /// around it. `events.bad_subscription` for a name that nobody added.
    pub async fn reached(&self, name: &str, position: Position) -> Result<ConsumerStatus> {
        self.until(name, |status| status.position >= position).await
    }

    /// Waits until `holds` is true of the consumer; as [`Consumers::reached`].
    pub async fn until(
        &self,
        name: &str,
        holds: impl FnMut(&ConsumerStatus) -> bool,
    ) -> Result<ConsumerStatus> {
        let found = self.0.statuses.lock().iter().find(|status| status.borrow().name == name).cloned();
        let gone = || codes::BAD_SUBSCRIPTION.error(format!("no consumer {name} runs here"));
        let mut status = found.ok_or_else(gone)?;
        status.wait_for(holds).await.map(|status| status.clone()).map_err(|_| gone())
    }
}

/// A consumer with everything that its transactions need.
pub(crate) struct Following {
    pub(crate) consumer: Arc<Consumer>,
    /// As operators and traces know it.
    pub(crate) name: Text,
    /// Whose handler it is.
    pub(crate) service: Text,
    /// Its number in the tables.
    pub(crate) number: i64,
    pub(crate) source: Arc<str>,
    /// What the contexts of its events are made from.
    pub(crate) context: mainstay_core::Context,
}
