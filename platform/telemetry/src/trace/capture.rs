//! Spans in memory, for tests that ask what was recorded.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use mainstay_core::Clock;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use parking_lot::Mutex;

use crate::trace::export;

/// The oldest spans are forgotten beyond this; a test looks at a handful.
const SPANS_KEPT_MAX: usize = 10_000;

static CAPTURED: OnceLock<Captured> = OnceLock::new();

/// One span as it was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct FinishedSpan {
    pub trace_id: u128,
    pub span_id: u64,
    /// `None` for the first of a trace.
    pub parent: Option<u64>,
    pub name: String,
    /// Keys and values in the order they were set.
    pub attributes: Vec<(String, String)>,
    /// The message of a failed span.
    pub error: Option<String>,
    /// End minus start, in microseconds of the recorder's clock.
    pub length_micros: u64,
}

impl FinishedSpan {
    /// The attribute's value.
    pub fn attribute(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// The spans of this process that have ended.
#[derive(Clone, Debug, Default)]
pub struct Captured(Arc<Mutex<VecDeque<FinishedSpan>>>);

impl Captured {
    /// Those of one trace, in the order in which they ended.
    pub fn of(&self, trace_id: u128) -> Vec<FinishedSpan> {
        self.0.lock().iter().filter(|span| span.trace_id == trace_id).cloned().collect()
    }
}

/// Keeps finished spans in memory from now on. For tests: asking again returns the same spans, and where an exporter
/// is installed already nothing arrives.
pub fn capture(clock: &Clock) -> Captured {
    CAPTURED
        .get_or_init(|| {
            let captured = Captured::default();
            let exporter = Memory(captured.clone());
            export::install(SdkTracerProvider::builder().with_simple_exporter(exporter), clock, "test");
            captured
        })
        .clone()
}

#[derive(Debug)]
struct Memory(Captured);

impl SpanExporter for Memory {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let mut kept = self.0.0.lock();
        for span in batch {
            if kept.len() >= SPANS_KEPT_MAX {
                kept.pop_front();
            }
            kept.push_back(read(&span));
        }
        Ok(())
    }
}

fn read(span: &SpanData) -> FinishedSpan {
    let parent = u64::from_be_bytes(span.parent_span_id.to_bytes());
    let length = span.end_time.duration_since(span.start_time).unwrap_or_default();
    FinishedSpan {
        trace_id: u128::from_be_bytes(span.span_context.trace_id().to_bytes()),
        span_id: u64::from_be_bytes(span.span_context.span_id().to_bytes()),
        parent: (parent != 0).then_some(parent),
        name: span.name.to_string(),
        attributes: span
            .attributes
            .iter()
            .map(|attribute| (attribute.key.to_string(), attribute.value.to_string()))
            .collect(),
        error: match &span.status {
            opentelemetry::trace::Status::Error { description } => Some(description.to_string()),
            opentelemetry::trace::Status::Unset | opentelemetry::trace::Status::Ok => None,
        },
        length_micros: u64::try_from(length.as_micros()).unwrap_or(u64::MAX),
    }
}
