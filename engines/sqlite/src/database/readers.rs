//! Reading: first where the caller is, then, if it takes long, on a thread.
//!
//! A point read costs some microseconds; handing it to another thread and back costs ten times that. So a read is
//! tried in place with a small budget of steps. What exceeds it is stopped, forgotten, and run again on one of a few
//! threads, where it holds nobody up.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use mainstay_core::Result;
use mainstay_sql::{Inline, Options, Work};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::queue::Queue;
use super::session::Link;
use super::settings;

/// Steps of a read in place: some two hundred microseconds, as long as a sync keeps a caller waiting anyhow.
const INLINE_STEPS: u64 = 20_000;

/// Connections for reads in place. A caller needs one only while it runs, so as many as there are threads that serve
/// requests would do; more come from blocking tasks.
const INLINE_CONNECTIONS: usize = 16;

/// Threads for long reads: one may scan while another is still quick. More would only take the processors from
/// those who write.
const THREADS: usize = 2;

pub(super) struct Readers {
    pool: Arc<Pool>,
    long: Mutex<Long>,
    step_limit: u64,
    name: String,
}

struct Pool {
    file: PathBuf,
    idle: Mutex<Idle>,
}

struct Idle {
    links: Vec<Link>,
    /// Idle and in use together.
    open: usize,
    closed: bool,
}

struct Long {
    queue: Arc<Queue>,
    threads: usize,
    running: watch::Sender<()>,
}

impl Readers {
    pub(super) fn new(file: &Path, name: &str, options: &Options) -> Self {
        let idle = Mutex::new(Idle { links: Vec::new(), open: 0, closed: false });
        let queue = Arc::new(Queue::new(options.queue_capacity, options.metrics.of(name)));
        Self {
            pool: Arc::new(Pool { file: file.to_owned(), idle }),
            long: Mutex::new(Long { queue, threads: 0, running: watch::Sender::new(()) }),
            step_limit: options.step_limit,
            name: name.to_owned(),
        }
    }

    /// Tries to read on the caller's thread.
    pub(super) fn inline(&self, work: &mut dyn Work) -> Inline {
        let Some(link) = self.pool.borrow() else { return Inline::Declined };
        match read(&link, work, INLINE_STEPS) {
            Ok(over_limit) => {
                self.pool.give_back(link);
                if over_limit { Inline::Declined } else { Inline::Done }
            }
            // The reader thread will meet the same failure and can report it.
            Err(_) => {
                self.pool.forget(link);
                Inline::Declined
            }
        }
    }

    /// Queues a read for a thread.
    pub(super) fn push(&self, work: Box<dyn Work>) {
        let queue = {
            let mut long = self.long.lock();
            // A thread more for each of the first long reads; most databases never have one.
            if long.threads < THREADS && self.start(&long).is_ok() {
                long.threads += 1;
            }
            Arc::clone(&long.queue)
        };
        queue.push(work);
    }

    fn start(&self, long: &Long) -> std::io::Result<()> {
        let (queue, running) = (Arc::clone(&long.queue), long.running.subscribe());
        let (file, step_limit) = (self.pool.file.clone(), self.step_limit);
        let serve = move || {
            let _running = running;
            serve(&queue, &file, step_limit);
        };
        thread::Builder::new().name(format!("read {}", self.name)).spawn(serve).map(drop)
    }

    /// Lets the threads end and refuses what comes.
    pub(super) fn shut(&self) {
        self.pool.close();
        self.long.lock().queue.close();
    }

    /// The same, and waits until the threads have ended.
    pub(super) async fn close(&self) {
        self.shut();
        let running = self.long.lock().running.clone();
        running.closed().await;
    }
}

impl Pool {
    fn borrow(&self) -> Option<Link> {
        {
            let mut idle = self.idle.lock();
            if idle.closed {
                return None;
            }
            if let Some(link) = idle.links.pop() {
                return Some(link);
            }
            if idle.open == INLINE_CONNECTIONS {
                return None;
            }
            idle.open += 1;
        }
        let link = settings::reader(&self.file).and_then(Link::new).ok();
        if link.is_none() {
            self.idle.lock().open -= 1;
        }
        link
    }

    fn give_back(&self, link: Link) {
        let mut idle = self.idle.lock();
        if !idle.closed {
            idle.links.push(link);
        }
    }

    fn forget(&self, link: Link) {
        drop(link);
        self.idle.lock().open -= 1;
    }

    fn close(&self) {
        let links = {
            let mut idle = self.idle.lock();
            idle.closed = true;
            std::mem::take(&mut idle.links)
        };
        drop(links);
    }
}

fn serve(queue: &Queue, file: &Path, step_limit: u64) {
    let mut link = None;
    let mut works = Vec::new();
    // One at a time: another thread may take the next.
    while queue.take(&mut works, 1) {
        for mut work in works.drain(..) {
            let outcome = link
                .take()
                .map_or_else(|| settings::reader(file).and_then(Link::new), Ok)
                .and_then(|open| read(&open, work.as_mut(), step_limit).map(|_| open));
            match outcome {
                Ok(open) => {
                    link = Some(open);
                    work.answer(None);
                }
                Err(error) => work.answer(Some(error)),
            }
        }
    }
}

/// Runs the work on one instant of the database; whether it was stopped. An error when that instant could not be
/// had; the work's own failure is not one.
fn read(link: &Link, work: &mut dyn Work, steps: u64) -> Result<bool> {
    let mut session = link.session();
    session.begin_read()?;
    session.allow(Some(steps));
    work.run(&session);
    let over_limit = session.is_over_limit();
    session.rollback()?;
    Ok(over_limit)
}
