//! Spans of one trace that came in together: as a row, and back.

use std::collections::HashSet;

use mainstay_core::{Result, Timestamp};
use mainstay_sql::{Row, Tx};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, TracesData, span::SpanKind};
use prost::Message;
use serde::Serialize;

use crate::store::intake::text_of;

/// More text of one fragment is not indexed; it is still shown.
const INDEXED_BYTES_MAX: usize = 16 * 1024;

/// One span as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoredSpan {
    #[serde(serialize_with = "hexadecimal")]
    pub span_id: u64,
    #[serde(serialize_with = "optional_hexadecimal")]
    pub parent: Option<u64>,
    pub service: String,
    pub name: String,
    pub kind: &'static str,
    pub started: Timestamp,
    pub length_us: u64,
    pub error: Option<String>,
    pub attributes: serde_json::Map<String, serde_json::Value>,
}

fn hexadecimal<S: serde::Serializer>(id: &u64, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("{id:016x}"))
}

fn optional_hexadecimal<S: serde::Serializer>(
    id: &Option<u64>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    match id {
        Some(id) => hexadecimal(id, serializer),
        None => serializer.serialize_none(),
    }
}

/// A row to be.
pub(super) struct Fragment {
    at: Timestamp,
    trace: Vec<u8>,
    started: i64,
    length: i64,
    root: bool,
    failed: bool,
    pub(super) spans: u32,
    name: String,
    service: String,
    words: String,
    pub(super) body: Vec<u8>,
}

impl Fragment {
    /// Of spans of one trace, each with its service; `None` of none.
    pub(super) fn new(spans: Vec<(String, Span)>, at: Timestamp) -> Option<Self> {
        // The one that the others are below: the first of its trace, or else the longest whose parent is elsewhere.
        let ids: HashSet<&[u8], foldhash::fast::RandomState> =
            spans.iter().map(|(_, span)| span.span_id.as_slice()).collect();
        let is_inner = |span: &Span| ids.contains(span.parent_span_id.as_slice());
        let (service, top) = spans.iter().min_by_key(|(_, span)| {
            (!span.parent_span_id.is_empty(), is_inner(span), std::cmp::Reverse(nanos(span)))
        })?;
        let (service, name) = (service.clone(), top.name.clone());
        let (root, length) = (top.parent_span_id.is_empty(), micros(nanos(top)));
        let started = spans.iter().map(|(_, span)| span.start_time_unix_nano).min().unwrap_or_default();
        let failed = spans.iter().any(|(_, span)| is_failed(span));
        let (trace, count) = (top.trace_id.clone(), spans.len());
        let words = words(&spans);
        Some(Self {
            at,
            trace,
            started: micros(started),
            length,
            root,
            failed,
            spans: u32::try_from(count).unwrap_or(u32::MAX),
            name,
            service,
            words,
            body: encode(spans),
        })
    }

