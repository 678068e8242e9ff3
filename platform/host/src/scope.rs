//! What a service may reach, handed to its [`Needs`](crate::Needs): handles that are scoped to it already.
//!
//! A scope opens and wires things but starts none of them: sagas, consumers and jobs begin when every service of the
//! process has started, under the service's lease.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use mainstay_audit::Audit;
use mainstay_blobs::Store;
use mainstay_cache::{Cache, Policy};
use mainstay_core::{Clock, CpuPool, Result, Tasks};
use mainstay_events::{Consumers, EventSource, Outbox};
use mainstay_identity::Remembered;
use mainstay_jobs::Jobs;
use mainstay_notify::Notifier;
use mainstay_rpc::{Channel, Peer, RemoteLog};
use mainstay_search::TextEngine;
use mainstay_secrets::{Keys, RootKey};
use mainstay_sql::{Database, Leadership, MigrationSet};
use mainstay_telemetry::Registry;
use mainstay_workflow::Sagas;
use parking_lot::Mutex;

use crate::codes::NOTHING_HERE;
use crate::loops::Loops;
use crate::process::{Missing, Process};
use crate::replay::ReplayClock;
use crate::topology::Place;

/// What under load a job may wait for others, so that they share a commit. Who cannot wait does not use a job.
const JOBS_PACE: Duration = Duration::from_millis(20);

/// The tables that capabilities of the platform keep in a service's database, before the service's own.
const PLATFORM_MIGRATIONS: &[MigrationSet] = &[
    mainstay_events::MIGRATIONS,
    mainstay_jobs::MIGRATIONS,
    mainstay_workflow::MIGRATIONS,
    mainstay_http::idempotency::MIGRATIONS,
    mainstay_audit::MIGRATIONS,
];

/// The secret keys of a service, below the installation's root keys.
pub fn service_keys(root: &RootKey, name: &str) -> Keys {
    root.derive(&format!("service/{name}"))
}

/// What one service may reach.
pub struct Scope {
    name: &'static str,
    process: Arc<Process>,
    missing: Missing,
    registry: Registry,
    parts: Mutex<Parts>,
}

/// What the service reached for; the host runs and closes it.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) database: Option<Database>,
    pub(crate) migrations: Vec<MigrationSet>,
    pub(crate) leadership: Option<Arc<Leadership>>,
    pub(crate) outbox: Option<Outbox>,
    pub(crate) sagas: Option<Sagas>,
    pub(crate) jobs: Option<Jobs>,
    pub(crate) consumers: Option<Consumers>,
    pub(crate) loops: Option<Loops>,
    pub(crate) peers: BTreeSet<String>,
}

impl Scope {
    pub(crate) fn new(name: &'static str, process: Arc<Process>, missing: Missing) -> Self {
        let registry = process.registry.scoped(name);
        Self { name, process, missing, registry, parts: Mutex::default() }
    }

    /// The service's name, such as `shop.orders`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The service's database, with these tables beside the platform's own. It is migrated before the service
    /// starts. Ask once; asking again adds migrations to the same database.
    pub fn database(&self, migrations: &[MigrationSet]) -> Result<Database> {
        let mut parts = self.parts.lock();
        parts.migrations.extend_from_slice(migrations);
        self.open(&mut parts)
    }

    fn open(&self, parts: &mut Parts) -> Result<Database> {
        if let Some(database) = &parts.database {
            return Ok(database.clone());
        }
        let process = &self.process;
        let url = &process.settings.database.url;
        if self.missing == Missing::Refuse && !process.engines.has_database(url, self.name)? {
            return Err(NOTHING_HERE.error(format!("{} has no database at {url} yet", self.name)));
        }
        let database = process.engines.open_database(url, self.name, &process.clock, &process.sql_metrics)?;
        parts.database = Some(database.clone());
        parts.leadership = Some(Leadership::idle());
        parts.migrations.splice(0..0, PLATFORM_MIGRATIONS.iter().copied());
        Ok(database)
    }

    fn led(&self, parts: &mut Parts) -> Result<(Database, Arc<Leadership>)> {
        let database = self.open(parts)?;
        let leadership = parts.leadership.get_or_insert_with(Leadership::idle);
        Ok((database, Arc::clone(leadership)))
    }

    /// Where the service tells what happened.
    pub fn outbox(&self) -> Result<Outbox> {
        let mut parts = self.parts.lock();
        if let Some(outbox) = &parts.outbox {
            return Ok(outbox.clone());
        }
        let outbox =
            Outbox::new(self.open(&mut parts)?, self.name).with_metrics(self.process.events_metrics.clone());
        parts.outbox = Some(outbox.clone());
        // Their loop also deletes what the outbox kept long enough, so it runs where nobody consumes, too.
        self.consumers_in(&mut parts)?;
        Ok(outbox)
    }

    /// The service's consumers of events; add subscriptions in `start`.
    pub fn consumers(&self) -> Result<Consumers> {
        self.consumers_in(&mut self.parts.lock())
    }

