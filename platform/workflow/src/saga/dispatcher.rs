//! Decides which runs are in flight: those that were cut off first, then new ones in the order of their start, and
//! sleeping ones when their time comes.
//!
//! It is woken by commits and by a period, takes no input, and reads the tables. There are never more runs in flight
//! than the options allow; the others queue where they are durable anyway.

mod live;
mod term;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use mainstay_core::{Context, Result, Shutdown, Tasks, Timestamp};
use mainstay_sql::{Database, Leadership, Lease, Waiter, Wake};
use parking_lot::RwLock;

use self::live::LiveRuns;
pub(super) use self::term::Term;
use super::executor::Runnable;
use super::load::{self, Stored};
use super::metrics::Metrics;
use super::runs;
use super::sagas::Options;

/// How often the tables are read although nothing woke us: for runs that another process started or woke, and for wall
/// clocks that were set. The tolerance of every wait.
const PERIOD: Duration = Duration::from_secs(1);

/// Runs that are read at once. More would let one read run into the limits of a read on the caller's thread.
const BATCH: usize = 64;

/// No sleeping run is known.
const NEVER: i64 = i64::MAX;

/// What everybody who has to do with sagas shares.
pub(super) struct Core {
    pub db: Database,
    pub tasks: Tasks,
    pub leadership: Arc<Leadership>,
    pub options: Options,
    pub metrics: Metrics,
    pub executors: RwLock<Vec<Arc<dyn Runnable>>>,
    /// Bumped when a run was started.
    pub started: Arc<Wake>,
    /// Bumped when a sleeping run became due before its time.
    pub due: Arc<Wake>,
    pub(super) live: LiveRuns,
    // When the next sleeping run wakes, in microseconds, as far as this process knows.
    next_wake: AtomicI64,
    // Runs were left in the queue because every place was taken.
    backlog: AtomicBool,
    // A run's task ended in a way that it should not have; the table is to be read from its beginning.
    reread: AtomicBool,
}

impl Core {
    pub fn new(
        db: Database,
        tasks: Tasks,
        leadership: Arc<Leadership>,
        metrics: Metrics,
        options: Options,
    ) -> Self {
        Self {
            db,
            tasks,
            leadership,
            options,
            metrics,
            executors: RwLock::default(),
            started: Wake::new(),
            due: Wake::new(),
            live: LiveRuns::default(),
            next_wake: AtomicI64::new(NEVER),
            backlog: AtomicBool::new(false),
            reread: AtomicBool::new(false),
        }
    }

    pub fn executor(&self, name: &str, version: u32) -> Option<Arc<dyn Runnable>> {
        self.executors.read().iter().find(|one| one.name() == name && one.version() == version).cloned()
    }

    /// Names and versions of what is registered. Runs of others are left alone: a newer release beside this one started
    /// them, and will lead one day.
    fn known(&self) -> Vec<(&'static str, u32)> {
        self.executors.read().iter().map(|one| (one.name(), one.version())).collect()
    }

    /// The service's own context, for reads and writes that belong to no run.
    pub fn context(&self) -> Context {
        Context::background(self.db.name().to_owned())
    }

    /// A run went to sleep.
    pub fn sleeps_until(&self, at: Timestamp) {
        if self.next_wake.fetch_min(at.as_micros(), Ordering::AcqRel) > at.as_micros() {
            self.due.bump();
        }
    }

    /// A run left its place.
    fn landed(&self, number: i64, in_order: bool) {
        self.live.remove(number);
        self.metrics.in_flight.dec();
        if !in_order {
            self.reread.store(true, Ordering::Release);
        }
        if self.backlog.load(Ordering::Acquire) {
            self.started.bump();
        }
    }
}

/// Keeps runs in flight for as long as the lease is held.
pub(super) struct Dispatcher {
    core: Arc<Core>,
    term: Arc<Term>,
    started: Waiter,
    due: Waiter,
    /// The youngest run that was taken up.
    last_number: i64,
    /// Runs up to this number may have been executed by somebody before this term.
    inherited: i64,
    /// Whether sleeping runs may be due.
    look_at_due: bool,
}

impl Dispatcher {
    /// Takes over from whoever had the lease before.
    pub async fn take_over(core: Arc<Core>, lease: Lease) -> Result<Self> {
        let (started, due) = (core.started.subscribe(), core.due.subscribe());
        let inherited = core.db.read(&core.context(), runs::youngest).await?;
        let term = Arc::new(Term::new(&core, lease));
        Ok(Self { core, term, started, due, last_number: 0, inherited, look_at_due: true })
    }

