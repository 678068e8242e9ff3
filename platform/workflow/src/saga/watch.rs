//! Waiting for a run to come somewhere: told in memory by the executor, with the table as the truth behind it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Context, Id, Result, codes};
use parking_lot::Mutex;
use tokio::sync::watch::{Receiver, Sender};

use super::definition::State;
use super::executor::Executor;
use super::status::{RunKind, Snapshot};

/// How often the table is asked although nothing was told: for runs that another process executes.
const LOOK: Duration = Duration::from_secs(1);

type News<S> = Option<Arc<Snapshot<S>>>;

/// Who waits for which run.
pub(super) struct Watchers<S>(Mutex<HashMap<Id<RunKind>, Watched<S>>>);

struct Watched<S> {
    sender: Sender<News<S>>,
    watches: usize,
}

impl<S> Default for Watchers<S> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<S> Watchers<S> {
    fn subscribe(&self, run: Id<RunKind>) -> Receiver<News<S>> {
        let mut all = self.0.lock();
        let watched = all.entry(run).or_insert_with(|| Watched { sender: Sender::new(None), watches: 0 });
        watched.watches += 1;
        watched.sender.subscribe()
    }

    fn leave(&self, run: Id<RunKind>) {
        let mut all = self.0.lock();
        if let Some(watched) = all.get_mut(&run) {
            watched.watches -= 1;
            if watched.watches == 0 {
                all.remove(&run);
            }
        }
    }

    /// Tells whoever waits for the run. `snapshot` is made only if somebody does.
    pub fn tell(&self, run: Id<RunKind>, snapshot: impl FnOnce() -> Snapshot<S>) {
        let sender = self.0.lock().get(&run).map(|watched| watched.sender.clone());
        if let Some(sender) = sender {
            sender.send_replace(Some(Arc::new(snapshot())));
        }
    }
}

/// Waits for one run. Made before the run is started, it misses nothing and costs no query.
pub struct Watch<S: State> {
    run: Id<RunKind>,
    news: Receiver<News<S>>,
    executor: Arc<Executor<S>>,
}

impl<S: State> Watch<S> {
    pub(super) fn new(run: Id<RunKind>, executor: Arc<Executor<S>>) -> Self {
        Self { run, news: executor.watchers.subscribe(run), executor }
    }

    /// Waits until `arrived` holds of the run, at most for `limit` and within the context's deadline; then
    /// `core.deadline`: the run goes on, and its outcome is not known yet.
    pub async fn until(
        &mut self,
        ctx: &Context,
        limit: Duration,
        mut arrived: impl FnMut(&Snapshot<S>) -> bool,
    ) -> Result<Arc<Snapshot<S>>> {
        let clock = self.executor.core.db.clock().clone();
        let limit = ctx.remaining(&clock)?.map_or(limit, |left| left.min(limit));
        let arrival = async {
            loop {
                let news = self.news.borrow_and_update().clone();
                if let Some(snapshot) = news.filter(|snapshot| arrived(snapshot)) {
                    return Ok(snapshot);
                }
                let told = tokio::select! {
                    biased;
                    changed = self.news.changed() => changed.is_ok(),
                    () = clock.sleep(LOOK) => false,
                };
                if !told
                    && let Some(snapshot) = self.executor.look(ctx, self.run).await?
                    && arrived(&snapshot)
                {
                    return Ok(Arc::new(snapshot));
                }
            }
        };
        let late = |_| codes::DEADLINE.error("the run has not come so far yet; it goes on");
        clock.timeout(limit, arrival).await.map_err(late)?
    }
}

impl<S: State> Drop for Watch<S> {
    fn drop(&mut self) {
        self.executor.watchers.leave(self.run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_for_runs_that_nobody_watches() {
        let watchers = Watchers::<()>::default();
        let run = Id::from_bytes([1; 16]);
        let (first, second) = (watchers.subscribe(run), watchers.subscribe(run));
        watchers.leave(run);
        assert_eq!(watchers.0.lock().len(), 1);
        watchers.leave(run);
        assert!(watchers.0.lock().is_empty());
        watchers.tell(run, || unreachable!("nobody waits"));
        drop((first, second));
    }
}
