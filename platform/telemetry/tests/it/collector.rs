//! Spans, lines and metrics on their way to a collector over OTLP.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Clock, Context, Principal, Stopwatch, TenantId, TraceContext};
use mainstay_telemetry::{Options, Role, init, root_span, span};
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{LogsService, LogsServiceServer};
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

use crate::again;

struct Collector(mpsc::UnboundedSender<ExportTraceServiceRequest>);

struct LogCollector(mpsc::UnboundedSender<ExportLogsServiceRequest>);

struct MetricCollector(mpsc::UnboundedSender<ExportMetricsServiceRequest>);

#[tonic::async_trait]
impl MetricsService for MetricCollector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.0.send(request.into_inner()).map_err(|_| Status::unavailable("nobody looks"))?;
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl LogsService for LogCollector {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        self.0.send(request.into_inner()).map_err(|_| Status::unavailable("nobody looks"))?;
        Ok(Response::new(ExportLogsServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.send(request.into_inner()).map_err(|_| Status::unavailable("nobody looks"))?;
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn sampled() -> Context {
    Context::new(TenantId::SOLE, Principal::Service("test".into()), TraceContext::root(true))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_lines_and_metrics_arrive() {
    if !again::is_child() {
        again::run("collector::spans_lines_and_metrics_arrive");
        return;
    }
    let (sender, mut received) = mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let tasks = mainstay_core::Tasks::new();
    let (line_sender, mut lines) = mpsc::unbounded_channel();
    let (metric_sender, mut metrics) = mpsc::unbounded_channel();
    let collector = tonic::transport::Server::builder()
        .add_service(TraceServiceServer::new(Collector(sender)))
        .add_service(LogsServiceServer::new(LogCollector(line_sender)))
        .add_service(MetricsServiceServer::new(MetricCollector(metric_sender)));
    let serving = tasks.spawn("collector", collector.serve_with_incoming(TcpListenerStream::new(listener)));

    let options = Options { otlp: format!("http://{address}"), ..Options::default() };
    let guard = init(&options, &Clock::system(), "mainstay").expect("a recorder");
    let registry = mainstay_telemetry::Registry::new();
    guard.register(&registry);
    registry.counter("orders", "Orders", &[("country", "GB")]).inc_by(3);
    let ctx = sampled();
    let root = root_span(&ctx, Role::Server, "POST /v1/checkouts");
    drop(span(&root.context(), "reserve"));
    mainstay_core::work::traced(ctx.trace(), async { tracing::warn!(order.id = "ord_1", "held") }).await;
    drop(root);
    drop(guard);

    let export = received.recv().await.expect("an export");
    let resource = &export.resource_spans[0];
    let named = format!("{:?}", resource.resource);
    assert!(named.contains("service.name") && named.contains("mainstay"), "{named}");
    let spans = &resource.scope_spans[0].spans;
    assert_eq!(
        spans.iter().map(|span| span.name.as_str()).collect::<Vec<_>>(),
        ["reserve", "POST /v1/checkouts"]
    );
    assert_eq!(spans[0].parent_span_id, spans[1].span_id);
    assert_eq!(spans[1].span_id, ctx.trace().span_id.to_be_bytes());
    assert_eq!(spans[1].trace_id, ctx.trace().trace_id.to_be_bytes());

    let export = lines.recv().await.expect("an export of lines");
    let line = &export.resource_logs[0].scope_logs[0].log_records[0];
    assert_eq!(
        (line.severity_text.as_str(), line.trace_id.as_slice()),
        ("WARN", &ctx.trace().trace_id.to_be_bytes()[..])
    );
    assert!(format!("{:?}", line.attributes).contains("ord_1"));

    let export = metrics.recv().await.expect("an export of metrics");
    let told = &export.resource_metrics[0].scope_metrics[0].metrics;
    let orders = told.iter().find(|metric| metric.name == "mainstay_orders").expect("the counter");
    let orders = format!("{orders:?}");
    assert!(orders.contains("AsDouble(3.0)") && orders.contains("country"), "{orders}");
    serving.abort();
}

/// Takes connections and says nothing, for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_hangs_holds_nobody_up() {
    if !again::is_child() {
        again::run("collector::a_collector_that_hangs_holds_nobody_up");
        return;
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let options = Options { otlp: format!("http://{address}"), log: "off".to_owned(), ..Options::default() };
    let guard = init(&options, &Clock::system(), "mainstay").expect("a recorder");
    let registry = mainstay_telemetry::Registry::new();
    guard.register(&registry);
    let (watch, ctx) = (Stopwatch::start(), sampled());
    for _ in 0..50_000 {
        drop(span(&ctx, "work"));
    }
    assert!(watch.elapsed() < Duration::from_secs(10), "{:?}", watch.elapsed());
    let text = registry.encode();
    let dropped = text.lines().find_map(|line| line.strip_prefix("mainstay_export_dropped_total "));
    assert!(dropped.is_some_and(|count| count.parse::<u64>().is_ok_and(|count| count > 30_000)), "{text}");
    drop(guard);
    assert!(watch.elapsed() < Duration::from_secs(15), "{:?}", watch.elapsed());
    drop(listener);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_holds_nobody_up() {
    if !again::is_child() {
        again::run("collector::a_collector_that_is_away_holds_nobody_up");
        return;
    }
    // A port that was free a moment ago: nobody listens there.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let options = Options { otlp: format!("http://{address}"), log: "off".to_owned(), ..Options::default() };
    let guard = init(&options, &Clock::system(), "mainstay").expect("a recorder");
    let watch = Stopwatch::start();
    let ctx = Arc::new(sampled());
    for _ in 0..20_000 {
        drop(span(&ctx, "work"));
    }
    assert!(watch.elapsed() < Duration::from_secs(10), "{:?}", watch.elapsed());
    drop(guard);
    assert!(watch.elapsed() < Duration::from_secs(15), "{:?}", watch.elapsed());
}
