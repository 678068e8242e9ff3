//! OTLP in: what other processes tell, over gRPC and over HTTP on one port.
//!
//! It never refuses for being busy: what the queue does not take is dropped and counted, and the sender goes on. So a
//! store that is slow does not make other processes slow.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response as HttpResponse};
use axum::routing::post;
use mainstay_core::lifecycle::TaskHandle;
use mainstay_core::{Result, Shutdown, Tasks};
use mainstay_telemetry::Queue;
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
use prost::Message;
use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::{Request, Response, Status};

use crate::codes::NOT_RECEIVING;
use crate::store::{Incoming, Store};

/// The largest request: a batch of some ten thousand spans.
const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024;

const PROTOBUF: &str = "application/x-protobuf";

/// A port that takes OTLP in.
pub struct Receiver {
    address: SocketAddr,
    shutdown: Shutdown,
    task: TaskHandle<()>,
}

impl Receiver {
    /// Listens at `address`, port 0 takes a free one.
    ///
    /// # Errors
    /// `observe.not_receiving` when the address is taken or not ours.
    pub async fn start(store: &Store, address: &str, tasks: &Tasks) -> Result<Self> {
        let unusable = |error: std::io::Error| {
            NOT_RECEIVING.because(format!("telemetry.receive: {address:?} cannot be listened on"), error)
        };
        let listener = TcpListener::bind(address).await.map_err(unusable)?;
        let address = listener.local_addr().map_err(unusable)?;
        let shutdown = Shutdown::new();
        let (routes, ended) = (routes(store), shutdown.clone());
        let task = tasks.spawn("observe.receive", async move {
            let serving =
                axum::serve(listener, routes).with_graceful_shutdown(async move { ended.requested().await });
            if let Err(error) = serving.await {
                tracing::error!(%error, "OTLP is not received any more");
            }
        });
        Ok(Self { address, shutdown, task })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes nothing more in. Connections of senders stay open for ever, so they are cut.
    pub fn end(self) {
        self.shutdown.request();
        self.task.abort();
    }
}

fn routes(store: &Store) -> Router {
    let intake = Intake(Arc::clone(store.received()));
    let spans = TraceServiceServer::new(intake.clone()).max_decoding_message_size(REQUEST_BYTES_MAX);
    let lines = LogsServiceServer::new(intake.clone()).max_decoding_message_size(REQUEST_BYTES_MAX);
    let metrics = MetricsServiceServer::new(intake.clone()).max_decoding_message_size(REQUEST_BYTES_MAX);
    let over_http = Router::new()
        .route("/v1/traces", post(traces))
        .route("/v1/logs", post(logs))
        .route("/v1/metrics", post(measured))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(intake);
    Routes::new(spans).add_service(lines).add_service(metrics).prepare().into_axum_router().merge(over_http)
}

#[derive(Clone)]
struct Intake(Arc<Queue<Incoming>>);

impl Intake {
    fn spans(&self, request: ExportTraceServiceRequest) {
        let spans = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        let weight = spans.map(|scope| scope.spans.len()).sum();
        self.0.push(weight, Incoming::Spans(request.resource_spans));
    }

    fn lines(&self, request: ExportLogsServiceRequest) {
        let scopes = request.resource_logs.iter().flat_map(|resource| &resource.scope_logs);
        let weight = scopes.map(|scope| scope.log_records.len()).sum();
        self.0.push(weight, Incoming::Lines(request.resource_logs));
    }
}

impl Intake {
    fn metrics(&self, request: ExportMetricsServiceRequest) {
        let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
        let weight = scopes.map(|scope| scope.metrics.len()).sum();
        self.0.push(weight, Incoming::Metrics(request.resource_metrics));
    }
}

#[tonic::async_trait]
impl MetricsService for Intake {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.metrics(request.into_inner());
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl TraceService for Intake {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.spans(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Intake {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        self.lines(request.into_inner());
        Ok(Response::new(ExportLogsServiceResponse::default()))
    }
}

async fn traces(State(intake): State<Intake>, body: Bytes) -> HttpResponse {
    match ExportTraceServiceRequest::decode(body) {
        Ok(request) => intake.spans(request),
        Err(_) => return unreadable(),
    }
    taken(&ExportTraceServiceResponse::default())
}

async fn logs(State(intake): State<Intake>, body: Bytes) -> HttpResponse {
    match ExportLogsServiceRequest::decode(body) {
        Ok(request) => intake.lines(request),
        Err(_) => return unreadable(),
    }
    taken(&ExportLogsServiceResponse::default())
}

async fn measured(State(intake): State<Intake>, body: Bytes) -> HttpResponse {
    match ExportMetricsServiceRequest::decode(body) {
        Ok(request) => intake.metrics(request),
        Err(_) => return unreadable(),
    }
    taken(&ExportMetricsServiceResponse::default())
}

fn taken(answer: &impl Message) -> HttpResponse {
    ([(axum::http::header::CONTENT_TYPE, PROTOBUF)], answer.encode_to_vec()).into_response()
}

fn unreadable() -> HttpResponse {
    (axum::http::StatusCode::BAD_REQUEST, "write OTLP as protobuf").into_response()
}
