//! What sagas measure. Handles are looked up once, when a definition is registered.

use mainstay_telemetry::{Counter, Gauge, Histogram, LATENCY_SECONDS, Registry};

/// Upper bounds for whole runs in seconds: from a few writes to a customer who takes his time.
const RUN_SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0, 300.0, 1_800.0];

/// Of all sagas of a service.
pub(super) struct Metrics {
    pub in_flight: Gauge,
    pub storage_trouble: Counter,
    registry: Registry,
}

/// Of one saga, whatever its version.
pub(super) struct SagaMetrics {
    pub started: Counter,
    pub done: Counter,
    pub undone: Counter,
    pub parked: Counter,
    pub slept: Counter,
    pub failed_attempts: Counter,
    pub attempt: Histogram,
    pub run: Histogram,
}

impl Metrics {
    pub fn new(registry: &Registry) -> Self {
        Self {
            in_flight: registry.gauge("saga_in_flight", "Runs that a task carries now", &[]),
            storage_trouble: registry.counter(
                "saga_storage_trouble",
                "Writes of runs that the database refused and that were tried again",
                &[],
            ),
            registry: registry.clone(),
        }
    }

    pub fn of(&self, saga: &'static str) -> SagaMetrics {
        let counter = |name, help| self.registry.counter(name, help, &[("saga", saga)]);
        let ended = |end| {
            self.registry.counter(
                "saga_runs_ended",
                "Runs that came to an end or to a stand",
                &[("saga", saga), ("end", end)],
            )
        };
        SagaMetrics {
            started: counter("saga_runs_begun", "Runs that were taken up for the first time"),
            done: ended("done"),
            undone: ended("undone"),
            parked: ended("parked"),
            slept: counter("saga_sleeps", "Times that a run was put to sleep until a signal or a time"),
            failed_attempts: counter("saga_attempts_failed", "Attempts of steps and undos that failed"),
            attempt: self.registry.histogram(
                "saga_attempt_seconds",
                "Time of one attempt of a step or an undo, without its write",
                &[("saga", saga)],
                LATENCY_SECONDS,
            ),
            run: self.registry.histogram(
                "saga_run_seconds",
                "From the start of a run to its end",
                &[("saga", saga)],
                RUN_SECONDS,
            ),
        }
    }
}
