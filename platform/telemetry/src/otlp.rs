//! Spans and lines in the words of OTLP, which is what processes speak with each other and with collectors.

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{Span, Status, span, status};
use tracing::Level;

use crate::log::Line;
use crate::text::Value;
use crate::trace::{FinishedSpan, Role, SERVICE};

/// Bit 0 of a span's flags: the trace is recorded.
const SAMPLED: u32 = 1;

pub fn resource(service: &str) -> Resource {
    Resource {
        attributes: vec![key_value(SERVICE, &Value::Text(service.to_owned().into()))],
        ..Resource::default()
    }
}

pub fn span(finished: &FinishedSpan) -> Span {
    let kind = match finished.role {
        Role::Internal => span::SpanKind::Internal,
        Role::Server => span::SpanKind::Server,
        Role::Client => span::SpanKind::Client,
        Role::Producer => span::SpanKind::Producer,
        Role::Consumer => span::SpanKind::Consumer,
    };
    let started = nanos(finished.started.as_micros());
    Span {
        trace_id: finished.trace_id.to_be_bytes().to_vec(),
        span_id: finished.span_id.to_be_bytes().to_vec(),
        parent_span_id: finished.parent.map(|id| id.to_be_bytes().to_vec()).unwrap_or_default(),
        flags: SAMPLED,
        name: finished.name.to_string(),
        kind: kind as i32,
        start_time_unix_nano: started,
        end_time_unix_nano: started.saturating_add(finished.length_micros.saturating_mul(1_000)),
        attributes: finished.attributes.iter().map(|(key, value)| key_value(key, value)).collect(),
        status: finished.error.as_ref().map(|message| Status {
            message: message.clone().into_owned(),
            code: status::StatusCode::Error as i32,
        }),
        ..Span::default()
    }
}

pub fn log_record(line: &Line) -> LogRecord {
    let at = nanos(line.at.as_micros());
    let mut attributes: Vec<KeyValue> =
        line.fields.iter().map(|(key, value)| key_value(key, value)).collect();
    attributes.push(key_value("target", &Value::Text(line.target.clone())));
    LogRecord {
        time_unix_nano: at,
        observed_time_unix_nano: at,
        severity_number: severity(line.level),
        severity_text: line.level.to_string(),
        body: Some(any(&Value::Text(line.message.clone().into()))),
        attributes,
        trace_id: line.trace_id.map(|id| id.to_be_bytes().to_vec()).unwrap_or_default(),
        span_id: line.span_id.map(|id| id.to_be_bytes().to_vec()).unwrap_or_default(),
        ..LogRecord::default()
    }
}

/// The first number of each level's range of four.
const fn severity(level: Level) -> i32 {
    match level {
        Level::ERROR => 17,
        Level::WARN => 13,
        Level::INFO => 9,
        Level::DEBUG => 5,
        Level::TRACE => 1,
    }
}

pub fn key_value(key: &str, value: &Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(any(value)), ..KeyValue::default() }
}

fn any(value: &Value) -> AnyValue {
    AnyValue {
        value: Some(match value {
            Value::Text(text) => any_value::Value::StringValue(text.to_string()),
            Value::Integer(number) => any_value::Value::IntValue(*number),
            Value::Real(number) => any_value::Value::DoubleValue(*number),
            Value::Id(id) => any_value::Value::StringValue(id.to_string()),
            Value::Flag(flag) => any_value::Value::BoolValue(*flag),
        }),
    }
}

pub fn nanos(micros: i64) -> u64 {
    u64::try_from(micros).unwrap_or_default().saturating_mul(1_000)
}
