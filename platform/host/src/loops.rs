//! Work of a service's own that goes on as long as the process does, such as a sweep over what has run out.
//!
//! Sagas, jobs and consumers have their runners; this is for the rest: a reconciler that a signal or a period wakes,
//! that takes no input, reads the wanted state, and may run twice. It is given the service's leadership and writes
//! under its lease, so that it works in one process at a time.

use std::sync::Arc;

use futures::future::{BoxFuture, join_all};
use mainstay_core::{Shutdown, Tasks};
use mainstay_sql::Leadership;
use parking_lot::Mutex;

/// The loops of one service. Cheap to clone.
#[derive(Clone)]
pub struct Loops(Arc<Inner>);

struct Inner {
    leadership: Arc<Leadership>,
    tasks: Tasks,
    added: Mutex<Vec<Loop>>,
}

struct Loop {
    name: &'static str,
    run: Box<dyn FnOnce(Arc<Leadership>, Shutdown) -> BoxFuture<'static, ()> + Send>,
}

impl Loops {
    /// For the host, and for tests of a service without one.
    pub fn new(leadership: Arc<Leadership>, tasks: Tasks) -> Self {
        Self(Arc::new(Inner { leadership, tasks, added: Mutex::default() }))
    }

    /// Adds a loop; in a service's `start`. `name` is what the task registry calls it, such as `inventory.sweep`. It
    /// is spawned when every service of the process has started, waits for the leadership itself, and returns soon
    /// after the shutdown is requested.
    pub fn add<F, R>(&self, name: &'static str, run: F)
    where
        F: FnOnce(Arc<Leadership>, Shutdown) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let run = Box::new(|leadership, shutdown| -> BoxFuture<'static, ()> {
            Box::pin(run(leadership, shutdown))
        });
        self.0.added.lock().push(Loop { name, run });
    }

    /// Runs what was added until the shutdown; returns when all have put down what they held.
    pub async fn run(&self, shutdown: Shutdown) {
        let added = std::mem::take(&mut *self.0.added.lock());
        let running = added.into_iter().map(|Loop { name, run }| {
            self.0.tasks.spawn(name, run(Arc::clone(&self.0.leadership), shutdown.clone())).join()
        });
        join_all(running).await;
    }
}
