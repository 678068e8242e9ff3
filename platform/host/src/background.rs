//! The work that a service does by itself: sagas, consumers, jobs and schedules, all under its one lease.
//!
//! Two shutdowns, one after the other: first those who work put down what they hold, then the lease is released, so
//! that the process that takes over finds nothing half done and starts at once.

use std::sync::Arc;

use futures::future::join_all;
use mainstay_core::lifecycle::TaskHandle;
use mainstay_core::{Clock, Result, Shutdown, Tasks};
use mainstay_sql::leadership::BACKGROUND;
use mainstay_sql::{Database, Leadership};

use crate::pruning;
use crate::scope::Parts;
use crate::service::Everywhere;

/// The background work of one service.
pub(crate) struct Background {
    name: &'static str,
    database: Option<Database>,
    parts: Parts,
    everywhere: Vec<Everywhere>,
    working: Vec<TaskHandle<()>>,
    work: Shutdown,
    lead: Shutdown,
}

impl Background {
    pub(crate) fn new(name: &'static str, parts: Parts, everywhere: Vec<Everywhere>) -> Self {
        Self {
            name,
            database: parts.database.clone(),
            parts,
            everywhere,
            working: Vec::new(),
            work: Shutdown::new(),
            lead: Shutdown::new(),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Refuses to start over work that this binary cannot go on with.
    pub(crate) async fn check(&self) -> Result<()> {
        match &self.parts.sagas {
            Some(sagas) => sagas.check().await,
            None => Ok(()),
        }
    }

    /// Begins: from now on this process tries for the lease, and works while it has it.
    ///
    /// `draining` is requested when the process begins to end.
    pub(crate) fn begin(&mut self, clock: &Clock, tasks: &Tasks, draining: &Shutdown) {
        for Everywhere { name, run } in self.everywhere.drain(..) {
            self.working.push(tasks.spawn(name, run(draining.clone())));
        }
        let Some(database) = &self.database else { return };
        let parts = &self.parts;
        let has_work = parts.sagas.is_some()
            || parts.jobs.is_some()
            || parts.consumers.is_some()
            || parts.loops.is_some();
        if !has_work {
            return;
        }
        if let Some(leadership) = &self.parts.leadership {
            Leadership::begin(leadership, BACKGROUND, database, clock, tasks, &self.lead);
            let (database, leadership) = (database.clone(), Arc::clone(leadership));
            let pruning = pruning::run(database, leadership, clock.clone(), self.work.clone());
            self.working.push(tasks.spawn("host.pruning", pruning));
        }
        if let Some(sagas) = self.parts.sagas.clone() {
            let work = self.work.clone();
            let name = self.name;
            self.working.push(tasks.spawn("sagas", async move {
                if let Err(error) = sagas.run(work).await {
                    tracing::error!(service = name, error = error.chain(), "sagas stopped");
                }
            }));
        }
        if let Some(consumers) = self.parts.consumers.clone() {
            let work = self.work.clone();
            self.working.push(tasks.spawn("consumers", async move { consumers.run(work).await }));
        }
        if let Some(jobs) = self.parts.jobs.clone() {
            let work = self.work.clone();
            self.working.push(tasks.spawn("jobs", async move { jobs.run(work).await }));
        }
        if let Some(loops) = self.parts.loops.clone() {
            let work = self.work.clone();
            self.working.push(tasks.spawn("loops", async move { loops.run(work).await }));
        }
    }

    /// Asks those who work to put down what they hold, and waits until they have.
    pub(crate) async fn stop_working(&mut self) {
        self.work.request();
        join_all(self.working.drain(..).map(TaskHandle::join)).await;
    }

    /// Lets go of the lease.
    pub(crate) fn stop_leading(&self) {
        self.lead.request();
    }

    /// Finishes what the database has queued, and closes it.
    pub(crate) async fn close(&self) {
        if let Some(database) = &self.database {
            database.close().await;
        }
    }
}
