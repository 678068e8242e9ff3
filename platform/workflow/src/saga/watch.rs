//! Waiting for a run to come somewhere: told in memory by the executor, with the table as the truth behind it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Context, Id, Result, codes};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::definition::State;
use super::executor::Executor;
use super::status::{RunKind, Snapshot};

/// How often the table is asked although nothing was told: for runs that another process executes.
const LOOK: Duration = Duration::from_secs(1);

type Arrived<S> = Arc<dyn Fn(&Snapshot<S>) -> bool + Send + Sync>;

/// Who waits for which run.
pub(super) struct Watchers<S>(Mutex<HashMap<Id<RunKind>, Vec<Watcher<S>>>>);

struct Watcher<S> {
    arrived: Arrived<S>,
    news: oneshot::Sender<Arc<Snapshot<S>>>,
}

impl<S> Default for Watchers<S> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<S> Watchers<S> {
    fn enter(&self, run: Id<RunKind>, arrived: Arrived<S>) -> oneshot::Receiver<Arc<Snapshot<S>>> {
        let (news, told) = oneshot::channel();
        self.0.lock().entry(run).or_default().push(Watcher { arrived, news });
        told
    }

    /// Forgets those whose receivers are closed.
    fn leave(&self, run: Id<RunKind>) {
        let mut by_run = self.0.lock();
        if let Some(watchers) = by_run.get_mut(&run) {
            watchers.retain(|watcher| !watcher.news.is_closed());
            if watchers.is_empty() {
                by_run.remove(&run);
            }
        }
    }

    /// Tells those for whom the run has arrived. `snapshot` is made only if somebody waits for it.
    pub fn tell(&self, run: Id<RunKind>, snapshot: impl FnOnce() -> Snapshot<S>) {
        // Out of the map while others' closures are asked: one that panics is not asked again.
        let Some(watchers) = self.0.lock().remove(&run) else { return };
        let snapshot = Arc::new(snapshot());
        let mut waiting = Vec::new();
        for watcher in watchers {
            if (watcher.arrived)(&snapshot) {
                // Whoever has left needs no news.
                let _ = watcher.news.send(Arc::clone(&snapshot));
            } else {
                waiting.push(watcher);
            }
        }
        let mut by_run = self.0.lock();
        // Who left meanwhile was not in the map.
        waiting.retain(|watcher| !watcher.news.is_closed());
        if !waiting.is_empty() {
            by_run.entry(run).or_default().append(&mut waiting);
        }
    }
}

/// Waits until one run has arrived somewhere. Made before the run is started, it misses nothing and costs no query.
pub struct Watch<S: State> {
    run: Id<RunKind>,
    arrived: Arrived<S>,
    news: oneshot::Receiver<Arc<Snapshot<S>>>,
    executor: Arc<Executor<S>>,
}

impl<S: State> Watch<S> {
    pub(super) fn new(
        run: Id<RunKind>,
        executor: Arc<Executor<S>>,
        arrived: impl Fn(&Snapshot<S>) -> bool + Send + Sync + 'static,
    ) -> Self {
        let arrived: Arrived<S> = Arc::new(arrived);
        let news = executor.watchers.enter(run, Arc::clone(&arrived));
        Self { run, arrived, news, executor }
    }

    /// Waits until the run has arrived, at most for `limit` and within the context's deadline; then `core.deadline`: the
    /// run goes on, and its outcome is not known yet.
    pub async fn until(mut self, ctx: &Context, limit: Duration) -> Result<Arc<Snapshot<S>>> {
        let executor = Arc::clone(&self.executor);
        let clock = executor.core.db.clock();
        let limit = ctx.remaining(clock)?.map_or(limit, |left| left.min(limit));
        let late = |_| codes::DEADLINE.error("the run has not come so far yet; it goes on");
        clock.timeout(limit, self.arrival(ctx)).await.map_err(late)?
    }

    pub(super) fn has_arrived(&self, snapshot: &Snapshot<S>) -> bool {
        (self.arrived)(snapshot)
    }

    async fn arrival(&mut self, ctx: &Context) -> Result<Arc<Snapshot<S>>> {
        let clock = self.executor.core.db.clock();
        let mut is_told = true;
        loop {
            tokio::select! {
                biased;
                told = &mut self.news, if is_told => match told {
                    Ok(snapshot) => return Ok(snapshot),
                    // Only the table is left.
                    Err(_) => is_told = false,
                },
                () = clock.sleep(LOOK) => {
                    let found = self.executor.look(ctx, self.run).await?;
                    if let Some(snapshot) = found.filter(|snapshot| self.has_arrived(snapshot)) {
                        return Ok(Arc::new(snapshot));
                    }
                }
            }
        }
    }
}

impl<S: State> Drop for Watch<S> {
    fn drop(&mut self) {
        self.news.close();
        self.executor.watchers.leave(self.run);
    }
}

#[cfg(test)]
mod tests {
    use super::super::status::RunState;
    use super::*;

    fn at(recorded: usize) -> Snapshot<()> {
        Snapshot { state: RunState::Running, data: (), names: Arc::new(["a", "b"]), recorded }
    }

    #[test]
    fn only_those_who_have_waited_for_it_are_told() {
        let watchers = Watchers::<()>::default();
        let run = Id::from_bytes([1; 16]);
        let mut first = watchers.enter(run, Arc::new(|run| run.recorded("a")));
        let mut second = watchers.enter(run, Arc::new(|run| run.recorded("b")));
        watchers.tell(run, || at(1));
        assert_eq!(first.try_recv().unwrap().recorded, 1);
        assert!(second.try_recv().is_err());
        watchers.tell(run, || at(2));
        assert_eq!(second.try_recv().unwrap().recorded, 2);
        watchers.tell(run, || unreachable!("nobody waits"));
    }

    #[test]
    fn nothing_is_kept_for_runs_that_nobody_watches() {
        let watchers = Arc::new(Watchers::<()>::default());
        let run = Id::from_bytes([1; 16]);
        drop(watchers.enter(run, Arc::new(|_| false)));
        watchers.leave(run);
        assert!(watchers.0.lock().is_empty());
        // One that leaves while it is told, when it is not in the map.
        let (sender, receiver) = std::sync::mpsc::channel();
        let (inside, all) = (std::sync::Mutex::new(receiver), Arc::clone(&watchers));
        let leaves = move |_: &Snapshot<()>| {
            let news: oneshot::Receiver<_> = inside.lock().unwrap().recv().unwrap();
            drop(news);
            all.leave(run);
            false
        };
        sender.send(watchers.enter(run, Arc::new(leaves))).unwrap();
        watchers.tell(run, || at(1));
        assert!(watchers.0.lock().is_empty());
    }
}
