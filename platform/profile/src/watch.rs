//! Watches the runtime's workers: how long each one is held, and by what.
//!
//! A worker that polls one task for long keeps all that waits in its queue. A thread of its own looks at every worker's
//! slot fifty times a second; a poll that is still the same as before is held by its task. When that lasts longer than the
//! limit, the watch takes the stack of the thread and tells, once, which task it is, for which trace, in which span.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::thread::{JoinHandle, ThreadId};
use std::time::Duration;

use mainstay_core::work::{self, Slot};
use mainstay_core::{Clock, Monotonic, Tasks, Timestamp};
use mainstay_telemetry::{Gauge, Histogram, Registry, open_spans};
use parking_lot::Mutex;
use serde::Serialize;
use tokio::runtime::Handle;

use crate::stacks;
use crate::symbols::{Symbols, of_interest};

/// How often the workers are looked at: a hold of 40 ms is seen.
const TICK: Duration = Duration::from_millis(20);

/// How often a task is sent through the runtime to see how long it waits for a worker.
const PROBE_EVERY: u32 = 10;

/// Holds that are remembered, the latest.
const KEPT_MAX: usize = 100;

/// Functions of a stack that are told, the innermost ones.
const FRAMES_TOLD_MAX: usize = 12;

/// Bounds of waits and holds in seconds.
const SECONDS: &[f64] = &[0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];

/// A worker that was held for longer than the limit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hold {
    pub at: Timestamp,
    pub worker: String,
    /// The task's name in the registry.
    pub task: Option<&'static str>,
    pub trace: Option<String>,
    /// The spans of that trace that were open, the innermost last.
    pub spans: Vec<String>,
    /// Who held it, outermost first, without the runtime's own functions.
    pub stack: Vec<String>,
    /// How long it was held when this was written down, or in all once it has ended.
    pub held_ms: u64,
    pub ended: bool,
}

/// Holds that were seen. Cheap to clone.
#[derive(Clone, Default)]
pub struct Holds(Arc<Mutex<VecDeque<Hold>>>);

impl Holds {
    /// The latest first.
    pub fn latest(&self) -> Vec<Hold> {
        self.0.lock().iter().rev().cloned().collect()
    }
}

/// The watching thread. It ends when this is dropped.
pub struct Watch {
    holds: Holds,
    end: Arc<Mutex<bool>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Begins to watch the workers of the runtime that it is called in; a worker that is held longer than `limit` is
    /// told.
    pub fn start(
        limit: Duration,
        clock: &Clock,
        tasks: &Tasks,
        registry: &Registry,
    ) -> std::io::Result<Self> {
        let (holds, end) = (Holds::default(), Arc::new(Mutex::new(false)));
        let watcher = Watcher {
            limit,
            clock: clock.clone(),
            runtime: Handle::current(),
            tasks: tasks.clone(),
            registry: registry.clone(),
            holds: holds.clone(),
            workers: HashMap::new(),
            symbols: Symbols::default(),
        };
        let ended = Arc::clone(&end);
        let thread = std::thread::Builder::new().name("watch".into()).spawn(move || watcher.run(&ended))?;
        Ok(Self { holds, end, thread: Some(thread) })
    }

    pub fn holds(&self) -> Holds {
        self.holds.clone()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        *self.end.lock() = true;
        if let Some(thread) = self.thread.take() {
            // At most a tick; a panic in it was told already.
            let _ = thread.join();
        }
    }
}

struct Watcher {
    limit: Duration,
    clock: Clock,
    runtime: Handle,
    tasks: Tasks,
    registry: Registry,
    holds: Holds,
    workers: HashMap<usize, Worker>,
    symbols: Symbols,
}

/// A worker as it was last seen.
struct Worker {
    slot: Arc<Slot>,
    held: Histogram,
    lag: Gauge,
    poll: Option<u64>,
    since: Monotonic,
    told: bool,
}

impl Watcher {
    fn run(mut self, end: &Mutex<bool>) {
        let mut tick: u32 = 0;
        while !*end.lock() {
            std::thread::sleep(TICK);
            tick = tick.wrapping_add(1);
            if tick % PROBE_EVERY == 1 {
                self.find_workers();
                self.probe();
            }
            let now = self.clock.monotonic();
            let places: Vec<usize> = self.workers.keys().copied().collect();
            for place in places {
                self.look(place, now);
            }
        }
    }

