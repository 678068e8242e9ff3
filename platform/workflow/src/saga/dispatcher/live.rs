//! The runs that have a task now.

use std::collections::HashMap;

use mainstay_core::lifecycle::TaskHandle;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// Runs by number, with the task that carries each.
#[derive(Default)]
pub(crate) struct LiveRuns {
    tasks: Mutex<HashMap<i64, TaskHandle<()>>>,
    emptied: Notify,
}

impl LiveRuns {
    pub fn len(&self) -> usize {
        self.tasks.lock().len()
    }

    pub fn contains(&self, number: i64) -> bool {
        self.tasks.lock().contains_key(&number)
    }

    /// Puts the run in, unless it is; the lock is held while the task begins, so that its end finds it here.
    pub fn insert(&self, number: i64, spawn: impl FnOnce() -> TaskHandle<()>) {
        self.tasks.lock().entry(number).or_insert_with(spawn);
    }

    pub fn remove(&self, number: i64) {
        let mut tasks = self.tasks.lock();
        tasks.remove(&number);
        if tasks.is_empty() {
            self.emptied.notify_waiters();
        }
    }

    /// Waits until no run has a task.
    pub async fn empty(&self) {
        loop {
            let emptied = self.emptied.notified();
            tokio::pin!(emptied);
            // Registered before the look, so that an end in between is heard.
            emptied.as_mut().enable();
            if self.tasks.lock().is_empty() {
                return;
            }
            emptied.await;
        }
    }

    /// Ends every task at its next await. What it was doing has an unknown outcome, which its step's key resolves.
    pub fn abort(&self) {
        for task in self.tasks.lock().values() {
            task.abort();
        }
    }
}
