//! Bounded pools of threads for what must never run on a thread that serves I/O: work that computes (hashing,
//! compression, analytics), and calls that block (files and their syncs).

mod line;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;

use self::line::{Line, Work};
use crate::clock::Stopwatch;
use crate::codes;
use crate::error::Result;

/// The threads for work that computes: a fixed number behind a bounded queue. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CpuPool(Pool);

/// The threads for calls that block: a fixed number behind a bounded queue. Cheap to clone.
///
/// Apart from [`CpuPool`], because threads that wait for a disk use no processor and so may be more than the cores.
#[derive(Clone, Debug)]
pub struct BlockingPool(Pool);

#[derive(Clone, Debug)]
struct Pool {
    entrance: Arc<Entrance>,
    figures: Arc<Figures>,
}

/// What the handles of a pool share: with the last of them the line is closed, and the threads end.
struct Entrance(Arc<Line>);

#[derive(Debug, Default)]
struct Figures {
    depth: AtomicUsize,
    rejected: AtomicU64,
    done: AtomicU64,
    waited_micros: AtomicU64,
}

/// What a pool has done so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStats {
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
        Pool::new("cpu", threads, queue).map(Self)
    }

    /// Runs `work` on a thread of the pool. `core.overloaded` when the queue is full, `core.internal` when it panics.
    /// Work whose caller is gone before it starts is skipped.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        self.0.run(false, work).await
    }

    pub fn stats(&self) -> PoolStats {
        self.0.figures.stats()
    }
}

impl BlockingPool {
    /// `queue` calls may wait; the next is refused. The threads end when the last handle is dropped.
    pub fn new(threads: usize, queue: usize) -> std::io::Result<Self> {
        Pool::new("blocking", threads, queue).map(Self)
    }

    /// Runs `call` on a thread of the pool. `core.overloaded` when the queue is full, `core.internal` when it panics.
    /// A call runs also when its caller is gone: half a write is worse than one that nobody waits for.
    pub async fn run<T: Send + 'static>(&self, call: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        self.0.run(true, call).await
    }

    pub fn stats(&self) -> PoolStats {
        self.0.figures.stats()
    }
}

impl Pool {
    fn new(name: &str, threads: usize, queue: usize) -> std::io::Result<Self> {
        let entrance = Entrance(Arc::new(Line::new(queue)));
        for number in 0..threads.max(1) {
            let line = Arc::clone(&entrance.0);
            std::thread::Builder::new().name(format!("{name}-{number}")).spawn(move || serve(&line))?;
        }
        Ok(Self { entrance: Arc::new(entrance), figures: Arc::default() })
    }

    async fn run<T: Send + 'static>(
        &self,
        unasked: bool,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let figures = Arc::clone(&self.figures);
        let waiting = Stopwatch::start();
        let boxed: Work = Box::new(move || {
            let waited = u64::try_from(waiting.elapsed().as_micros()).unwrap_or(u64::MAX);
            figures.waited_micros.fetch_add(waited, Ordering::Relaxed);
            if unasked || !answer.is_closed() {
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
        if !self.entrance.0.push(boxed) {
            self.figures.depth.fetch_sub(1, Ordering::Relaxed);
            self.figures.rejected.fetch_add(1, Ordering::Relaxed);
            return Err(codes::OVERLOADED.error("too much work waits for a thread already"));
        }
        answered.await.map_err(|_| codes::INTERNAL.error("a piece of work on a thread of its own failed"))
    }
}

impl Figures {
    fn stats(&self) -> PoolStats {
        PoolStats {
            depth: self.depth.load(Ordering::Relaxed),
            rejected: self.rejected.load(Ordering::Relaxed),
            done: self.done.load(Ordering::Relaxed),
            waited: Duration::from_micros(self.waited_micros.load(Ordering::Relaxed)),
        }
    }
}

impl Drop for Entrance {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl fmt::Debug for Entrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entrance").finish_non_exhaustive()
    }
}

fn serve(line: &Line) {
    while let Some(work) = line.take() {
        work();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use futures::future::BoxFuture;

    use super::*;

    #[tokio::test]
    async fn a_full_queue_refuses_and_a_panic_costs_no_thread() {
        let pool = CpuPool::new(1, 1).unwrap();
        assert!(pool.run(|| panic!("boom")).await.unwrap_err().is(&codes::INTERNAL));
        let (go, wait) = channel::<()>();
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

    /// Whether the second piece of work was done although its caller left while the first one held the thread.
    async fn is_done_unasked(
        mut first: BoxFuture<'_, Result<bool>>,
        mut second: BoxFuture<'_, Result<()>>,
        go: &Sender<()>,
        done: &Receiver<()>,
    ) -> bool {
        assert!(futures::poll!(&mut first).is_pending());
        assert!(futures::poll!(&mut second).is_pending());
        drop(second);
        go.send(()).unwrap();
        assert!(first.await.unwrap());
        // An error once the work was dropped, with the end that it would have told by.
        done.recv().is_ok()
    }

    #[tokio::test]
    async fn the_threads_end_with_the_last_handle_after_what_was_queued() {
        let pool = BlockingPool::new(2, 4).unwrap();
        let line = Arc::downgrade(&pool.0.entrance.0);
        let (go, wait) = channel::<()>();
        let (did, done) = channel();
        let mut first = Box::pin(pool.run(move || wait.recv().is_ok()));
        assert!(futures::poll!(&mut first).is_pending());
        drop(first);
        let another = pool.clone();
        let mut second = Box::pin(another.run(move || did.send(()).unwrap()));
        assert!(futures::poll!(&mut second).is_pending());
        drop(second);
        drop((pool, another));
        go.send(()).unwrap();
        done.recv().unwrap();
        // Each thread holds the line while it lives.
        let watch = Stopwatch::start();
        while line.strong_count() > 0 {
            assert!(watch.elapsed() < Duration::from_secs(10), "threads wait for work that cannot come");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[tokio::test]
    async fn a_computation_that_nobody_waits_for_is_skipped_and_a_write_is_not() {
        let (cpu, blocking) = (CpuPool::new(1, 4).unwrap(), BlockingPool::new(1, 4).unwrap());
        let (go, wait) = channel();
        let (did, done) = channel();
        let first = cpu.run(move || wait.recv().is_ok());
        let second = cpu.run(move || did.send(()).unwrap());
        assert!(!is_done_unasked(Box::pin(first), Box::pin(second), &go, &done).await);

        let (go, wait) = channel();
        let (did, done) = channel();
        let first = blocking.run(move || wait.recv().is_ok());
        let second = blocking.run(move || did.send(()).unwrap());
        assert!(is_done_unasked(Box::pin(first), Box::pin(second), &go, &done).await);
    }
}