    pub(super) fn insert(&self, tx: &Tx<'_>) -> Result<()> {
        const SQL: &str = "INSERT INTO observe_fragments
            (at, trace, started, length, root, failed, spans, name, service, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        tx.execute(
            SQL,
            &[
                self.at.into(),
                (&self.trace).into(),
                self.started.into(),
                self.length.into(),
                self.root.into(),
                self.failed.into(),
                self.spans.into(),
                (&self.name).into(),
                (&self.service).into(),
                (&self.body).into(),
            ],
        )?;
        let words = "INSERT INTO observe_fragment_words (rowid, text) VALUES (last_insert_rowid(), ?)";
        tx.execute(words, &[(&self.words).into()])?;
        Ok(())
    }
}

/// What a search may find a fragment by: names, services, what failed, and what the attributes say.
fn words(spans: &[(String, Span)]) -> String {
    let mut text = String::with_capacity(1024);
    let mut add = |word: &str| {
        if text.len() + word.len() < INDEXED_BYTES_MAX {
            text.push(' ');
            text.push_str(word);
        }
    };
    for (service, span) in spans {
        add(service);
        add(&span.name);
        if let Some(status) = &span.status {
            add(&status.message);
        }
        for one in &span.attributes {
            add(&one.key);
            match one.value.as_ref().and_then(|value| value.value.as_ref()) {
                Some(Value::StringValue(text)) => add(text),
                Some(Value::IntValue(number)) => add(&number.to_string()),
                _ => {}
            }
        }
    }
    text
}

fn encode(spans: Vec<(String, Span)>) -> Vec<u8> {
    let mut data = TracesData::default();
    for (service, span) in spans {
        // Spans of one service mostly follow each other.
        let known = data.resource_spans.last().and_then(|last| last.resource.as_ref());
        if known.and_then(|resource| text_of(&resource.attributes, mainstay_telemetry::SERVICE))
            != Some(&service)
        {
            data.resource_spans.push(ResourceSpans {
                resource: Some(mainstay_telemetry::otlp::resource(&service)),
                scope_spans: vec![ScopeSpans::default()],
                ..ResourceSpans::default()
            });
        }
        if let Some(scope) = data.resource_spans.last_mut().and_then(|last| last.scope_spans.last_mut()) {
            scope.spans.push(span);
        }
    }
    lz4_flex::compress_prepend_size(&data.encode_to_vec())
}

/// The spans of a row's body. A body that cannot be read has none: the rest of the trace is still worth showing.
pub fn decode(body: &[u8]) -> Vec<StoredSpan> {
    let Ok(bytes) = lz4_flex::decompress_size_prepended(body) else { return Vec::new() };
    let Ok(data) = TracesData::decode(bytes.as_slice()) else { return Vec::new() };
    let mut spans = Vec::new();
    for resource in data.resource_spans {
        let attributes = resource.resource.map(|resource| resource.attributes).unwrap_or_default();
        let service = text_of(&attributes, mainstay_telemetry::SERVICE).unwrap_or("unknown");
        spans.extend(
            resource.scope_spans.into_iter().flat_map(|scope| scope.spans).map(|span| shown(service, span)),
        );
    }
    spans
}

fn shown(service: &str, span: Span) -> StoredSpan {
    let failed = is_failed(&span);
    StoredSpan {
        span_id: id(&span.span_id).unwrap_or_default(),
        parent: id(&span.parent_span_id),
        service: service.to_owned(),
        kind: match SpanKind::try_from(span.kind) {
            Ok(SpanKind::Server) => "server",
            Ok(SpanKind::Client) => "client",
            Ok(SpanKind::Producer) => "producer",
            Ok(SpanKind::Consumer) => "consumer",
            Ok(SpanKind::Internal | SpanKind::Unspecified) | Err(_) => "internal",
        },
        started: Timestamp::from_micros(micros(span.start_time_unix_nano)),
        length_us: nanos(&span) / 1_000,
        error: failed.then(|| span.status.as_ref().map(|status| status.message.clone()).unwrap_or_default()),
        attributes: span
            .attributes
            .into_iter()
            .filter(|one| one.key != mainstay_telemetry::SERVICE)
            .map(|one| {
                let value = one.value.and_then(|value| value.value);
                (one.key, json(value))
            })
            .collect(),
        name: span.name,
    }
}

pub(super) fn json(value: Option<Value>) -> serde_json::Value {
    match value {
        Some(Value::StringValue(text)) => text.into(),
        Some(Value::IntValue(number)) => number.into(),
        Some(Value::DoubleValue(number)) => number.into(),
        Some(Value::BoolValue(flag)) => flag.into(),
        other => other.map_or(serde_json::Value::Null, |other| format!("{other:?}").into()),
    }
}

pub(super) fn id(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_be_bytes).filter(|id| *id != 0)
}

fn is_failed(span: &Span) -> bool {
    span.status.as_ref().is_some_and(|status| status.code == StatusCode::Error as i32)
}

fn nanos(span: &Span) -> u64 {
    span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano)
}

fn micros(nanos: u64) -> i64 {
    i64::try_from(nanos / 1_000).unwrap_or(i64::MAX)
}

/// What a row says beside its body.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) id: i64,
    pub(super) trace: Vec<u8>,
    pub(super) started: i64,
    pub(super) length: i64,
    pub(super) root: bool,
    pub(super) failed: bool,
    pub(super) spans: u32,
    pub(super) name: String,
    pub(super) service: String,
}

/// The columns of [`Head::read`].
pub(super) const HEAD: &str = "id, trace, started, length, root, failed, spans, name, service";

impl Head {
    pub(super) fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            trace: row.get(1)?,
            started: row.get(2)?,
            length: row.get(3)?,
            root: row.get(4)?,
            failed: row.get(5)?,
            spans: row.get(6)?,
            name: row.get(7)?,
            service: row.get(8)?,
        })
    }
}
