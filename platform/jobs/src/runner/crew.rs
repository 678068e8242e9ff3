//! The jobs that run now. Dropping the crew ends them all.

use std::collections::BTreeMap;

use mainstay_core::Id;
use mainstay_core::lifecycle::TaskHandle;
use mainstay_sql::Lease;
use tokio::sync::mpsc;

use super::attempt;
use super::tick::{Ended, Ending};
use crate::job::{JobKind, Registered};
use crate::jobs::Inner;
use crate::metrics::Metrics;
use crate::store::Claimed;

pub(super) struct Crew {
    capacity: usize,
    running: BTreeMap<Id<JobKind>, Member>,
    sender: mpsc::Sender<Ended>,
    ended: mpsc::Receiver<Ended>,
}

struct Member {
    kind: &'static str,
    attempt: u32,
    task: TaskHandle<()>,
    metrics: Metrics,
}

impl Drop for Member {
    fn drop(&mut self) {
        self.task.abort();
        self.metrics.stopped(self.kind);
    }
}

impl Crew {
    pub(super) fn new(capacity: usize) -> Self {
        // Each job sends once, so a channel of that size never makes one wait.
        let (sender, ended) = mpsc::channel(capacity);
        Self { capacity, running: BTreeMap::new(), sender, ended }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    pub(super) fn room(&self) -> usize {
        self.capacity.saturating_sub(self.running.len())
    }

    pub(super) fn room_for(&self, registered: &Registered) -> usize {
        let running = self.running.values().filter(|member| member.kind == registered.kind).count();
        registered.policy.concurrency.saturating_sub(running).min(self.room())
    }

    pub(super) fn start(&mut self, inner: &Inner, registered: &Registered, claimed: Claimed, lease: &Lease) {
        let (id, attempt, kind) = (claimed.id, claimed.attempts, registered.kind);
        inner.metrics.started(kind, inner.db.clock().now().since(claimed.due_at));
        let (sender, db) = (self.sender.clone(), inner.db.clone());
        let (registered, lease) = (registered.clone(), lease.clone());
        let task = inner.tasks.spawn(kind, async move {
            let ended = attempt::run(&registered, &claimed, lease, &db).await;
            // The crew is gone when the lease is: then nobody may record it.
            let _ = sender.send(ended).await;
        });
        self.running.insert(id, Member { kind, attempt, task, metrics: inner.metrics.clone() });
    }

    /// Moves what has ended already to `ended`.
    pub(super) fn collect(&mut self, ended: &mut Vec<Ended>) {
        while let Ok(one) = self.ended.try_recv() {
            self.running.remove(&one.id);
            ended.push(one);
        }
    }

    /// Waits until a job ends; for ever when none runs.
    pub(super) async fn next_ended(&mut self) -> Ended {
        match self.ended.recv().await {
            Some(ended) => {
                self.running.remove(&ended.id);
                ended
            }
            // The crew holds a sender itself.
            None => std::future::pending().await,
        }
    }

    /// Ends everything that still runs, to be handed over.
    pub(super) fn give_up(&mut self) -> Vec<Ended> {
        std::mem::take(&mut self.running)
            .into_iter()
            .map(|(id, member)| Ended::now(id, member.kind, member.attempt, Ending::HandedOver))
            .collect()
    }
}
