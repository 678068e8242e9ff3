//! Figures of the process itself, read when somebody asks: memory, processor time, files, tasks, the pools of threads.

use std::fmt;
use std::sync::Arc;

use mainstay_core::{BlockingPool, CpuPool, PoolStats, Stopwatch, Tasks};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use rustix::time::{ClockId, clock_gettime};

use crate::heap::Heap;
use crate::registry::Registry;

/// Registers the figures of the process, its tasks, its pools of threads and, where the allocator is known, its heap.
pub fn register(
    registry: &Registry,
    tasks: &Tasks,
    cpu: &CpuPool,
    blocking: &BlockingPool,
    heap: Option<&Arc<dyn Heap>>,
) {
    let (tasks, cpu, blocking, heap) = (tasks.clone(), cpu.clone(), blocking.clone(), heap.cloned());
    registry.collect(Figures { started: Stopwatch::start(), tasks, cpu, blocking, heap });
}

struct Figures {
    started: Stopwatch,
    tasks: Tasks,
    cpu: CpuPool,
    blocking: BlockingPool,
    heap: Option<Arc<dyn Heap>>,
}

impl fmt::Debug for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Figures")
    }
}

impl Collector for Figures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let status = Status::read();
        gauge(&mut encoder, "process_resident_bytes", "Memory in use", status.resident_bytes)?;
        gauge(
            &mut encoder,
            "process_resident_peak_bytes",
            "The most memory in use so far",
            status.peak_bytes,
        )?;
        gauge(&mut encoder, "process_threads", "Threads", status.threads)?;
        gauge(&mut encoder, "process_open_files", "Open file descriptors", status.open_files)?;
        counter(&mut encoder, "process_cpu_seconds", "Processor time used", cpu_seconds())?;
        let uptime = self.started.elapsed().as_secs_f64();
        gauge(&mut encoder, "process_uptime_seconds", "Time since the start", uptime)?;
        self.encode_heap(&mut encoder)?;
        self.encode_tasks(&mut encoder)?;
        encode_pool(&mut encoder, &CPU_POOL, self.cpu.stats())?;
        encode_pool(&mut encoder, &BLOCKING_POOL, self.blocking.stats())
    }
}

impl Figures {
    fn encode_heap(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let Some(figures) = self.heap.as_ref().and_then(|heap| heap.figures()) else { return Ok(()) };
        gauge(
            encoder,
            "heap_allocated_bytes",
            "Memory that the program holds",
            whole(figures.allocated_bytes),
        )?;
        gauge(encoder, "heap_active_bytes", "Pages with such memory in them", whole(figures.active_bytes))?;
        gauge(
            encoder,
            "heap_mapped_bytes",
            "Memory that the allocator took from the system",
            whole(figures.mapped_bytes),
        )
    }

    fn encode_tasks(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let counts = self.tasks.counts();
        let mut running =
            encoder.encode_descriptor("tasks_running", "Tasks that run", None, MetricType::Gauge)?;
        for (name, count) in &counts {
            ConstGauge::new(whole(count.running)).encode(running.encode_family(&[("task", *name)])?)?;
        }
        let help = "Tasks that ended in a panic";
        let mut panicked = encoder.encode_descriptor("tasks_panicked", help, None, MetricType::Counter)?;
        for (name, count) in &counts {
            ConstCounter::new(count.panicked).encode(panicked.encode_family(&[("task", *name)])?)?;
        }
        Ok(())
    }
}

/// The names and meanings of one pool's figures: depth, done, rejected, wait.
type PoolNames = [(&'static str, &'static str); 4];

const CPU_POOL: PoolNames = [
    ("cpu_pool_depth", "Computations that wait or run"),
    ("cpu_pool_done", "Computations done"),
    ("cpu_pool_rejected", "Computations refused because the queue was full"),
    ("cpu_pool_wait_seconds", "Time that computations waited before they ran"),
];

const BLOCKING_POOL: PoolNames = [
    ("blocking_pool_depth", "Calls that block, waiting or running"),
    ("blocking_pool_done", "Calls that block, done"),
    ("blocking_pool_rejected", "Calls that block, refused because the queue was full"),
    ("blocking_pool_wait_seconds", "Time that calls that block waited before they ran"),
];

fn encode_pool(encoder: &mut DescriptorEncoder<'_>, names: &PoolNames, stats: PoolStats) -> fmt::Result {
    let [depth, done, rejected, wait] = names;
    gauge(encoder, depth.0, depth.1, whole(stats.depth as u64))?;
    counter(encoder, done.0, done.1, stats.done)?;
    counter(encoder, rejected.0, rejected.1, stats.rejected)?;
    counter(encoder, wait.0, wait.1, stats.waited.as_secs_f64())
}

fn gauge<N>(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: N) -> fmt::Result
where
    ConstGauge<N>: EncodeMetric,
{
    let metric = ConstGauge::new(value);
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

fn counter<N>(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: N) -> fmt::Result
where
    ConstCounter<N>: EncodeMetric,
{
    let metric = ConstCounter::new(value);
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn cpu_seconds() -> f64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}

/// What Linux tells about the process; zero where it tells nothing.
#[derive(Default)]
struct Status {
    resident_bytes: i64,
    peak_bytes: i64,
    threads: i64,
    open_files: i64,
}

impl Status {
    fn read() -> Self {
        let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let number = |key: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(key))
                .and_then(|rest| rest.split_whitespace().next()?.parse::<i64>().ok())
                .unwrap_or_default()
        };
        // One of the descriptors is the listing's own.
        let open_files =
            std::fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count().saturating_sub(1));
        Self {
            resident_bytes: number("VmRSS:") * 1_024,
            peak_bytes: number("VmHWM:") * 1_024,
            threads: number("Threads:"),
            open_files: whole(open_files as u64),
        }
    }
}
