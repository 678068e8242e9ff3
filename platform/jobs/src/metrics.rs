//! What jobs and schedules measure.

use std::time::Duration;

use mainstay_telemetry::Registry;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ScheduleLabel {
    schedule: String,
}

/// The metrics of every service's jobs in a process. Registered once, cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics {
    enqueued: Family<KindLabel, Counter>,
    done: Family<KindLabel, Counter>,
    failed: Family<KindLabel, Counter>,
    dead: Family<KindLabel, Counter>,
    running: Family<KindLabel, Gauge>,
    duration: Family<KindLabel, Histogram>,
    lateness: Family<KindLabel, Histogram>,
    fired: Family<ScheduleLabel, Counter>,
    passed_over: Family<ScheduleLabel, Counter>,
}

impl Metrics {
    /// Metrics that nobody collects: for tests and tools.
    pub fn unregistered() -> Self {
        Self {
            enqueued: Family::default(),
            done: Family::default(),
            failed: Family::default(),
            dead: Family::default(),
            running: Family::default(),
            duration: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 4.0, 9))),
            lateness: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 4.0, 10))),
            fired: Family::default(),
            passed_over: Family::default(),
        }
    }

    /// Registers them all; once a process.
    pub fn register(registry: &Registry) -> Self {
        let metrics = Self::unregistered();
        registry.register(
            "jobs_enqueued",
            "Jobs enqueued, in transactions that may still have been undone",
            metrics.enqueued.clone(),
        );
        registry.register("jobs_done", "Jobs that ended well", metrics.done.clone());
        registry.register("jobs_failed", "Attempts that failed", metrics.failed.clone());
        registry.register("jobs_dead", "Jobs given up until a person looks at them", metrics.dead.clone());
        registry.register("jobs_running", "Jobs that run now", metrics.running.clone());
        registry.register("jobs_attempt_seconds", "Time that an attempt took", metrics.duration.clone());
        registry.register(
            "jobs_lateness_seconds",
            "From when a job was due to its start",
            metrics.lateness.clone(),
        );
        registry.register("jobs_schedule_fired", "Firings of schedules", metrics.fired.clone());
        registry.register(
            "jobs_schedule_passed_over",
            "Firings passed over because the former job had not ended",
            metrics.passed_over.clone(),
        );
        metrics
    }

    pub(crate) fn enqueued(&self, kind: &'static str) {
        self.enqueued.get_or_create(&KindLabel { kind }).inc();
    }

    pub(crate) fn started(&self, kind: &'static str, late: Duration) {
        self.running.get_or_create(&KindLabel { kind }).inc();
        self.lateness.get_or_create(&KindLabel { kind }).observe(late.as_secs_f64());
    }

    pub(crate) fn stopped(&self, kind: &'static str) {
        self.running.get_or_create(&KindLabel { kind }).dec();
    }

    pub(crate) fn ended(&self, kind: &'static str, took: Duration, failed: bool, dead: bool) {
        let label = KindLabel { kind };
        self.duration.get_or_create(&label).observe(took.as_secs_f64());
        if failed {
            self.failed.get_or_create(&label).inc();
        } else {
            self.done.get_or_create(&label).inc();
        }
        if dead {
            self.dead.get_or_create(&label).inc();
        }
    }

    pub(crate) fn fired(&self, schedule: &str, passed_over: bool) {
        let label = ScheduleLabel { schedule: schedule.to_owned() };
        if passed_over { &self.passed_over } else { &self.fired }.get_or_create(&label).inc();
    }
}
