//! The bounded pool for work that computes: hashing, compression, analytics. Such work never runs on an I/O thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::clock::Stopwatch;
use crate::codes;
use crate::error::Result;

type Work = Box<dyn FnOnce() + Send>;

/// A fixed number of threads behind a bounded queue. Cheap to clone.
#[derive(Clone)]
pub struct CpuPool {
    queue: SyncSender<Work>,
    figures: Arc<Figures>,
}

#[derive(Default)]
struct Figures {
    depth: AtomicUsize,
    rejected: AtomicU64,
    done: AtomicU64,
    waited_micros: AtomicU64,
}

/// What the pool has done so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuStats {
    /// Pieces of work that wait or run.
    pub depth: usize,
    pub rejected: u64,
    pub done: u64,
    /// The waits of all work before it ran, added up.
    pub waited: Duration,
}

impl CpuPool {
    /// `queue` pieces of work may wait; the next is refused. The threads end when the last handle is dropped.
    pub fn new(threads: usize, queue: usize) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel::<Work>(queue);
        let receiver = Arc::new(Mutex::new(receiver));
        for number in 0..threads.max(1) {
            let receiver = Arc::clone(&receiver);
            std::thread::Builder::new().name(format!("cpu-{number}")).spawn(move || serve(&receiver))?;
        }
        Ok(Self { queue: sender, figures: Arc::default() })
    }

    /// Runs `work` on a pool thread. `core.overloaded` when the queue is full, `core.internal` when it panics.
    /// Work whose caller is gone before it starts is skipped.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let figures = Arc::clone(&self.figures);
        let waiting = Stopwatch::start();
        let boxed: Work = Box::new(move || {
            let waited = u64::try_from(waiting.elapsed().as_micros()).unwrap_or(u64::MAX);
            figures.waited_micros.fetch_add(waited, Ordering::Relaxed);
            if !answer.is_closed() {
                let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
                figures.done.fetch_add(1, Ordering::Relaxed);
                // A panic drops the sender, which the caller sees.
                if let Ok(value) = outcome {
                    let _ = answer.send(value);
                }
            }
            figures.depth.fetch_sub(1, Ordering::Relaxed);
        });
        self.figures.depth.fetch_add(1, Ordering::Relaxed);
        if let Err(refused) = self.queue.try_send(boxed) {
            self.figures.depth.fetch_sub(1, Ordering::Relaxed);
            self.figures.rejected.fetch_add(1, Ordering::Relaxed);
            return Err(match refused {
                TrySendError::Full(_) => codes::OVERLOADED.error("too much computing waits already"),
                TrySendError::Disconnected(_) => codes::UNAVAILABLE.error("the computing threads have ended"),
            });
        }
        answered.await.map_err(|_| codes::INTERNAL.error("a computation failed"))
    }

    pub fn stats(&self) -> CpuStats {
        CpuStats {
            depth: self.figures.depth.load(Ordering::Relaxed),
            rejected: self.figures.rejected.load(Ordering::Relaxed),
            done: self.figures.done.load(Ordering::Relaxed),
            waited: Duration::from_micros(self.figures.waited_micros.load(Ordering::Relaxed)),
        }
    }
}

fn serve(receiver: &Mutex<Receiver<Work>>) {
    loop {
        // The guard is dropped before the work runs, so that the other threads can take the next piece.
        let received = receiver.lock().recv();
        match received {
            Ok(work) => work(),
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_queue_refuses_and_a_panic_costs_no_thread() {
        let pool = CpuPool::new(1, 1).unwrap();
        assert!(pool.run(|| panic!("boom")).await.unwrap_err().is(&codes::INTERNAL));
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let (started, running) = oneshot::channel();
        let busy = pool.run(move || {
            let _ = started.send(());
            wait.recv().is_ok()
        });
        let mut busy = Box::pin(busy);
        assert!(futures::poll!(&mut busy).is_pending());
        running.await.unwrap();
        let mut queued = Box::pin(pool.run(|| 2));
        assert!(futures::poll!(&mut queued).is_pending());
        assert!(pool.run(|| 3).await.unwrap_err().is(&codes::OVERLOADED));
        go.send(()).unwrap();
        assert!(busy.await.unwrap());
        assert_eq!(queued.await.unwrap(), 2);
        assert_eq!(pool.stats().rejected, 1);
    }
}