    /// Dispatches until the lease is lost (then what is in flight is dropped) or `shutdown` (then what is in flight
    /// finishes its step, for as long as the options give it).
    pub async fn run(mut self, shutdown: &Shutdown) {
        while !shutdown.is_requested() && !self.term.lease.is_lost() {
            if let Err(error) = self.dispatch().await {
                tracing::error!(
                    error = error.chain(),
                    "the runs to execute could not be read; it is tried again"
                );
            }
            let core = Arc::clone(&self.core);
            let clock = core.db.clock();
            let nap = self.nap(clock.now());
            let lease = self.term.lease.clone();
            tokio::select! {
                biased;
                () = shutdown.requested() => {}
                () = lease.lost() => {}
                () = self.due.changed() => self.look_at_due = true,
                () = self.started.changed() => {}
                () = clock.sleep(nap) => self.look_at_due = true,
            }
            if core.reread.swap(false, Ordering::AcqRel) {
                self.inherited = self.last_number;
                self.last_number = 0;
            }
        }
        self.term.end();
        if !self.term.lease.is_lost() {
            let drained = self.core.db.clock().timeout(self.core.options.drain, self.core.live.empty()).await;
            if drained.is_err() {
                tracing::info!(
                    runs = self.core.live.len(),
                    "steps that did not finish in time are left to the next"
                );
            }
        }
        self.core.live.abort();
        self.core.live.empty().await;
    }

    fn nap(&self, now: Timestamp) -> Duration {
        let next = Timestamp::from_micros(self.core.next_wake.load(Ordering::Acquire));
        next.since(now).min(PERIOD)
    }

    async fn dispatch(&mut self) -> Result<()> {
        self.core.backlog.store(false, Ordering::Release);
        if std::mem::take(&mut self.look_at_due) {
            self.take_due().await?;
        }
        self.take_new().await
    }

    /// Takes up sleeping runs whose time has come.
    async fn take_due(&mut self) -> Result<()> {
        if self.is_full() {
            self.look_at_due = true;
            return Ok(());
        }
        // Before the read, so that whoever goes to sleep during it is not forgotten.
        self.core.next_wake.store(NEVER, Ordering::Release);
        let (context, core) = (self.core.context(), Arc::clone(&self.core));
        let (wanted, known) = (BATCH.min(self.free()), self.core.known());
        let read = self.core.db.read(&context, move |view| {
            // Those that were taken up but have not written yet are still due; look past them.
            let rows = runs::due(view, &known, view.now(), core.live.len() + wanted)?;
            let rows = rows.into_iter().filter(|row| !core.live.contains(row.number)).take(wanted);
            let due = rows.map(|row| load::stored(view, row, false)).collect::<Result<Vec<Stored>>>()?;
            Ok((due, runs::next_wake(view, view.now())?))
        });
        let (due, next) = read.await?;
        if let Some(next) = next {
            self.core.next_wake.fetch_min(next.as_micros(), Ordering::AcqRel);
        }
        if due.len() == wanted {
            // There may be more.
            self.look_at_due = true;
            self.core.due.bump();
        }
        self.launch(due);
        Ok(())
    }

    /// Takes up runs in the order of their start.
    async fn take_new(&mut self) -> Result<()> {
        while !self.is_full() {
            let (wanted, known) = (BATCH.min(self.free()), self.core.known());
            let (context, after, inherited) = (self.core.context(), self.last_number, self.inherited);
            let read = self.core.db.read(&context, move |view| {
                let rows = runs::active(view, &known, after, wanted)?;
                rows.into_iter()
                    .map(|row| {
                        let fresh = row.number > inherited;
                        load::stored(view, row, fresh)
                    })
                    .collect::<Result<Vec<Stored>>>()
            });
            let new = read.await?;
            let found = new.len();
            if let Some(last) = new.last() {
                self.last_number = last.row.number;
            }
            self.launch(new);
            if found < wanted {
                break;
            }
        }
        Ok(())
    }

    fn free(&self) -> usize {
        self.core.options.in_flight.saturating_sub(self.core.live.len())
    }

    /// Whether every place is taken; then the next one that is freed wakes us.
    fn is_full(&self) -> bool {
        if self.free() > 0 {
            return false;
        }
        self.core.backlog.store(true, Ordering::Release);
        // One that was freed before the flag was up did not tell.
        self.free() == 0
    }

    fn launch(&self, runs: Vec<Stored>) {
        for stored in runs {
            if let Some(executor) = self.core.executor(&stored.row.name, stored.row.version) {
                self.term.launch(executor, stored);
            }
        }
    }
}

// Whoever drops the dispatcher in the middle takes its runs with it; the tables have all that they knew.
impl Drop for Dispatcher {
    fn drop(&mut self) {
        self.term.end();
        self.core.live.abort();
    }
}
