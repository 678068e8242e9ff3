//! What comes in, brought to the form in which it is kept: bounded, masked, with a service on every span.

use std::collections::HashMap;

use mainstay_core::{Clock, Timestamp};
use mainstay_telemetry::{FinishedSpan, SERVICE, Told, mask, otlp};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs};
use opentelemetry_proto::tonic::metrics::v1::ResourceMetrics;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};

use crate::store::foreign::Foreign;
use crate::store::fragment::Fragment;
use crate::store::line::NewLine;

/// More attributes of one foreign span or line are cut off.
const ATTRIBUTES_MAX: usize = 64;

/// A longer text of a foreign span or line is cut.
const TEXT_BYTES_MAX: usize = 4 * 1024;

/// Spans of one trace in one row; a larger batch becomes several.
const SPANS_OF_FRAGMENT_MAX: usize = 1_000;

/// What another process sent, as it came.
#[derive(Debug)]
pub enum Incoming {
    Spans(Vec<ResourceSpans>),
    Lines(Vec<ResourceLogs>),
    Metrics(Vec<ResourceMetrics>),
}

/// What is to be written.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) fragments: Vec<Fragment>,
    pub(super) lines: Vec<NewLine>,
}

impl Batch {
    /// How many spans and lines are in it.
    pub(super) fn weight(&self) -> u64 {
        self.spans() + self.lines.len() as u64
    }

    pub(super) fn spans(&self) -> u64 {
        self.fragments.iter().map(|fragment| u64::from(fragment.spans)).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fragments.is_empty() && self.lines.is_empty()
    }

    /// Adds what this process told; masked and bounded already.
    pub(super) fn add_own(&mut self, told: &Told, service: &str, at: Timestamp) {
        match told {
            Told::Spans(spans) => {
                let services = services(spans, service);
                for (spans, services) in
                    spans.chunks(SPANS_OF_FRAGMENT_MAX).zip(services.chunks(SPANS_OF_FRAGMENT_MAX))
                {
                    let spans = services
                        .iter()
                        .zip(spans)
                        .map(|(service, span)| (service.to_string(), otlp::span(span)));
                    self.fragments.extend(Fragment::new(spans.collect(), at));
                }
            }
            Told::Line(line) => self.lines.push(NewLine::own(line, service, at)),
        }
    }

    /// Adds log lines of another process.
    pub(super) fn add_lines(&mut self, resources: Vec<ResourceLogs>, at: Timestamp) {
        for mut resource in resources {
            let service = service_of(resource.resource.take().map(|one| one.attributes));
            for scope in resource.scope_logs {
                let records = scope.log_records.into_iter().map(bounded_record);
                self.lines.extend(records.map(|record| NewLine::received(record, &service, at)));
            }
        }
    }

    /// Adds spans of another process.
    pub(super) fn add_spans(&mut self, resources: Vec<ResourceSpans>, at: Timestamp) {
        let mut traces: HashMap<Vec<u8>, Vec<(String, Span)>, foldhash::fast::RandomState> =
            HashMap::default();
        for mut resource in resources {
            let service = service_of(resource.resource.take().map(|one| one.attributes));
            for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                // Ids of any other length are no ids.
                if span.trace_id.len() == 16 && span.span_id.len() == 8 {
                    let own = text_of(&span.attributes, SERVICE).unwrap_or(&service).to_owned();
                    traces.entry(span.trace_id.clone()).or_default().push((own, bounded(span)));
                }
            }
        }
        for spans in traces.into_values() {
            let mut spans = spans.into_iter().peekable();
            while spans.peek().is_some() {
                let part = spans.by_ref().take(SPANS_OF_FRAGMENT_MAX).collect();
                self.fragments.extend(Fragment::new(part, at));
            }
        }
    }
}

/// What became of something that came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// For each row of spans how many are in it, and its body.
    pub rows: Vec<(u32, Vec<u8>)>,
    pub lines: usize,
    /// The series that are known by now.
    pub series: usize,
}

/// Brings one thing into the form in which it is kept, and keeps it nowhere.
pub fn made_of(incoming: Incoming, clock: &Clock) -> Made {
    let (mut batch, mut foreign) = (Batch::default(), Foreign::default());
    match incoming {
        Incoming::Spans(resources) => batch.add_spans(resources, clock.now()),
        Incoming::Lines(resources) => batch.add_lines(resources, clock.now()),
        Incoming::Metrics(resources) => foreign.take(resources, clock.monotonic()),
    }
    Made {
        rows: batch.fragments.into_iter().map(|row| (row.spans, row.body)).collect(),
        lines: batch.lines.len(),
        series: foreign.samples(clock.monotonic()).len(),
    }
}

/// The service of each span: its own word, or that of the nearest span above it, or the process.
fn services<'a>(spans: &'a [FinishedSpan], process: &'a str) -> Vec<&'a str> {
    let places: HashMap<u64, usize, foldhash::fast::RandomState> =
        spans.iter().enumerate().map(|(place, span)| (span.span_id, place)).collect();
    let service = |mut place: usize| {
        // No deeper than there are spans, should somebody's parents go in a circle.
        for _ in 0..spans.len() {
            if let Some(own) = spans[place].attribute(SERVICE) {
                return own;
            }
            match spans[place].parent.and_then(|parent| places.get(&parent)) {
                Some(above) => place = *above,
                None => break,
            }
        }
        process
    };
    (0..spans.len()).map(service).collect()
}

pub(super) fn service_of(attributes: Option<Vec<KeyValue>>) -> String {
    let attributes = attributes.unwrap_or_default();
    cut(text_of(&attributes, SERVICE).unwrap_or("unknown")).to_owned()
}

pub(super) fn text_of<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|one| one.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        any_value::Value::StringValue(text) => Some(text),
        _ => None,
    }
}

fn bounded(mut span: Span) -> Span {
    span.name = mask::text(cut(&span.name)).into_owned();
    span.trace_state.clear();
    span.links.clear();
    span.attributes = bounded_attributes(span.attributes);
    span.events.truncate(ATTRIBUTES_MAX);
    for event in &mut span.events {
        event.name = mask::text(cut(&event.name)).into_owned();
        event.attributes = bounded_attributes(std::mem::take(&mut event.attributes));
    }
    if let Some(status) = &mut span.status {
        status.message = mask::text(cut(&status.message)).into_owned();
    }
    span
}

fn bounded_record(mut record: LogRecord) -> LogRecord {
    record.attributes = bounded_attributes(record.attributes);
    record.body = record.body.map(|body| bounded_value("message", body));
    record
}

pub(super) fn bounded_attributes(mut attributes: Vec<KeyValue>) -> Vec<KeyValue> {
    attributes.truncate(ATTRIBUTES_MAX);
    for one in &mut attributes {
        one.key = cut(&one.key).to_owned();
        one.value = one.value.take().map(|value| bounded_value(&one.key, value));
    }
    attributes
}

fn bounded_value(key: &str, value: AnyValue) -> AnyValue {
    use any_value::Value;
    let text = match value.value {
        Some(Value::StringValue(text)) => text,
        Some(plain @ (Value::BoolValue(_) | Value::IntValue(_) | Value::DoubleValue(_))) => {
            return AnyValue { value: Some(plain) };
        }
        // Lists and maps are told as what they look like.
        other => format!("{other:?}"),
    };
    let told =
        if mask::is_secret_name(key) { "[masked]".to_owned() } else { mask::text(cut(&text)).into_owned() };
    AnyValue { value: Some(Value::StringValue(told)) }
}

pub(super) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}
