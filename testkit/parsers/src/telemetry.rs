//! What processes tell about themselves: masked text, scrapes, OTLP, and stored rows.

use std::sync::OnceLock;

use mainstay_core::{Clock, Timestamp};
use mainstay_observe::parsers::{decode, made_of};
use mainstay_observe::store::Incoming;
use mainstay_telemetry::{exposition, mask};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use crate::choose;

pub fn feed(bytes: &[u8]) {
    let Some((choice, rest)) = choose(bytes, 7) else { return };
    match choice {
        0 => spans(rest),
        1 => lines(rest),
        2 => metrics(rest),
        3 => drop(decode(rest)),
        _ => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            match choice {
                4 => masks(text),
                5 => secrets(text),
                _ => scrapes(text),
            }
        }
    }
}

fn clock() -> &'static Clock {
    static CLOCK: OnceLock<Clock> = OnceLock::new();
    CLOCK.get_or_init(|| Clock::manual(Timestamp::from_micros(1_900_000_000_000_000)).0)
}

/// Every span with ids that are ids is kept, in rows that can be read again.
fn spans(bytes: &[u8]) {
    let Ok(request) = ExportTraceServiceRequest::decode(bytes) else { return };
    let spans = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
    let usable = spans
        .flat_map(|scope| &scope.spans)
        .filter(|span| span.trace_id.len() == 16 && span.span_id.len() == 8)
        .count();
    let made = made_of(Incoming::Spans(request.resource_spans), clock());
    let kept: usize = made.rows.iter().map(|(spans, _)| *spans as usize).sum();
    assert_eq!(kept, usable);
    for (spans, body) in &made.rows {
        assert_eq!(decode(body).len(), *spans as usize);
    }
}

fn lines(bytes: &[u8]) {
    let Ok(request) = ExportLogsServiceRequest::decode(bytes) else { return };
    let scopes = request.resource_logs.iter().flat_map(|resource| &resource.scope_logs);
    let sent: usize = scopes.map(|scope| scope.log_records.len()).sum();
    assert_eq!(made_of(Incoming::Lines(request.resource_logs), clock()).lines, sent);
}

fn metrics(bytes: &[u8]) {
    let Ok(request) = ExportMetricsServiceRequest::decode(bytes) else { return };
    let made = made_of(Incoming::Metrics(request.resource_metrics), clock());
    assert!(made.series <= 10_000);
}

/// What is masked is masked to the end: looking once more finds nothing that a first look let through whole.
fn masks(text: &str) {
    let masked = mask::text(text);
    let _ = mask::is_secret_name(text);
    if masked == text {
        assert_eq!(mask::text(&masked), text);
    }
    assert!(masked.len() <= text.len() * 12 + 64);
}

/// A secret between any two texts is not told.
fn secrets(text: &str) {
    let (before, after) = text.split_once('\0').unwrap_or((text, ""));
    for (secret, told) in [
        ("ada@example.org", "ada@"),
        ("4242 4242 4242 4242", "4242 4242 4242 4242"),
        ("msk_mfrggzdfmztwq2lknnwg23tp", "mfrggzdfmztwq2lk"),
        ("eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.sig", "eyJhbGciOiJFZERTQSJ9"),
    ] {
        let given = format!("{before} {secret} {after}");
        let masked = mask::text(&given);
        // What stands around it may itself be the same text, or a part of a longer number.
        let is_around = before.contains(told) || after.contains(told);
        let goes_on = secret.starts_with('4')
            && (before.ends_with(|letter: char| letter.is_ascii_digit() || letter == '-' || letter == ' ')
                || after
                    .starts_with(|letter: char| letter.is_ascii_digit() || letter == '-' || letter == ' '));
        assert!(is_around || goes_on || !masked.contains(told), "{given:?} became {masked:?}");
    }
}

/// Every part of a sample is a part of its line.
fn scrapes(text: &str) {
    for sample in exposition::read(text) {
        assert!(text.contains(sample.name) && text.contains(sample.labels));
        assert!(!sample.name.is_empty() || sample.labels.is_empty() || text.contains('{'));
        for (name, value) in exposition::labels(sample.labels) {
            assert!(sample.labels.contains(name) && value.len() <= sample.labels.len());
        }
    }
    let _ = exposition::labels(text);
}
