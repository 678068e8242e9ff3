//! What other processes send over OTLP.

use mainstay_core::Tasks;
use mainstay_observe::codes::NOT_RECEIVING;
use mainstay_observe::receive::Receiver;
use mainstay_observe::store::{LineQuery, TraceQuery};
use mainstay_telemetry::otlp;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

use crate::world::{World, span};

fn attribute(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

fn spans(spans: Vec<Span>) -> ExportTraceServiceRequest {
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(otlp::resource("elsewhere")),
            scope_spans: vec![ScopeSpans { spans, ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        }],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_come_in_over_grpc_masked_and_join_what_is_here() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::open(folder.path()).await;
    let receiver = Receiver::start(&world.store, "127.0.0.1:0", &Tasks::new()).await.unwrap();
    world.tell(vec![span(7, 1, None, "GET /v1/here")]).await;

    let mut written = world.store.written();
    let mut there = otlp::span(&span(7, 2, Some(1), "there"));
    there.attributes = vec![
        attribute("user", "ada@example.org"),
        attribute("authorization", "anything"),
        attribute("long", &"x".repeat(1_000_000)),
    ];
    let mut damaged = there.clone();
    damaged.trace_id = vec![1, 2, 3];
    let address = format!("http://{}", receiver.address());
    let mut client = TraceServiceClient::connect(address).await.unwrap();
    client.export(spans(vec![damaged, there])).await.unwrap();
    written.changed().await.unwrap();

    let trace = world.store.trace(&world.ctx, &format!("{:032x}", 7)).await.unwrap();
    assert_eq!(trace.spans, 2);
    let child = &trace.roots[0].children[0].span;
    assert_eq!((child.name.as_str(), child.service.as_str()), ("there", "elsewhere"));
    assert_eq!(
        (&child.attributes["user"], &child.attributes["authorization"]),
        (&"[mail]".into(), &"[masked]".into())
    );
    assert!(child.attributes["long"].as_str().is_some_and(|text| text.len() < 5_000));
    let found = world.store.traces(&world.ctx, TraceQuery::default()).await.unwrap();
    assert_eq!((found.len(), found[0].name.as_str(), found[0].complete), (1, "GET /v1/here", true));
    receiver.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_and_lines_come_in_over_http_too() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::open(folder.path()).await;
    let receiver = Receiver::start(&world.store, "127.0.0.1:0", &Tasks::new()).await.unwrap();
    let body = spans(vec![otlp::span(&span(8, 1, None, "over http"))]).encode_to_vec();
    assert_eq!(post(&receiver, "/v1/traces", &body), 200);
    let record = LogRecord {
        severity_number: 17,
        body: Some(AnyValue { value: Some(Value::StringValue("it broke for ada@example.org".into())) }),
        ..LogRecord::default()
    };
    let request = ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(otlp::resource("elsewhere")),
            scope_logs: vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }],
            ..ResourceLogs::default()
        }],
    };
    assert_eq!(post(&receiver, "/v1/logs", &request.encode_to_vec()), 200);
    assert_eq!(post(&receiver, "/v1/traces", b"no protobuf at all"), 400);
    assert_eq!(post(&receiver, "/v1/logs", &vec![0; 5 * 1024 * 1024]), 413);
    loop {
        let lines = world.store.lines(&world.ctx, LineQuery::default()).await.unwrap();
        let traces = world.store.traces(&world.ctx, TraceQuery::default()).await.unwrap();
        if lines.len() == 1 && traces.len() == 1 {
            assert_eq!(
                (lines[0].message.as_str(), lines[0].level.as_str()),
                ("it broke for [mail]", "error")
            );
            break;
        }
        tokio::task::yield_now().await;
    }
}

/// By hand over a socket, as a collector in any language does. The status.
fn post(receiver: &Receiver, path: &str, body: &[u8]) -> u16 {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(receiver.address()).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // A body that is too large may be refused before all of it was sent.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken_is_told_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::open(folder.path()).await;
    let first = Receiver::start(&world.store, "127.0.0.1:0", &Tasks::new()).await.unwrap();
    let again = Receiver::start(&world.store, &first.address().to_string(), &Tasks::new()).await;
    let error = again.map(drop).unwrap_err();
    assert!(error.is(&NOT_RECEIVING) && error.message().contains("telemetry.receive"), "{error}");
}
