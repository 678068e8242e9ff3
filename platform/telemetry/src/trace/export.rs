//! Where finished spans go: to a collector over OTLP, or into memory for a test.
//!
//! There is one recorder a process, as there is one standard error; it is set once and then only read.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mainstay_core::{Clock, Result};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SdkTracer, SdkTracerProvider, TracerProviderBuilder,
};

use crate::start::TELEMETRY_UNUSABLE;
use crate::trace::ids::FromContext;

/// Spans that wait for the collector; more are dropped. At about a kilobyte each, four megabytes.
const SPANS_QUEUED_MAX: usize = 4_096;

/// A collector that takes longer has its batch dropped, so that the queue moves on.
const EXPORT_TIME_MAX: Duration = Duration::from_secs(5);

static RECORDER: OnceLock<Recorder> = OnceLock::new();

pub(super) struct Recorder {
    pub(super) tracer: SdkTracer,
    provider: SdkTracerProvider,
    clock: Clock,
}

impl Recorder {
    /// The wall clock, `ago` earlier, as the SDK wants it.
    pub(super) fn time(&self, ago: Duration) -> SystemTime {
        let micros = u64::try_from((self.clock.now() - ago).as_micros()).unwrap_or_default();
        UNIX_EPOCH + Duration::from_micros(micros)
    }
}

pub(super) fn recorder() -> Option<&'static Recorder> {
    RECORDER.get()
}

pub(super) fn is_installed() -> bool {
    RECORDER.get().is_some()
}

/// Installs a recorder unless there is one; tells whether this one is it.
pub(super) fn install(builder: TracerProviderBuilder, clock: &Clock, service: &'static str) -> bool {
    let provider = builder
        .with_id_generator(FromContext)
        .with_resource(Resource::builder_empty().with_service_name(service).build())
        .build();
    let recorder = Recorder { tracer: provider.tracer("mainstay"), provider, clock: clock.clone() };
    RECORDER.set(recorder).is_ok()
}

/// Sends spans to the collector at `address`. Must be called within a runtime: the connection lives there.
pub(crate) fn otlp(address: &str, clock: &Clock, service: &'static str) -> Result<bool> {
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(address)
        .with_timeout(EXPORT_TIME_MAX)
        .build()
        .map_err(|error| {
            TELEMETRY_UNUSABLE.because(
                format!("telemetry.otlp: {address:?} is no collector's address; write one such as http://127.0.0.1:4317"),
                error,
            )
        })?;
    let queue = BatchConfigBuilder::default().with_max_queue_size(SPANS_QUEUED_MAX).build();
    let processor = BatchSpanProcessor::builder(exporter).with_batch_config(queue).build();
    Ok(install(SdkTracerProvider::builder().with_span_processor(processor), clock, service))
}

/// Sends what waits, for at most `limit`, and takes no more.
pub(crate) fn flush(limit: Duration) {
    if let Some(recorder) = recorder()
        && let Err(error) = recorder.provider.shutdown_with_timeout(limit)
    {
        tracing::warn!(%error, "the last spans did not reach the collector");
    }
}
