//! One term of office: from getting the lease to losing it or giving it back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mainstay_sql::{Database, Lease};

use super::Core;
use crate::saga::executor::Runnable;
use crate::saga::load::Stored;

/// Under which lease runs are executed, and whether to go on.
pub(in crate::saga) struct Term {
    pub core: Arc<Core>,
    pub db: Database,
    pub lease: Lease,
    over: AtomicBool,
}

impl Term {
    pub(super) fn new(core: &Arc<Core>, lease: Lease) -> Self {
        Self { core: Arc::clone(core), db: core.db.clone(), lease, over: AtomicBool::new(false) }
    }

    /// Whether runs are to stop at the next step.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Gives a run a place and a task.
    pub(super) fn launch(self: &Arc<Self>, executor: Arc<dyn Runnable>, stored: Stored) {
        let number = stored.row.number;
        let core = &self.core;
        core.live.insert(number, || {
            core.metrics.in_flight.inc();
            let place = Place { core: Arc::clone(core), number, in_order: false };
            let carried = executor.carry(stored, Arc::clone(self));
            core.tasks.spawn("saga.run", async move {
                // The whole of it, so that it is dropped with this task and not with the closure around.
                let mut place = place;
                place.in_order = carried.await;
            })
        });
    }
}

/// A run's place, which is freed however its task ends.
struct Place {
    core: Arc<Core>,
    number: i64,
    in_order: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.core.landed(self.number, self.in_order);
    }
}
