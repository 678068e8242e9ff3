//! Carries spans, lines and metrics to a collector over OTLP.
//!
//! It has a thread and a runtime of its own, so that a collector which is slow or away costs the process's workers
//! nothing. What the collector does not take is tried again a few times; meanwhile the queue fills, and what does not
//! fit is dropped and counted.

mod metrics;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use mainstay_core::{Clock, Result};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

use crate::feed::{self, Told};
use crate::otlp;
use crate::queue::Queue;
use crate::registry::Registry;
use crate::start::TELEMETRY_UNUSABLE;

/// Spans and lines that wait for the collector; more are dropped. At about 300 bytes each, three megabytes.
const WAITING_MAX: usize = 10_000;

/// Spans and lines in one request: some 150 kB.
const BATCH_MAX: usize = 512;

/// A collector that takes longer has not taken the batch.
const SEND_TIME_MAX: Duration = Duration::from_secs(5);

/// The waits between tries of one batch. After the last it is given up, or an old batch would keep new ones out.
const PAUSES: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// How often metrics are sent. What is sent counts from the start of the process, so one that is lost costs nothing.
const METRICS_EVERY: Duration = Duration::from_secs(15);

/// What waits is given up this long after the end was asked for: an unreachable collector must not hold up the end of
/// a process.
const FLUSH_TIME_MAX: Duration = Duration::from_secs(2);

/// The thread that carries; dropping it sends what waits.
pub(crate) struct Exporter {
    queue: Arc<Queue<Told>>,
    figures: Arc<Figures>,
    ended: mpsc::Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

/// What became of spans and lines on their way out.
pub(crate) struct Figures {
    queue: Arc<Queue<Told>>,
    sent: AtomicU64,
    given_up: AtomicU64,
    // Whose metrics are sent; known only after the exporter has begun.
    registry: OnceLock<Registry>,
}

impl Figures {
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.queue.dropped() + self.given_up.load(Ordering::Relaxed)
    }
}

impl Exporter {
    /// Begins to carry what the process tells to the collector at `address`.
    pub(crate) fn start(address: &str, clock: &Clock, service: &'static str) -> Result<Self> {
        let unusable = |error: Box<dyn std::error::Error + Send + Sync>| {
            TELEMETRY_UNUSABLE.because(
                format!("telemetry.otlp: {address:?} is no collector's address; write one such as http://127.0.0.1:4317"),
                error,
            )
        };
        let endpoint = Endpoint::from_shared(address.to_owned()).map_err(|error| unusable(error.into()))?;
        if endpoint.uri().scheme().is_none() || endpoint.uri().host().is_none() {
            return Err(unusable("it has no scheme or no host".into()));
        }
        let endpoint = endpoint.timeout(SEND_TIME_MAX).connect_timeout(SEND_TIME_MAX);
        let queue = feed::subscribe(WAITING_MAX);
        let figures = Arc::new(Figures {
            queue: Arc::clone(&queue),
            sent: AtomicU64::new(0),
            given_up: AtomicU64::new(0),
            registry: OnceLock::new(),
        });
        let (told, ended) = mpsc::channel();
        let carrier = Carrier {
            queue: Arc::clone(&queue),
            figures: Arc::clone(&figures),
            clock: clock.clone(),
            service,
            began: otlp::nanos(clock.now().as_micros()),
            failing: false,
        };
        let thread = std::thread::Builder::new().name("otlp".into()).spawn(move || {
            if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
                runtime.block_on(carrier.run(&endpoint));
            }
            // Whoever waits for the end may have given up.
            let _ = told.send(());
        });
        let thread =
            thread.map_err(|error| TELEMETRY_UNUSABLE.because("a thread cannot be started", error))?;
        Ok(Self { queue, figures, ended, thread: Some(thread) })
    }

    pub(crate) fn figures(&self) -> Arc<Figures> {
        Arc::clone(&self.figures)
    }

    /// Sends the metrics of `registry` from now on; a second one is not sent.
    pub(crate) fn carry(&self, registry: &Registry) {
        // Several hosts in one process are a matter of tests.
        let _ = self.figures.registry.set(registry.clone());
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        feed::unsubscribe(&self.queue);
        if self.ended.recv_timeout(FLUSH_TIME_MAX).is_ok()
            && let Some(thread) = self.thread.take()
        {
            // It has said that it ends; a panic in it was told already.
            let _ = thread.join();
        }
    }
}

struct Carrier {
    queue: Arc<Queue<Told>>,
    figures: Arc<Figures>,
    clock: Clock,
    service: &'static str,
    // In nanoseconds since 1970.
    began: u64,
    failing: bool,
}

