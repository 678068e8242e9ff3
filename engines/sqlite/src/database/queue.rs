//! The bounded line in front of a thread.
//!
//! Taking empties the line in one go under one lock, and a thread is only woken when it sleeps, so that a busy
//! database pays for neither.

use std::mem;
use std::time::Duration;

use mainstay_core::codes as core_codes;
use mainstay_sql::{DatabaseMetrics, Work, codes};
use parking_lot::{Condvar, Mutex};

pub(super) type Works = Vec<Box<dyn Work>>;

pub(super) struct Queue {
    line: Mutex<Line>,
    arrived: Condvar,
    capacity: usize,
    metrics: DatabaseMetrics,
}

#[derive(Default)]
struct Line {
    works: Works,
    /// Threads that sleep until there is anything.
    sleepers: u32,
    /// How many the thread that gathers sleeps for; 0 when none does.
    wanted: usize,
    closed: bool,
}

impl Queue {
    pub(super) fn new(capacity: usize, metrics: DatabaseMetrics) -> Self {
        Self { line: Mutex::default(), arrived: Condvar::new(), capacity, metrics }
    }

    /// Queues work, or refuses it at once when the line is full or closed.
    pub(super) fn push(&self, work: Box<dyn Work>) {
        let refusal = {
            let mut line = self.line.lock();
            if line.closed {
                codes::CLOSED.error("the database is closed")
            } else if line.works.len() >= self.capacity {
                core_codes::OVERLOADED.error("too many writes or reads wait for this database")
            } else {
                line.works.push(work);
                let enough = line.wanted > 0 && line.works.len() >= line.wanted;
                if line.sleepers > 0 || enough {
                    drop(line);
                    self.arrived.notify_one();
                }
                return;
            }
        };
        self.metrics.refused.inc();
        work.answer(Some(refusal));
    }

    /// Moves up to `most` works into `batch`, which is empty; waits while there are none. `false` when the queue is
    /// closed and empty.
    pub(super) fn take(&self, batch: &mut Works, most: usize) -> bool {
        let mut line = self.line.lock();
        while line.works.is_empty() {
            if line.closed {
                return false;
            }
            line.sleepers += 1;
            self.arrived.wait(&mut line);
            line.sleepers -= 1;
        }
        if line.works.len() <= most {
            mem::swap(&mut line.works, batch);
        } else {
            batch.extend(line.works.drain(..most));
        }
        true
    }

    /// Waits until `batch` and the line come to `wanted` works, at most for `patience`, and adds to `batch` what is
    /// there then, so that it has `most` at most. For the only thread of a queue.
    pub(super) fn gather(&self, batch: &mut Works, wanted: usize, most: usize, patience: Duration) {
        let mut line = self.line.lock();
        let missing = wanted.saturating_sub(batch.len());
        if line.works.len() < missing && !line.closed {
            line.wanted = missing;
            self.arrived.wait_for(&mut line, patience);
            line.wanted = 0;
        }
        let taken = most.saturating_sub(batch.len()).min(line.works.len());
        batch.extend(line.works.drain(..taken));
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.line.lock().works.len()
    }

    /// Refuses what comes from now on; what is queued is still taken.
    pub(super) fn close(&self) {
        self.line.lock().closed = true;
        self.arrived.notify_all();
    }

    /// Closes and refuses what is queued too: when the thread behind it is gone.
    pub(super) fn abandon(&self) {
        self.close();
        let left = mem::take(&mut self.line.lock().works);
        for work in left {
            work.answer(Some(codes::CLOSED.error("the database has stopped")));
        }
    }
}
