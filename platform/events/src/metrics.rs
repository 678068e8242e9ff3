//! What producers and consumers measure.

use mainstay_telemetry::Registry;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::consumers::Outcome;
use crate::envelope::Position;

/// Tells the consumers of one process apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ConsumerLabel {
    consumer: String,
}

/// The metrics of every outbox and consumer of a process. Registered once, cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    pub(crate) appended: Counter,
    applied: Family<ConsumerLabel, Counter>,
    repeated: Family<ConsumerLabel, Counter>,
    failures: Family<ConsumerLabel, Counter>,
    dead: Family<ConsumerLabel, Counter>,
    batches: Family<ConsumerLabel, Counter>,
    failed_batches: Family<ConsumerLabel, Counter>,
    position: Family<ConsumerLabel, Gauge>,
    parked: Family<ConsumerLabel, Gauge>,
}

impl Metrics {
    /// Metrics that nobody collects: for tests and tools.
    pub fn unregistered() -> Self {
        Self::default()
    }

    /// Registers them all; once a process.
    pub fn register(registry: &Registry) -> Self {
        let metrics = Self::default();
        registry.register(
            "events_appended",
            "Events written, in transactions that may still have been undone",
            metrics.appended.clone(),
        );
        registry.register("events_applied", "Events that had their effect", metrics.applied.clone());
        registry.register(
            "events_repeated",
            "Events that came again and changed nothing",
            metrics.repeated.clone(),
        );
        registry.register("events_failures", "Failed attempts of events", metrics.failures.clone());
        registry.register(
            "events_dead_keys",
            "Keys that were given up until a person looks at them",
            metrics.dead.clone(),
        );
        registry.register("events_batches", "Committed batches", metrics.batches.clone());
        registry.register(
            "events_failed_batches",
            "Times a consumer could not go on: its database, lease or producer failed",
            metrics.failed_batches.clone(),
        );
        registry.register(
            "events_position",
            "The place in the producer's log up to which everything is taken",
            metrics.position.clone(),
        );
        registry.register(
            "events_parked_messages",
            "Messages that wait behind failed ones",
            metrics.parked.clone(),
        );
        metrics
    }

    /// The metrics of one consumer, looked up once.
    pub(crate) fn of(&self, consumer: &str) -> ConsumerMetrics {
        let label = ConsumerLabel { consumer: consumer.to_owned() };
        ConsumerMetrics {
            applied: self.applied.get_or_create_owned(&label),
            repeated: self.repeated.get_or_create_owned(&label),
            failures: self.failures.get_or_create_owned(&label),
            dead: self.dead.get_or_create_owned(&label),
            batches: self.batches.get_or_create_owned(&label),
            failed_batches: self.failed_batches.get_or_create_owned(&label),
            position: self.position.get_or_create_owned(&label),
            parked: self.parked.get_or_create_owned(&label),
        }
    }
}

/// The metrics of one consumer.
#[derive(Clone, Debug)]
pub(crate) struct ConsumerMetrics {
    applied: Counter,
    repeated: Counter,
    failures: Counter,
    dead: Counter,
    batches: Counter,
    pub(crate) failed_batches: Counter,
    position: Gauge,
    parked: Gauge,
}

impl ConsumerMetrics {
    pub(crate) fn count(&self, outcome: &Outcome) {
        self.batches.inc();
        self.applied.inc_by(outcome.applied);
        self.repeated.inc_by(outcome.repeated);
        self.failures.inc_by(outcome.failures.len() as u64);
        self.dead.inc_by(outcome.failures.iter().filter(|failure| failure.dead).count() as u64);
    }

    pub(crate) fn place(&self, position: Position, parked: u64) {
        self.position.set(position.0);
        self.parked.set(i64::try_from(parked).unwrap_or(i64::MAX));
    }
}
