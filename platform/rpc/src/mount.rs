//! The callee's side: a service's contracts under its name, with every layer that a call passes on its way in.

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use futures::future::BoxFuture;
use http::{Request, Response};
use mainstay_core::{Clock, Context, Error, Principal, Result, TenantId, codes, work};
use mainstay_identity::Verifier;
use mainstay_telemetry::{Counter, Registry, Role, Text, span_as};
use tonic::body::Body;
use tonic::codegen::BoxFuture as HandlerFuture;
use tonic::server::NamedService;
use tower::Service;

use crate::channel::outcome_of;
use crate::codes::MOUNTED_TWICE;
use crate::descriptors;
use crate::layer::boundary::{self, GuardedBody};
use crate::layer::limit::{CALLS_MAX, Limit};
use crate::layer::metrics::{MethodFigures, Running, Side};
use crate::layer::{attempt, authorization, deadline, trace};
use crate::request::Caller;
use crate::status::status;

type Handler = Arc<dyn Fn(Request<Body>) -> HandlerFuture<Response<Body>, Infallible> + Send + Sync>;

/// One contract that a service implements.
pub struct RpcService {
    pub(crate) name: &'static str,
    pub(crate) descriptors: &'static [u8],
    handler: Handler,
}

impl RpcService {
    /// `server` is the generated server around the service's implementation; `descriptors` the `FILE_DESCRIPTOR_SET`
    /// of its contracts crate, from which methods are known and reflection answers.
    pub fn new<S>(server: S, descriptors: &'static [u8]) -> Self
    where
        S: Service<
                Request<Body>,
                Response = Response<Body>,
                Error = Infallible,
                Future = HandlerFuture<Response<Body>, Infallible>,
            > + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
    {
        // Generated servers are always ready; a clone counts up the reference to the implementation.
        Self { name: S::NAME, descriptors, handler: Arc::new(move |request| server.clone().call(request)) }
    }
}

struct Method {
    handler: Handler,
    figures: Arc<MethodFigures>,
}

/// A service in this process, as its callers reach it.
pub(crate) struct Mount {
    name: String,
    // The same, as spans want it.
    service: Text,
    contracts: Vec<(&'static str, &'static [u8])>,
    methods: HashMap<String, Method>,
    unknown: Arc<MethodFigures>,
    // `None` lets everybody in: for what tells nothing but health and shape.
    verifier: Option<Verifier>,
    limit: Limit,
    panics: Counter,
    clock: Clock,
}

impl Mount {
    pub(crate) fn new(
        name: &str,
        services: Vec<RpcService>,
        verifier: Option<Verifier>,
        clock: &Clock,
        registry: &Registry,
    ) -> Result<Self> {
        let registry = registry.scoped(name);
        let mut methods = HashMap::new();
        let mut contracts = Vec::with_capacity(services.len());
        for service in services {
            if contracts.iter().any(|(contract, _)| *contract == service.name) {
                return Err(MOUNTED_TWICE.error(format!("{name} brings the contract {} twice", service.name)));
            }
            contracts.push((service.name, service.descriptors));
            for path in descriptors::method_paths(service.name, service.descriptors)? {
                let figures = Arc::new(MethodFigures::new(&registry, Side::Callee, "", &path));
                methods.insert(path, Method { handler: Arc::clone(&service.handler), figures });
            }
        }
        Ok(Self {
            name: name.to_owned(),
            service: name.to_owned().into(),
            contracts,
            methods,
            unknown: Arc::new(MethodFigures::new(&registry, Side::Callee, "", "unknown")),
            verifier,
            limit: Limit::new(CALLS_MAX),
            panics: registry.counter("rpc_server_panics", "Handlers that panicked.", &[]),
            clock: clock.clone(),
        })
    }

    /// The names of its contracts, such as `shop.orders.v1.Orders`, with their descriptors.
    pub(crate) fn contracts(&self) -> &[(&'static str, &'static [u8])] {
        &self.contracts
    }

    /// Boxed, since a future is copied whole on each step of its way to where it is polled, and is part of its caller's.
    pub(crate) fn serve(self: Arc<Self>, request: Request<Body>) -> BoxFuture<'static, Response<Body>> {
        Box::pin(async move { self.answer(request).await })
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        // Metrics: outermost, so that what the layers below refuse is counted too. What no contract has is counted
        // under one name, for anybody can think up paths.
        let Some(method) = self.methods.get(request.uri().path()) else {
            self.unknown.begin().end(Some(codes::UNIMPLEMENTED.kind));
            return refusal(&codes::UNIMPLEMENTED.error(format!("{} has no such method", self.name)));
        };
        let mut running = method.figures.begin();

        // Panic boundary: around all the rest, so that the answer, its metrics and its caller see an ordinary failure.
        let outcome = {
            let admitted = pin!(self.admit(method, request, &mut running));
            boundary::guard(&self.panics, admitted).await.flatten()
        };

        let response = outcome.unwrap_or_else(|error| refusal(&error));
        running.end(outcome_of(&response));
        response
    }

    async fn admit(
        &self,
        method: &Method,
        mut request: Request<Body>,
        running: &mut Running,
    ) -> Result<Response<Body>> {
        // Concurrency: before anything that costs, so that refusing is cheap when it matters.
        let place = self.limit.enter()?;

        // Authorization: no token for this service, no context; the principal is what the token says and nothing else.
        let (tenant, principal, on_behalf_of) = match &self.verifier {
            Some(verifier) => {
                let claims = authorization::read(request.headers(), verifier)?;
                request.extensions_mut().insert(Caller(claims.issuer));
                (claims.tenant, claims.principal, claims.on_behalf_of)
            }
            None => (TenantId::SOLE, Principal::Service("outside".into()), None),
        };

        // Deadline: enforced here, whatever the caller does; the handler sees it in its context and passes it on.
        let left = deadline::read(request.headers())?;

        // Context and trace: what the handler works in.
        let attempt = attempt::read(request.headers());
        let trace = trace::read(request.headers());
        let deadline = self.clock.monotonic() + left;
        let ctx = Context::received(tenant, principal, on_behalf_of, trace, deadline, attempt);
        let mut span = span_as(&ctx, Role::Server, method.figures.span_name.clone());
        running.belongs_to(trace);
        trace::describe(&mut span, &self.name, &request);
        span.set_service(&self.service);
        if attempt > 1 || span.is_drawn() {
            span.set("rpc.attempt", i64::from(attempt));
        }
        let within = span.context();
        let own = within.trace();
        request.extensions_mut().insert(within);

        // Size: the generated server refuses a message above 4 MiB by its length, before it reads it.
        let handler = work::traced(own, (method.handler)(request));
        let outcome = self.clock.timeout(left, handler).await;
        let response = outcome.map(|answer| answer.unwrap_or_else(|never| match never {}));
        let response = trace::note(&mut span, response)?;
        Ok(response.map(|body| Body::new(GuardedBody::new(body, self.panics.clone(), place))))
    }
}

pub(crate) fn refusal(error: &Error) -> Response<Body> {
    status(error).into_http()
}
