//! Starting the process's logs and traces, and ending them so that what was said last is still written.

use std::fmt;
use std::time::Duration;

use mainstay_core::{Clock, Code, Kind, Result};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use tracing_appender::non_blocking::ErrorCounter;

use crate::log::{self, LogGuard};
use crate::options::Options;
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

/// Spans that wait for the collector are given up after this long: an unreachable collector must not hold up the end
/// of a process.
const FLUSH_TIME_MAX: Duration = Duration::from_secs(2);

/// Keeps logs and traces running; dropping it writes out what waits.
#[must_use = "dropping it ends the log"]
pub struct Guard {
    log: Option<LogGuard>,
    traces: bool,
}

/// Installs log and traces for the process. Call it within the runtime that is to carry the traces away.
///
/// A second call leaves what is installed as it is: tests start many hosts in one process.
///
/// # Errors
/// `telemetry.unusable` when a filter or an address cannot be read.
pub fn init(options: &Options, clock: &Clock, service: &'static str) -> Result<Guard> {
    let log = log::install(options, clock)?;
    let traces = !options.otlp.is_empty() && trace::export::otlp(&options.otlp, clock, service)?;
    Ok(Guard { log, traces })
}

impl Guard {
    /// Counts in `registry` the log lines that were dropped.
    pub fn register(&self, registry: &Registry) {
        if let Some(log) = &self.log {
            registry.collect(DroppedLines(log.dropped.clone()));
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.traces {
            trace::export::flush(FLUSH_TIME_MAX);
        }
    }
}

struct DroppedLines(ErrorCounter);

impl Collector for DroppedLines {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let dropped = ConstCounter::new(self.0.dropped_lines() as u64);
        let help = "Log lines that were dropped because the log could not be written fast enough";
        dropped.encode(encoder.encode_descriptor("log_lines_dropped", help, None, dropped.metric_type())?)
    }
}

impl fmt::Debug for DroppedLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DroppedLines")
    }
}