impl Carrier {
    async fn run(mut self, endpoint: &Endpoint) {
        let channel = endpoint.connect_lazy();
        let mut metrics_at = self.clock.monotonic() + METRICS_EVERY;
        loop {
            let taken = tokio::select! {
                biased;
                () = self.clock.sleep_until(metrics_at) => {
                    metrics_at = self.clock.monotonic() + METRICS_EVERY;
                    self.send_metrics(&channel).await;
                    continue;
                }
                taken = self.queue.take(BATCH_MAX) => taken,
            };
            let Some(taken) = taken else { break };
            let weight: usize = taken.iter().map(Told::weight).sum();
            let batch = Batch::of(&taken, self.service);
            let outcome = self.send(&channel, &batch).await;
            let counter = if outcome.is_ok() { &self.figures.sent } else { &self.figures.given_up };
            counter.fetch_add(weight as u64, Ordering::Relaxed);
            self.tell(outcome);
        }
        // How it ended: what was counted since the last time.
        if !self.failing {
            self.send_metrics(&channel).await;
        }
    }

    /// Once; the next time they are sent anew.
    async fn send_metrics(&mut self, channel: &Channel) {
        let Some(registry) = self.figures.registry.get() else { return };
        let span = metrics::Span { began: self.began, read: otlp::nanos(self.clock.now().as_micros()) };
        let metrics = metrics::of_scrape(&registry.encode(), span);
        let resource_metrics = vec![ResourceMetrics {
            resource: Some(otlp::resource(self.service)),
            scope_metrics: vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }],
            ..ResourceMetrics::default()
        }];
        let request = ExportMetricsServiceRequest { resource_metrics };
        let outcome = MetricsServiceClient::new(channel.clone()).export(request).await;
        // A collector may want traces alone.
        if let Err(status) = &outcome
            && status.code() == tonic::Code::Unimplemented
        {
            return;
        }
        self.tell(outcome.map(drop));
    }

    /// An outage is told when it begins and when it ends, not once a batch.
    fn tell(&mut self, outcome: Result<(), tonic::Status>) {
        match outcome {
            Ok(()) if self.failing => {
                tracing::info!("the collector takes spans, log lines and metrics again")
            }
            Err(status) if !self.failing => {
                tracing::warn!(%status, "the collector takes no spans, log lines and metrics; they are dropped, spans and lines counted");
                self.failing = true;
                return;
            }
            Ok(()) | Err(_) => return,
        }
        self.failing = false;
    }

    async fn send(&self, channel: &Channel, batch: &Batch) -> Result<(), tonic::Status> {
        let mut pauses = PAUSES.iter();
        loop {
            let status = match batch.send(channel).await {
                Ok(()) => return Ok(()),
                Err(status) => status,
            };
            // While it is known to be away, and at the end, one try must do.
            match pauses.next() {
                Some(pause) if !self.failing && may_pass(&status) && !self.queue.is_closed() => {
                    // The end cuts the pause short, or what waits behind this batch would be lost with it.
                    tokio::select! {
                        () = self.clock.sleep(*pause) => {}
                        () = self.queue.closed() => {}
                    }
                }
                _ => return Err(status),
            }
        }
    }
}

/// Whether the same batch may be taken later, by the list of OTLP. A collector that does not know a signal, such as one
/// for traces alone, never will.
fn may_pass(status: &tonic::Status) -> bool {
    matches!(
        status.code(),
        Code::Cancelled
            | Code::DeadlineExceeded
            | Code::ResourceExhausted
            | Code::Aborted
            | Code::OutOfRange
            | Code::Unavailable
            | Code::DataLoss
            // What the transport could not put into words.
            | Code::Unknown
    )
}

struct Batch {
    spans: Vec<ResourceSpans>,
    logs: Vec<ResourceLogs>,
}

impl Batch {
    fn of(told: &[Told], service: &str) -> Self {
        let (mut spans, mut lines): (Vec<Span>, Vec<LogRecord>) = (Vec::new(), Vec::new());
        for one in told {
            match one {
                Told::Spans(finished) => spans.extend(finished.iter().map(otlp::span)),
                Told::Line(line) => lines.push(otlp::log_record(line)),
            }
        }
        let resource = Some(otlp::resource(service));
        let spans = (!spans.is_empty()).then(|| ResourceSpans {
            resource: resource.clone(),
            scope_spans: vec![ScopeSpans { spans, ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        });
        let logs = (!lines.is_empty()).then(|| ResourceLogs {
            resource,
            scope_logs: vec![ScopeLogs { log_records: lines, ..ScopeLogs::default() }],
            ..ResourceLogs::default()
        });
        Self { spans: spans.into_iter().collect(), logs: logs.into_iter().collect() }
    }

    /// A batch that is sent again after half of it was taken is taken twice: collectors know spans by their ids.
    async fn send(&self, channel: &Channel) -> Result<(), tonic::Status> {
        if !self.spans.is_empty() {
            let request = ExportTraceServiceRequest { resource_spans: self.spans.clone() };
            TraceServiceClient::new(channel.clone()).export(request).await?;
        }
        if !self.logs.is_empty() {
            let request = ExportLogsServiceRequest { resource_logs: self.logs.clone() };
            LogsServiceClient::new(channel.clone()).export(request).await?;
        }
        Ok(())
    }
}