    fn consumers_in(&self, parts: &mut Parts) -> Result<Consumers> {
        if let Some(consumers) = &parts.consumers {
            return Ok(consumers.clone());
        }
        let (database, leadership) = self.led(parts)?;
        let consumers = Consumers::new(database, leadership, self.process.tasks.clone())
            .with_metrics(self.process.events_metrics.clone())
            .with_retention(self.process.settings.retention.events())
            .with_readers(self.process.readers.clone());
        parts.consumers = Some(consumers.clone());
        Ok(consumers)
    }

    /// The service's sagas; register definitions in `start`.
    pub fn sagas(&self) -> Result<Sagas> {
        let mut parts = self.parts.lock();
        if let Some(sagas) = &parts.sagas {
            return Ok(sagas.clone());
        }
        let (database, leadership) = self.led(&mut parts)?;
        let keep = self.process.settings.retention.sagas();
        let options = mainstay_workflow::Options { keep, ..mainstay_workflow::Options::default() };
        let sagas = Sagas::new(&database, &leadership, &self.process.tasks, &self.registry, options);
        parts.sagas = Some(sagas.clone());
        Ok(sagas)
    }

    /// The service's durable jobs and schedules; register handlers in `start`.
    pub fn jobs(&self) -> Result<Jobs> {
        let mut parts = self.parts.lock();
        if let Some(jobs) = &parts.jobs {
            return Ok(jobs.clone());
        }
        let (database, leadership) = self.led(&mut parts)?;
        let jobs = Jobs::new(database, leadership, self.process.tasks.clone())
            .with_metrics(self.process.jobs_metrics.clone())
            .with_pace(JOBS_PACE)
            .with_done_kept_for(self.process.settings.retention.jobs());
        parts.jobs = Some(jobs.clone());
        Ok(jobs)
    }

    /// The service's own loops, such as a sweep; add them in `start`.
    pub fn loops(&self) -> Result<Loops> {
        let mut parts = self.parts.lock();
        if let Some(loops) = &parts.loops {
            return Ok(loops.clone());
        }
        let (_, leadership) = self.led(&mut parts)?;
        let loops = Loops::new(leadership, self.process.tasks.clone());
        parts.loops = Some(loops.clone());
        Ok(loops)
    }

    /// A client of the service `name`: in this process when it is mounted here, elsewhere when the configuration
    /// names its address. Connecting waits until the first call. `host.no_peer` when it is neither.
    pub fn peer<C>(&self, name: &'static str, client: impl FnOnce(Channel) -> C) -> Result<Peer<C>>
    where
        C: Clone,
    {
        self.parts.lock().peers.insert(name.to_owned());
        Ok(Peer::new(self.process.channel(self.name, name)?, client))
    }

    /// The events of the service `name`, wherever it runs.
    pub fn event_source(&self, name: &'static str) -> Result<Arc<dyn EventSource>> {
        Ok(match self.process.topology.place(self.name, name)? {
            Place::Here => self.process.topology.log_here(name),
            Place::Elsewhere => {
                self.parts.lock().peers.insert(name.to_owned());
                let channel = self.process.channel(self.name, name)?;
                Arc::new(RemoteLog::new(self.name, channel, self.process.clock.clone()))
            }
        })
    }

    /// Full-text search in the service's database.
    pub fn text_engine(&self) -> Result<Arc<dyn TextEngine>> {
        self.process.engines.text_engine(&self.process.settings.database.url).map(Arc::clone)
    }

    /// A use of the process's cache, such as `products`; the service's name makes it its own.
    pub fn cache(&self, name: &'static str, policy: Policy) -> Cache {
        let process = &self.process;
        let metrics = mainstay_cache::Metrics::register(&self.registry, name);
        let (clock, tasks) = (process.clock.clone(), process.tasks.clone());
        Cache::new(name, Arc::clone(&process.cache), policy, clock, tasks, metrics)
    }

    /// The service's own part of the objects; its name makes it its own.
    pub fn blobs(&self) -> Result<Store> {
        Store::new(self.process.blobs()?, self.name, mainstay_blobs::Metrics::register(&self.registry))
    }

    /// Sends messages to people.
    pub fn notifier(&self) -> Arc<dyn Notifier> {
        Arc::clone(&self.process.notifier)
    }

    /// The service's own secret keys; derive others for each use from them. No other service has them.
    pub fn secrets(&self) -> Keys {
        service_keys(&self.process.root, self.name)
    }

    /// What the edge of this process remembers of credentials, for the service that keeps and ends them.
    pub fn remembered(&self) -> Remembered {
        self.process.remembered.clone()
    }

    /// The service's audit log, in its own database.
    pub fn audit(&self) -> Audit {
        Audit::new(self.secrets())
    }

    /// Where the service's metrics are registered, with its name on them.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The one place where tasks are spawned.
    pub fn tasks(&self) -> &Tasks {
        &self.process.tasks
    }

    /// Threads for work that computes.
    pub fn cpu(&self) -> &CpuPool {
        &self.process.cpu
    }

    /// The times of what is replayed, in a process that was started to replay.
    pub fn replay_clock(&self) -> Option<ReplayClock> {
        self.process.replay.clone()
    }

    pub fn clock(&self) -> &Clock {
        &self.process.clock
    }

    pub(crate) fn into_parts(self) -> Parts {
        self.parts.into_inner()
    }
}
