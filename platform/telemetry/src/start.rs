//! Starting the process's logs and traces, and ending them so that what was said last is still written.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Clock, Code, Kind, Result};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::export::Exporter;
use crate::feed::{self, Told};
use crate::log::{self, LogGuard};
use crate::options::Options;
use crate::queue::Queue;
use crate::registry::Registry;
use crate::trace;

pub const TELEMETRY_UNUSABLE: Code = Code::new(
    "telemetry.unusable",
    Kind::InvalidArgument,
    "Logs or traces cannot be set up",
    "Change the key of the [telemetry] section that the message names.",
);

/// Every code of this crate.
pub const CODES: &[&Code] = &[&TELEMETRY_UNUSABLE];

/// Spans and lines that wait for the store: a burst of some seconds, at about 300 bytes each six megabytes.
const STORE_WAITING_MAX: usize = 20_000;

/// Keeps logs and traces running; dropping it writes out what waits.
#[must_use = "dropping it ends the log"]
pub struct Guard {
    log: Option<LogGuard>,
    exporter: Option<Exporter>,
    store: Option<Arc<Queue<Told>>>,
}

/// Installs log and traces for the process.
///
/// A second call leaves what is installed as it is: tests start many hosts in one process.
///
/// # Errors
/// `telemetry.unusable` when a filter or an address cannot be read.
pub fn init(options: &Options, clock: &Clock, service: &'static str) -> Result<Guard> {
    let log = log::install(options, clock)?;
    let mut guard = Guard { log, exporter: None, store: None };
    let wanted = !options.otlp.is_empty() || options.store;
    let slow = Duration::from_millis(options.slow_request_ms);
    if wanted && trace::install(clock, slow, None) {
        if !options.otlp.is_empty() {
            guard.exporter = Some(Exporter::start(&options.otlp, clock, service)?);
        }
        guard.store = options.store.then(|| feed::subscribe(STORE_WAITING_MAX));
    }
    Ok(guard)
}

impl Guard {
    /// What the store is to take in, when there is to be one. It is closed when the guard is dropped.
    pub fn for_store(&self) -> Option<Arc<Queue<Told>>> {
        self.store.clone()
    }

    /// Counts in `registry` what was kept and what was dropped, and sends its metrics to the collector, where there is
    /// one.
    pub fn register(&self, registry: &Registry) {
        if let Some(exporter) = &self.exporter {
            exporter.carry(registry);
        }
        registry.collect(Losses {
            lines: self.log.as_ref().map(|log| log.dropped.clone()),
            exporter: self.exporter.as_ref().map(Exporter::figures),
            store: self.store.clone(),
        });
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(store) = &self.store {
            feed::unsubscribe(store);
        }
    }
}

struct Losses {
    lines: Option<tracing_appender::non_blocking::ErrorCounter>,
    exporter: Option<Arc<crate::export::Figures>>,
    store: Option<Arc<Queue<Told>>>,
}

impl fmt::Debug for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Losses")
    }
}

impl Collector for Losses {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut count = |name: &str, help: &str, value: u64| {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)
        };
        if let Some(lines) = &self.lines {
            let help = "Log lines that were dropped because the log could not be written fast enough";
            count("log_lines_dropped", help, lines.dropped_lines() as u64)?;
        }
        if let Some(exporter) = &self.exporter {
            count("export_sent", "Spans and lines that the collector took", exporter.sent())?;
            let help = "Spans and lines that were dropped because the collector was slow or away";
            count("export_dropped", help, exporter.dropped())?;
        }
        if let Some(store) = &self.store {
            let help = "Spans and lines that were dropped because the store was slow";
            count("store_queue_dropped", help, store.dropped())?;
        }
        let Some(recorder) = trace::recorder() else { return Ok(()) };
        let figures = recorder.figures();
        count("spans_kept", "Spans of traces that were drawn, slow or failed", figures.kept)?;
        count("spans_passed_over", "Spans of traces that went well and were not drawn", figures.passed_over)?;
        count(
            "spans_dropped",
            "Spans lost because too many waited for the end of their trace",
            figures.dropped,
        )?;
        let held = ConstGauge::new(i64::try_from(figures.held).unwrap_or(i64::MAX));
        let help = "Spans that wait for the end of their trace";
        held.encode(encoder.encode_descriptor("spans_held", help, None, held.metric_type())?)
    }
}
