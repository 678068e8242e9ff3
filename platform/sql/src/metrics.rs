//! What the door measures, by database.

use std::time::Duration;

use mainstay_core::Stopwatch;
use mainstay_telemetry::Registry;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

/// Tells the databases of one process apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DatabaseLabel {
    pub database: String,
}

/// The metrics of every database of a process. Registered once, cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics {
    commits: Family<DatabaseLabel, Counter>,
    syncs: Family<DatabaseLabel, Counter>,
    checkpoints: Family<DatabaseLabel, Counter>,
    refused: Family<DatabaseLabel, Counter>,
    reruns: Family<DatabaseLabel, Counter>,
    slow: Family<DatabaseLabel, Counter>,
    repeated: Family<DatabaseLabel, Counter>,
    queue_depth: Family<DatabaseLabel, Gauge>,
    batch_size: Family<DatabaseLabel, Histogram>,
    write_wait: Family<DatabaseLabel, Histogram>,
    statement: Family<DatabaseLabel, Histogram>,
}

impl Metrics {
    /// Metrics that nobody collects: for tests and tools.
    pub fn unregistered() -> Self {
        Self {
            commits: Family::default(),
            syncs: Family::default(),
            checkpoints: Family::default(),
            refused: Family::default(),
            reruns: Family::default(),
            slow: Family::default(),
            repeated: Family::default(),
            queue_depth: Family::default(),
            batch_size: Family::new_with_constructor(|| Histogram::new(exponential_buckets(1.0, 2.0, 10))),
            write_wait: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.000_1, 2.0, 14))
            }),
            statement: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.000_002, 4.0, 10))
            }),
        }
    }

    /// Registers them all; once a process.
    pub fn register(registry: &Registry) -> Self {
        let metrics = Self::unregistered();
        registry.register("sql_commits", "Commits that changed something", metrics.commits.clone());
        registry.register(
            "sql_syncs",
            "Syncs of the files, by commits and checkpoints together",
            metrics.syncs.clone(),
        );
        registry.register(
            "sql_checkpoints",
            "Times the log was folded into the main file",
            metrics.checkpoints.clone(),
        );
        registry.register(
            "sql_refused",
            "Works that a full queue or a lost transaction refused",
            metrics.refused.clone(),
        );
        registry.register(
            "sql_reruns",
            "Works that ran again alone because another one lost the batch",
            metrics.reruns.clone(),
        );
        registry.register("sql_slow_statements", "Statements above the threshold", metrics.slow.clone());
        registry.register(
            "sql_repeated_queries",
            "Queries that one piece of work repeated too often",
            metrics.repeated.clone(),
        );
        registry.register("sql_queue_depth", "Works that wait", metrics.queue_depth.clone());
        registry.register("sql_batch_size", "Works that share a commit", metrics.batch_size.clone());
        registry.register(
            "sql_write_wait_seconds",
            "From the call of a write to its answer",
            metrics.write_wait.clone(),
        );
        registry.register(
            "sql_statement_seconds",
            "Time in one statement, with the reading of its rows",
            metrics.statement.clone(),
        );
        metrics
    }

    /// The metrics of one database, looked up once.
    pub fn of(&self, database: &str) -> DatabaseMetrics {
        let label = DatabaseLabel { database: database.to_owned() };
        DatabaseMetrics {
            commits: self.commits.get_or_create_owned(&label),
            syncs: self.syncs.get_or_create_owned(&label),
            checkpoints: self.checkpoints.get_or_create_owned(&label),
            refused: self.refused.get_or_create_owned(&label),
            reruns: self.reruns.get_or_create_owned(&label),
            slow: self.slow.get_or_create_owned(&label),
            repeated: self.repeated.get_or_create_owned(&label),
            queue_depth: self.queue_depth.get_or_create_owned(&label),
            batch_size: self.batch_size.get_or_create_owned(&label),
            write_wait: self.write_wait.get_or_create_owned(&label),
            statement: self.statement.get_or_create_owned(&label),
        }
    }
}

/// The metrics of one database. Engines count into the public ones.
#[derive(Clone, Debug)]
pub struct DatabaseMetrics {
    pub commits: Counter,
    pub syncs: Counter,
    pub checkpoints: Counter,
    pub refused: Counter,
    pub reruns: Counter,
    pub queue_depth: Gauge,
    pub batch_size: Histogram,
    pub(crate) slow: Counter,
    pub(crate) repeated: Counter,
    pub(crate) write_wait: Histogram,
    pub(crate) statement: Histogram,
}

impl DatabaseMetrics {
    pub(crate) fn waited(&self, since: Stopwatch) {
        self.write_wait.observe(since.elapsed().as_secs_f64());
    }

    pub(crate) fn ran(&self, took: Duration) {
        self.statement.observe(took.as_secs_f64());
    }
}
