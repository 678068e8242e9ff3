//! Log lines on standard error: text for a person at a terminal, JSON for a collector.
//!
//! Lines are formatted by whoever logs and written by one thread of its own behind a bounded queue. When the queue is
//! full (a stuck terminal, a full pipe) lines are dropped and counted: a log must not stop a shop.

use std::fmt;
use std::io::IsTerminal;

use mainstay_core::{Clock, Result};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::options::{LogFormat, Options};
use crate::start::TELEMETRY_UNUSABLE;

/// A burst that a terminal can show within a second, at some 200 bytes a line four megabytes.
const LINES_QUEUED_MAX: usize = 20_000;

/// Ends the writer on drop, after the lines that wait are written.
pub(crate) struct LogGuard {
    _worker: WorkerGuard,
    pub(crate) dropped: ErrorCounter,
}

struct Time(Clock);

impl FormatTime for Time {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        write!(writer, "{}", self.0.now())
    }
}

/// Installs the process's log. `None` when one was installed before; then that one goes on.
pub(crate) fn install(options: &Options, clock: &Clock) -> Result<Option<LogGuard>> {
    let filter = EnvFilter::try_new(&options.log).map_err(|error| {
        TELEMETRY_UNUSABLE.because(
            format!(
                "telemetry.log: {:?} is no filter; write a level such as info or mainstay_sql=debug",
                options.log
            ),
            error,
        )
    })?;
    let on_terminal = std::io::stderr().is_terminal();
    let (writer, worker) = NonBlockingBuilder::default()
        .buffered_lines_limit(LINES_QUEUED_MAX)
        .lossy(true)
        .thread_name("log")
        .finish(std::io::stderr());
    let dropped = writer.error_counter();
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_timer(Time(clock.clone()));
    let json = match options.log_format {
        LogFormat::Auto => !on_terminal,
        LogFormat::Json => true,
        LogFormat::Text => false,
    };
    let subscriber = tracing_subscriber::registry().with(filter);
    let installed = if json {
        subscriber
            .with(lines.json().flatten_event(true).with_current_span(false).with_span_list(false))
            .try_init()
    } else {
        subscriber.with(lines.with_ansi(on_terminal)).try_init()
    };
    Ok(installed.is_ok().then_some(LogGuard { _worker: worker, dropped }))
}
