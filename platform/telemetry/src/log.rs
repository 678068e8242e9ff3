//! The log: lines on standard error, text for a person at a terminal and JSON for a collector, and the same lines for
//! whoever carries them away.
//!
//! A line is read once from what was logged, bounded and masked; see [`line`]. Lines for standard error are written by
//! one thread of its own behind a bounded queue. When that is full (a stuck terminal, a full pipe) lines are dropped and
//! counted: a log must not stop a shop.

mod format;
mod line;

use std::io::{IsTerminal, Write};

use mainstay_core::{Clock, Result};
use tracing::Subscriber;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

pub use line::Line;

use crate::feed::{self, Told};
use crate::options::{LogFormat, Options};
use crate::start::TELEMETRY_UNUSABLE;

/// A burst that a terminal can show within a second, at some 200 bytes a line four megabytes.
const LINES_QUEUED_MAX: usize = 20_000;

/// Ends the writer on drop, after the lines that wait are written.
pub(crate) struct LogGuard {
    _worker: WorkerGuard,
    pub(crate) dropped: ErrorCounter,
}

/// Installs the process's log. `None` when one was installed before; then that one goes on.
pub(crate) fn install(options: &Options, clock: &Clock) -> Result<Option<LogGuard>> {
    let shown = filter("telemetry.log", &options.log)?;
    let kept = filter("telemetry.keep", &options.keep)?;
    let on_terminal = std::io::stderr().is_terminal();
    let (writer, worker) = NonBlockingBuilder::default()
        .buffered_lines_limit(LINES_QUEUED_MAX)
        .lossy(true)
        .thread_name("log")
        .finish(std::io::stderr());
    let dropped = writer.error_counter();
    let json = match options.log_format {
        LogFormat::Auto => !on_terminal,
        LogFormat::Json => true,
        LogFormat::Text => false,
    };
    let show = Show { clock: clock.clone(), writer, json, coloured: on_terminal && !json };
    let keep = Keep { clock: clock.clone() };
    let installed =
        tracing_subscriber::registry().with(show.with_filter(shown)).with(keep.with_filter(kept)).try_init();
    Ok(installed.is_ok().then_some(LogGuard { _worker: worker, dropped }))
}

fn filter(key: &str, text: &str) -> Result<EnvFilter> {
    EnvFilter::try_new(text).map_err(|error| {
        TELEMETRY_UNUSABLE.because(
            format!("{key}: {text:?} is no filter; write a level such as info or mainstay_sql=debug"),
            error,
        )
    })
}

/// Writes lines to standard error.
struct Show {
    clock: Clock,
    writer: NonBlocking,
    json: bool,
    coloured: bool,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Show {
    fn on_event(&self, event: &tracing::Event<'_>, _ctx: Context<'_, S>) {
        let line = Line::read(event, self.clock.now());
        let text = if self.json { format::json(&line) } else { format::text(&line, self.coloured) };
        // The writer never fails: what it cannot take it drops and counts.
        let _ = self.writer.clone().write_all(text.as_bytes());
    }
}

/// Hands lines to whoever carries them away.
struct Keep {
    clock: Clock,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Keep {
    fn on_event(&self, event: &tracing::Event<'_>, _ctx: Context<'_, S>) {
        if feed::is_wanted() && !is_the_carriers_own(event.metadata().target()) {
            feed::tell(&Told::Line(Line::read(event, self.clock.now()).into()));
        }
    }
}

/// What carries lines away would carry its own lines too, each causing the next.
fn is_the_carriers_own(target: &str) -> bool {
    ["h2", "hyper", "tonic", "tower"].iter().any(|own| target.starts_with(own))
}
