//! What the runtime tells about itself, as metrics.

use std::fmt;

use mainstay_telemetry::Registry;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use tokio::runtime::{Handle, RuntimeMetrics};

/// Registers the figures of the runtime that it is called in.
pub fn register(registry: &Registry) {
    registry.collect(Runtime(Handle::current().metrics()));
}

struct Runtime(RuntimeMetrics);

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Runtime")
    }
}

impl Collector for Runtime {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let metrics = &self.0;
        let mut gauge = |name: &str, help: &str, value: usize| {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
        };
        gauge("runtime_tasks", "Tasks that are alive", metrics.num_alive_tasks())?;
        gauge("runtime_queue_depth", "Tasks that wait for any worker", metrics.global_queue_depth())?;
        gauge("runtime_blocking_threads", "Threads for calls that block", metrics.num_blocking_threads())?;
        gauge(
            "runtime_blocking_queue_depth",
            "Blocking calls that wait for a thread",
            metrics.blocking_queue_depth(),
        )?;
        let mut each = |name: &str, help: &str, read: &dyn Fn(usize) -> f64| {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for worker in 0..metrics.num_workers() {
                let labels = [("worker", worker.to_string())];
                ConstCounter::new(read(worker)).encode(family.encode_family(&labels)?)?;
            }
            Ok(())
        };
        each("runtime_worker_busy_seconds", "Time that the worker was busy", &|worker| {
            metrics.worker_total_busy_duration(worker).as_secs_f64()
        })?;
        each("runtime_worker_polls", "Polls of tasks", &|worker| metrics.worker_poll_count(worker) as f64)?;
        each("runtime_worker_parks", "Times that the worker had nothing to do", &|worker| {
            metrics.worker_park_count(worker) as f64
        })?;
        each("runtime_worker_steals", "Tasks taken from other workers", &|worker| {
            metrics.worker_steal_count(worker) as f64
        })
    }
}