    /// The runtime tells its workers' threads; what has no slot yet has polled nothing.
    fn find_workers(&mut self) {
        let metrics = self.runtime.metrics();
        let slots: HashMap<ThreadId, Arc<Slot>> =
            work::slots().into_iter().map(|slot| (slot.thread(), slot)).collect();
        for place in 0..metrics.num_workers() {
            let Some(slot) = metrics.worker_thread_id(place).and_then(|thread| slots.get(&thread)) else {
                continue;
            };
            let is_known = |known: &Worker| known.slot.thread() == slot.thread();
            if self.workers.get(&place).is_some_and(is_known) {
                continue;
            }
            let number = place.to_string();
            let labels = [("worker", number.as_str())];
            let worker = Worker {
                slot: Arc::clone(slot),
                held: self.registry.histogram(
                    "runtime_hold_seconds",
                    "How long polls that outlast a look at the worker held it",
                    &labels,
                    SECONDS,
                ),
                lag: self.registry.gauge(
                    "runtime_worker_lag_microseconds",
                    "How long what waits for this worker has waited by now",
                    &labels,
                ),
                poll: None,
                since: self.clock.monotonic(),
                told: false,
            };
            self.workers.insert(place, worker);
        }
    }

    fn look(&mut self, place: usize, now: Monotonic) {
        let Some(worker) = self.workers.get_mut(&place) else { return };
        let poll = worker.slot.poll();
        let held = now.since(worker.since);
        if poll.is_some() && poll == worker.poll {
            worker.lag.set(i64::try_from(held.as_micros()).unwrap_or(i64::MAX));
            if held >= self.limit && !worker.told {
                worker.told = true;
                let slot = Arc::clone(&worker.slot);
                self.tell(&slot, held);
            }
            return;
        }
        // It came back. What was seen at one look only may have been any number of short polls.
        if worker.poll.is_some() && held > TICK {
            worker.held.observe(held.as_secs_f64());
        }
        if std::mem::take(&mut worker.told) {
            finish(&self.holds, worker.slot.name(), held);
        }
        worker.lag.set(0);
        worker.poll = poll;
        worker.since = now;
    }

    fn tell(&mut self, slot: &Slot, held: Duration) {
        // All that may change at once, before names are looked up, which takes long the first time.
        let at_work = slot.work();
        let spans = at_work.trace.map(|trace| open_spans(trace.trace_id)).unwrap_or_default();
        let frames = slot.system_id().and_then(stacks::of_thread).unwrap_or_default();
        let stack = of_interest(&self.symbols.names(&frames));
        let first = stack.len().saturating_sub(FRAMES_TOLD_MAX);
        let hold = Hold {
            at: self.clock.now(),
            worker: slot.name().to_owned(),
            task: at_work.task,
            trace: at_work.trace.map(|trace| format!("{:032x}", trace.trace_id)),
            spans,
            stack: stack[first..].to_vec(),
            held_ms: u64::try_from(held.as_millis()).unwrap_or(u64::MAX),
            ended: false,
        };
        tracing::warn!(
            worker = hold.worker,
            task = hold.task,
            held_ms = hold.held_ms,
            trace = hold.trace,
            span = hold.spans.last(),
            stack = hold.stack.join(" > "),
            "a task holds a worker and does not come back"
        );
        let mut kept = self.holds.0.lock();
        if kept.len() == KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back(hold);
    }

    /// Sends a task through the runtime; the worker that takes it says how long it waited.
    fn probe(&self) {
        let (registry, sent) = (self.registry.clone(), mainstay_core::Stopwatch::start());
        let workers: Vec<(ThreadId, usize)> =
            self.workers.iter().map(|(place, worker)| (worker.slot.thread(), *place)).collect();
        let _runtime = self.runtime.enter();
        let probe = async move {
            let waited = sent.elapsed();
            let here = std::thread::current().id();
            let place =
                workers.iter().find(|(thread, _)| *thread == here).map(|(_, place)| place.to_string());
            let labels = [("worker", place.as_deref().unwrap_or("other"))];
            let help = "How long a task waited until a worker took it, by the worker that did";
            registry.histogram("runtime_wake_seconds", help, &labels, SECONDS).observe(waited.as_secs_f64());
        };
        drop(self.tasks.spawn("watch.probe", probe));
    }
}

fn finish(holds: &Holds, worker: &str, held: Duration) {
    let held_ms = u64::try_from(held.as_millis()).unwrap_or(u64::MAX);
    let mut kept = holds.0.lock();
    if let Some(hold) = kept.iter_mut().rev().find(|hold| hold.worker == worker && !hold.ended) {
        hold.ended = true;
        hold.held_ms = held_ms;
    }
    tracing::warn!(worker, held_ms, "the worker came back");
}
