//! The store: tables, a thread that writes, and bounds.
//!
//! It is a database at the sql door like a service's own, which is where its promises come from: a process that is
//! killed leaves nothing half written, a full disk refuses a batch and takes the next one when there is room. A batch is
//! synced once; what a kill loses is what had not been written yet, at most [`GATHER`] of telling and what waited.
//!
//! A row of spans is a *fragment*: those spans of one trace that came in together, compressed, with what lists show
//! beside them. So ten thousand spans a second are some hundred rows.

mod foreign;
mod fragment;
mod intake;
mod line;
mod prune;
mod samples;
mod search;
mod summary;
mod tree;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use mainstay_core::{Clock, Result};
use mainstay_sql::{Database, Migration, MigrationSet};
use mainstay_telemetry::{Queue, Registry, Told};
use tokio::sync::watch;

pub use fragment::{StoredSpan, decode};
pub use intake::{Incoming, Made, made_of};
pub use line::{LineQuery, StoredLine};
pub use samples::{Point, Series, SeriesQuery};
pub use search::TraceQuery;
pub use summary::TraceSummary;
pub use tree::{Node, Trace};
pub use writer::Writer;

/// How long spans and lines are gathered before they are written together: a person who follows does not notice, and
/// there are four commits a second at most.
pub const GATHER: Duration = Duration::from_millis(250);

/// Spans and lines from other processes that wait to be written; more are dropped and counted. At about 300 bytes each,
/// six megabytes.
const RECEIVED_MAX: usize = 20_000;

/// The tables of the store.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "mainstay.observe",
    migrations: &[Migration {
        version: 1,
        name: "fragments, lines, samples",
        up: include_str!("store/001_up.sql"),
        down: include_str!("store/001_down.sql"),
    }],
};

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// What came in earlier is dropped.
    pub age: Duration,
    /// The size of the tables; the database's log adds at most 64 MB while it is written.
    pub bytes: u64,
}

/// What became of what came in.
#[derive(Debug, Default)]
pub struct Figures {
    pub spans: AtomicU64,
    pub lines: AtomicU64,
    /// Spans and lines that could not be written: the disk is full, or the database refuses.
    pub refused: AtomicU64,
    /// Rows that were dropped because of their age or because the store was full.
    pub expired: AtomicU64,
    /// The size of the tables.
    pub bytes: AtomicI64,
    /// The time that the writer spent on its work.
    pub busy_micros: AtomicU64,
}

/// The store. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    db: Database,
    received: Arc<Queue<Incoming>>,
    figures: Figures,
    /// Bumped after each commit, for those who follow.
    written: watch::Sender<u64>,
}

impl Store {
    /// Opens the store in `db`, whose tables are brought up to date.
    pub async fn open(db: Database) -> Result<Self> {
        db.migrate(&[MIGRATIONS]).await?;
        let (written, _) = watch::channel(0);
        let received = Arc::new(Queue::new(RECEIVED_MAX));
        Ok(Self(Arc::new(Inner { db, received, figures: Figures::default(), written })))
    }

    /// Begins to write on a thread of its own: what this process tells, what is received, and every few seconds the
    /// figures of `registry`.
    pub fn start(
        &self,
        bounds: Bounds,
        own: Option<Arc<Queue<Told>>>,
        registry: &Registry,
        service: &'static str,
    ) -> Result<Writer> {
        Writer::start(self.clone(), bounds, own, registry.clone(), service)
    }

    /// What other processes sent goes in here.
    pub fn received(&self) -> &Arc<Queue<Incoming>> {
        &self.0.received
    }

    pub fn figures(&self) -> &Figures {
        &self.0.figures
    }

    pub fn clock(&self) -> &Clock {
        self.0.db.clock()
    }

    /// Changes whenever something was written.
    pub fn written(&self) -> watch::Receiver<u64> {
        self.0.written.subscribe()
    }

    fn db(&self) -> &Database {
        &self.0.db
    }

    fn tell_written(&self) {
        self.0.written.send_modify(|count| *count += 1);
    }

    /// Registers how much is kept and what was dropped.
    pub fn register(&self, registry: &Registry) {
        registry.collect(StoreFigures(self.clone()));
    }
}

struct StoreFigures(Store);

impl std::fmt::Debug for StoreFigures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreFigures")
    }
}

impl prometheus_client::collector::Collector for StoreFigures {
    fn encode(
        &self,
        mut encoder: prometheus_client::encoding::DescriptorEncoder<'_>,
    ) -> Result<(), std::fmt::Error> {
        use prometheus_client::encoding::EncodeMetric;
        use prometheus_client::metrics::counter::ConstCounter;
        use prometheus_client::metrics::gauge::ConstGauge;
        let figures = self.0.figures();
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut count = |name: &str, help: &str, value: u64| {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)
        };
        count("store_spans", "Spans that the store has taken in", load(&figures.spans))?;
        count("store_lines", "Log lines that the store has taken in", load(&figures.lines))?;
        count("store_refused", "Spans and lines that could not be written", load(&figures.refused))?;
        count("store_expired", "Rows dropped for their age or for room", load(&figures.expired))?;
        let help = "Spans and lines of other processes that were dropped because the store was slow";
        count("store_received_dropped", help, self.0.received().dropped())?;
        let seconds = ConstCounter::new(load(&figures.busy_micros) as f64 / 1e6);
        let help = "Time that the store's writer spent on its work";
        seconds.encode(encoder.encode_descriptor(
            "store_busy_seconds",
            help,
            None,
            seconds.metric_type(),
        )?)?;
        let bytes = ConstGauge::new(figures.bytes.load(Ordering::Relaxed));
        bytes.encode(encoder.encode_descriptor(
            "store_bytes",
            "The size of the store",
            None,
            bytes.metric_type(),
        )?)
    }
}
