//! The life of a process: tasks that are known by name, and a shutdown that everybody hears.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::work;

/// Tells that the process is to end. Cheap to clone; a child ends with its parent, not the other way round.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn child(&self) -> Self {
        Self(self.0.child_token())
    }

    pub fn request(&self) {
        self.0.cancel();
    }

    pub fn is_requested(&self) -> bool {
        self.0.is_cancelled()
    }

    pub async fn requested(&self) {
        self.0.cancelled().await;
    }
}

/// The one place where tasks are spawned: it knows how many of each name run, and no panic passes it unseen.
#[derive(Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    counts: Arc<Mutex<BTreeMap<&'static str, TaskCounts>>>,
}

/// How often a task of one name was started, runs now, and panicked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskCounts {
    pub started: u64,
    pub running: u64,
    pub panicked: u64,
}

/// A spawned task. Dropping it leaves the task running.
pub struct TaskHandle<T>(tokio::task::JoinHandle<Option<T>>);

impl<T> TaskHandle<T> {
    /// The task's output; `None` when it panicked or was ended.
    pub async fn join(self) -> Option<T> {
        self.0.await.ok().flatten()
    }

    /// Ends the task at its next await.
    pub fn abort(&self) {
        self.0.abort();
    }

    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

// Counts a task out however it ends: by return, panic or abort.
struct Running {
    name: &'static str,
    counts: Arc<Mutex<BTreeMap<&'static str, TaskCounts>>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(counts) = self.counts.lock().get_mut(self.name) {
            counts.running -= 1;
        }
    }
}

impl Tasks {
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a task. A panic in it is caught, counted under its name and logged.
    pub fn spawn<F>(&self, name: &'static str, future: F) -> TaskHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        {
            let mut counts = self.counts.lock();
            let counts = counts.entry(name).or_default();
            counts.started += 1;
            counts.running += 1;
        }
        let running = Running { name, counts: Arc::clone(&self.counts) };
        TaskHandle(self.tracker.spawn(async move {
            let outcome = AssertUnwindSafe(work::named(name, future)).catch_unwind().await;
            if let Err(panic) = &outcome {
                if let Some(counts) = running.counts.lock().get_mut(running.name) {
                    counts.panicked += 1;
                }
                tracing::error!(
                    task = running.name,
                    panic = panic_message(panic.as_ref()),
                    "a task panicked"
                );
            }
            drop(running);
            outcome.ok()
        }))
    }

    pub fn counts(&self) -> BTreeMap<&'static str, TaskCounts> {
        self.counts.lock().clone()
    }

    /// Waits until every task has ended, at most `limit`; the names of those that have not.
    pub async fn drain(&self, clock: &Clock, limit: Duration) -> Vec<&'static str> {
        self.tracker.close();
        let ended = clock.timeout(limit, self.tracker.wait()).await.is_ok();
        self.tracker.reopen();
        if ended {
            return Vec::new();
        }
        self.counts.lock().iter().filter(|(_, counts)| counts.running > 0).map(|(name, _)| *name).collect()
    }
}

/// The words of a caught panic, for the log.
pub fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_counted_and_the_rest_goes_on() {
        let tasks = Tasks::new();
        assert_eq!(tasks.spawn("bad", async { panic!("boom") }).join().await, None::<()>);
        assert_eq!(tasks.spawn("good", async { 7 }).join().await, Some(7));
        assert_eq!(tasks.counts()["bad"], TaskCounts { started: 1, running: 0, panicked: 1 });
    }

    #[tokio::test]
    async fn a_drain_names_what_did_not_end() {
        let tasks = Tasks::new();
        let stuck = tasks.spawn("stuck", std::future::pending::<()>());
        assert_eq!(tasks.drain(&Clock::system(), Duration::from_millis(10)).await, ["stuck"]);
        stuck.abort();
        assert!(tasks.drain(&Clock::system(), Duration::from_secs(5)).await.is_empty());
    }
}
