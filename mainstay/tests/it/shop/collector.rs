//! A collector of traces, as any backend runs one: spans come in by OTLP over gRPC, from every process.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use mainstay_core::TraceContext;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

use super::client::spawn;

/// One span as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub span: Span,
    /// The connection that it came over: each process has its own.
    pub process: Option<SocketAddr>,
}

impl Seen {
    /// The attribute as text; empty when it is not there.
    pub fn attribute(&self, key: &str) -> String {
        let value = self.span.attributes.iter().find(|attribute| attribute.key == key);
        match value.and_then(|attribute| attribute.value.as_ref()?.value.as_ref()) {
            Some(Value::StringValue(text)) => text.clone(),
            Some(Value::IntValue(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    pub fn is(&self, kind: SpanKind) -> bool {
        self.span.kind() == kind
    }

    pub fn is_child_of(&self, parent: &Self) -> bool {
        self.span.parent_span_id == parent.span.span_id
    }
}

/// The server and what it was sent.
pub struct Collector {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Collector {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let service = TraceServiceServer::new(Service(Arc::clone(&seen)));
        let serving = spawn(async move {
            let server = tonic::transport::Server::builder().add_service(service);
            server.serve_with_incoming(TcpListenerStream::new(listener)).await.unwrap();
        });
        Self { address, seen, serving }
    }

    /// What `telemetry.otlp` is set to.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that came, of all traces.
    pub fn all(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The spans of one trace.
    pub fn of(&self, trace: TraceContext) -> Vec<Seen> {
        let id = trace.trace_id.to_be_bytes();
        self.all().into_iter().filter(|seen| seen.span.trace_id == id).collect()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

struct Service(Arc<Mutex<Vec<Seen>>>);

#[tonic::async_trait]
impl TraceService for Service {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let process = request.remote_addr();
        let spans = request
            .into_inner()
            .resource_spans
            .into_iter()
            .flat_map(|resource| resource.scope_spans)
            .flat_map(|scope| scope.spans)
            .map(|span| Seen { span, process });
        self.0.lock().unwrap().extend(spans);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}
