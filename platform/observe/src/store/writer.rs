//! The thread that writes.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use mainstay_core::{Context, Error, Monotonic, Result, Shutdown, Stopwatch, codes};
use mainstay_telemetry::{Queue, Registry, Told, exposition, feed};

use crate::store::foreign::Foreign;
use crate::store::intake::{Batch, Incoming};
use crate::store::samples::Sampler;
use crate::store::{Bounds, GATHER, Store};

/// Spans and lines that are written together at most: some tens of milliseconds of the writer.
const BATCH_MAX: usize = 4_096;

/// How often the metrics are sampled: what an operator looks at spans minutes, and six values a minute show a peak.
const SAMPLE_EVERY: Duration = Duration::from_secs(10);

/// How often the bounds are looked at while little comes in.
const PRUNE_EVERY: Duration = Duration::from_secs(5);

/// Slices that are dropped in a row before what came in is written again.
const SLICES_MAX: usize = 20;

/// The writing thread; [`Writer::end`] writes what waits.
pub struct Writer {
    own: Option<Arc<Queue<Told>>>,
    received: Arc<Queue<Incoming>>,
    ended: Shutdown,
    thread: Option<JoinHandle<()>>,
    gone: tokio::sync::oneshot::Receiver<()>,
}

impl Writer {
    pub(super) fn start(
        store: Store,
        bounds: Bounds,
        own: Option<Arc<Queue<Told>>>,
        registry: Registry,
        service: &'static str,
    ) -> Result<Self> {
        let ended = Shutdown::new();
        let (tell_gone, gone) = tokio::sync::oneshot::channel();
        let received = Arc::clone(store.received());
        let work = Work {
            context: Context::background("mainstay.observe"),
            own: own.clone().unwrap_or_else(|| Arc::new(Queue::new(0))),
            foreign: Foreign::default(),
            sampler: Sampler::default(),
            ended: ended.clone(),
            failing: false,
            store,
            bounds,
            registry,
            service,
        };
        let thread = std::thread::Builder::new().name("observe".into()).spawn(move || {
            if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
                runtime.block_on(work.run());
            }
            // Whoever waits for the end may have given up.
            let _ = tell_gone.send(());
        });
        let thread =
            thread.map_err(|error| codes::UNAVAILABLE.because("a thread cannot be started", error))?;
        Ok(Self { own, received, ended, thread: Some(thread), gone })
    }

    /// Takes nothing more in, writes what waits, and ends.
    pub async fn end(mut self) {
        if let Some(own) = &self.own {
            feed::unsubscribe(own);
        }
        self.received.close();
        self.ended.request();
        let _ = (&mut self.gone).await;
        if let Some(thread) = self.thread.take() {
            // It has said that it ends; a panic in it was told already.
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(own) = &self.own {
            feed::unsubscribe(own);
        }
        self.received.close();
        self.ended.request();
    }
}

struct Work {
    store: Store,
    bounds: Bounds,
    own: Arc<Queue<Told>>,
    registry: Registry,
    service: &'static str,
    context: Context,
    foreign: Foreign,
    sampler: Sampler,
    ended: Shutdown,
    failing: bool,
}

impl Work {
    async fn run(mut self) {
        let clock = self.store.clock().clone();
        let (mut sampled, mut pruned) = (None::<Monotonic>, None::<Monotonic>);
        loop {
            let ending = self.ended.is_requested();
            let full = self.write_some().await;
            let now = clock.monotonic();
            if is_due(sampled, now, SAMPLE_EVERY) {
                sampled = Some(now);
                self.sample().await;
            }
            if full || is_due(pruned, now, PRUNE_EVERY) {
                pruned = Some(now);
                self.prune().await;
            }
            if ending && !full {
                return;
            }
            if !full {
                // Gathers, so that a trickle does not become a commit each.
                tokio::select! {
                    () = clock.sleep(GATHER) => {}
                    () = self.ended.requested(), if !ending => {}
                }
            }
        }
    }

    /// Writes what waits. `true` when there may be more.
    async fn write_some(&mut self) -> bool {
        let at = self.store.clock().now();
        let watch = Stopwatch::start();
        let mut batch = Batch::default();
        let mut taken = 0;
        for told in self.own.take_now(BATCH_MAX) {
            taken += told.weight();
            batch.add_own(&told, self.service, at);
        }
        let room = BATCH_MAX.saturating_sub(taken).max(1);
        for incoming in self.store.received().take_now(room) {
            match incoming {
                Incoming::Spans(resources) => batch.add_spans(resources, at),
                Incoming::Lines(resources) => batch.add_lines(resources, at),
                Incoming::Metrics(resources) => self.foreign.take(resources, self.store.clock().monotonic()),
            }
        }
        if batch.is_empty() {
            return false;
        }
        let full = batch.weight() >= BATCH_MAX as u64 / 2;
        self.write(batch).await;
        let micros = u64::try_from(watch.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.store.figures().busy_micros.fetch_add(micros, Ordering::Relaxed);
        full
    }

    async fn write(&mut self, batch: Batch) {
        let (weight, spans, lines) = (batch.weight(), batch.spans(), batch.lines.len() as u64);
        let batch = Arc::new(batch);
        let written = self
            .store
            .db()
            .write(&self.context, move |tx| {
                for fragment in &batch.fragments {
                    fragment.insert(tx)?;
                }
                for line in &batch.lines {
                    line.insert(tx)?;
                }
                Ok(())
            })
            .await;
        let figures = self.store.figures();
        match written {
            Ok(()) => {
                figures.spans.fetch_add(spans, Ordering::Relaxed);
                figures.lines.fetch_add(lines, Ordering::Relaxed);
                self.store.tell_written();
                self.recovered();
            }
            Err(error) => {
                figures.refused.fetch_add(weight, Ordering::Relaxed);
                self.failed(&error);
            }
        }
    }

    async fn sample(&mut self) {
        let text = self.registry.encode();
        let mut values = exposition::read(&text);
        values.extend(self.foreign.samples(self.store.clock().monotonic()));
        if let Err(error) = self.sampler.write(&self.store, &self.context, values).await {
            self.failed(&error);
        }
    }

    async fn prune(&mut self) {
        for _ in 0..SLICES_MAX {
            match self.store.prune(&self.context, self.bounds).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => return self.failed(&error),
            }
        }
    }

    /// A full disk is told when it begins and when it ends, not once a batch: each line would be one more to write.
    fn failed(&mut self, error: &Error) {
        if !self.failing {
            self.failing = true;
            tracing::warn!(
                error = error.chain(),
                "the store fails; what cannot be written is dropped and counted"
            );
        }
    }

    fn recovered(&mut self) {
        if self.failing {
            self.failing = false;
            tracing::info!("the store writes again");
        }
    }
}

fn is_due(last: Option<Monotonic>, now: Monotonic, every: Duration) -> bool {
    last.is_none_or(|last| now.since(last) >= every)
}
