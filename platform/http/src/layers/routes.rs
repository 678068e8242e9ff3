//! The innermost: the services' routes.
//!
//! Described routes ([`Routes`](crate::Routes)) are looked up once, in a table that also has the rules of each, and are
//! called as they are. A router of axum's is asked for what is not among them.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use http::header::{ALLOW, CONTENT_LENGTH};
use http::{HeaderValue, Method, StatusCode};
use mainstay_core::{Clock, Result, codes};
use percent_encoding::percent_decode_str;
use tower::Service;
use tower::layer::layer_fn;

use crate::metrics::RouteMetrics;
use crate::policy::{Policy, Table};
use crate::visit::{Exchange, Visit};

/// What answers the requests of a route.
pub(crate) type Handling = Arc<dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync>;

/// A described route, ready to be called.
#[derive(Clone)]
pub(crate) struct Handled {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) handling: Handling,
}

/// Routes whose requests are counted, timed and logged under the route that they matched. [`Routes`](crate::Routes) are so
/// by themselves; a router of axum's gets a layer for it.
#[derive(Clone, Default)]
pub struct Labelled {
    described: Vec<Handled>,
    others: Router,
}

impl Labelled {
    pub(crate) fn new(described: Vec<Handled>) -> Self {
        Self { described, others: Router::new() }
    }

    /// These routes and others.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.described.extend(other.described);
        self.others = self.others.merge(other.others);
        self
    }
}

impl From<Router> for Labelled {
    fn from(router: Router) -> Self {
        Self { described: Vec::new(), others: router.layer(layer_fn(Labelling::new)) }
    }
}

impl fmt::Debug for Labelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let described = self.described.iter().map(|route| format!("{} {}", route.method, route.path));
        f.debug_list().entries(described).finish_non_exhaustive()
    }
}

/// One route of one method, with its rules.
struct Route {
    method: Method,
    policy: Arc<Policy>,
    handling: Handling,
    /// What it is counted under.
    name: String,
    metrics: OnceLock<Arc<RouteMetrics>>,
}

/// The methods that one address takes.
struct Address {
    routes: Vec<Arc<Route>>,
    allow: HeaderValue,
}

impl Address {
    fn route(&self, method: &Method) -> Option<&Arc<Route>> {
        let of = |method: &Method| self.routes.iter().find(|route| route.method == *method);
        // Who may read an answer may also ask how long it is.
        of(method).or_else(|| if *method == Method::HEAD { of(&Method::GET) } else { None })
    }
}

/// The route that a request is for. The parts of its path that the route leaves open are in its [`Visit`].
pub(crate) struct Found(Arc<Route>);

/// The routes and their rules, ready to be asked.
pub(crate) struct Routes {
    addresses: matchit::Router<Address>,
    others: Router,
    policies: Arc<Table>,
    clock: Clock,
}

impl Routes {
    /// # Errors
    /// `core.internal` for two routes of one address, or an address that cannot be.
    pub(super) fn new(routes: Labelled, policies: Arc<Table>, clock: Clock) -> Result<Self> {
        let mut by_path = BTreeMap::<&str, Vec<Arc<Route>>>::new();
        for Handled { method, path, handling } in routes.described {
            // A pattern is an address of its own: what it is for whoever asks for it, it is for what is asked by it.
            let policy = Arc::clone(policies.find(&method, path));
            let of_path = by_path.entry(path).or_default();
            let name = format!("{method} {path}");
            if of_path.iter().any(|route| route.method == method) {
                return Err(codes::INTERNAL.error(format!("there are two routes {name}")));
            }
            of_path.push(Arc::new(Route { method, policy, handling, name, metrics: OnceLock::new() }));
        }
        let mut addresses = matchit::Router::new();
        for (path, routes) in by_path {
            let methods = routes.iter().flat_map(|route| {
                let head = (route.method == Method::GET).then_some("HEAD");
                [Some(route.method.as_str()), head]
            });
            let allow = methods.flatten().collect::<Vec<_>>().join(",");
            let allow = HeaderValue::from_str(&allow)
                .map_err(|error| codes::INTERNAL.because(format!("{path} has a strange method"), error))?;
            addresses.insert(path, Address { routes, allow }).map_err(|error| {
                codes::INTERNAL.because(format!("{path} is no address of a route"), error)
            })?;
        }
        // Applying the state, empty as it is, turns handlers into routes now; else axum would do it, and call the
        // layer, for each request.
        Ok(Self { addresses, others: routes.others.with_state(()), policies, clock })
    }

    /// Finds the route that is asked for, and its rules.
    pub(super) fn find(&self, exchange: &mut Exchange) {
        let (method, path) = (exchange.request.method(), exchange.request.uri().path());
        let found = self.addresses.at(path).ok();
        let route = found.as_ref().and_then(|found| found.value.route(method));
        let policy = match (&found, route) {
            (Some(found), Some(route)) => {
                let metrics = || exchange.visit.metrics.route(route.name.clone());
                let _ = exchange.visit.route.set(Arc::clone(route.metrics.get_or_init(metrics)));
                let _ = exchange.visit.places.set(places(&found.params));
                exchange.found = Some(Found(Arc::clone(route)));
                &route.policy
            }
            _ => self.policies.find(method, path),
        };
        if let Some(limit) = policy.time_limit {
            exchange.deadline = self.clock.monotonic() + limit;
        }
        exchange.policy = Arc::clone(policy);
    }

    /// What the route answers; the request is spent.
    pub(super) async fn call(&self, exchange: &mut Exchange) -> Response {
        let request = std::mem::take(&mut exchange.request);
        let Some(Found(route)) = &exchange.found else { return self.call_another(request).await };
        (route.handling)(request).await
    }

    #[cold]
    fn call_another(&self, request: Request) -> BoxFuture<'static, Response> {
        if let Ok(address) = self.addresses.at(request.uri().path()) {
            let refusal = (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, address.value.allow.clone())]);
            return Box::pin(std::future::ready(refusal.into_response()));
        }
        let answer = self.others.clone().call(request);
        Box::pin(async move {
            let Ok(response) = answer.await;
            response
        })
    }
}

/// The parts of a path that a pattern leaves open, as they were meant. One that is no text stays as it was sent, and names
/// nothing.
fn places(params: &matchit::Params<'_, '_>) -> Box<[Box<str>]> {
    let meant = |(_, value): (&str, &str)| match percent_decode_str(value).decode_utf8() {
        Ok(text) => text.into(),
        Err(_) => value.into(),
    };
    // As many as there will be: an iterator that does not say so would make the list grow and shrink.
    let mut places = Vec::with_capacity(params.len());
    places.extend(params.iter().map(meant));
    places.into_boxed_slice()
}

/// An answer to HEAD says how long that to GET would be, and has no body.
pub(super) fn without_body(exchange: &Exchange, response: &mut Response) {
    if exchange.noted.method != Method::HEAD {
        return;
    }
    let is_empty_by_status = matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    // A router of axum's has taken the body off, and has said how long it was if that was known.
    let is_whole = |length: u64| length > 0 || exchange.found.is_some();
    let length = response.body().size_hint().exact().filter(|length| is_whole(*length));
    if let Some(length) = length.filter(|_| !is_empty_by_status) {
        response.headers_mut().entry(CONTENT_LENGTH).or_insert_with(|| HeaderValue::from(length));
    }
    *response.body_mut() = Body::empty();
}

/// The metrics of one route of axum's: found by its first request, and from then on only pointed at.
#[derive(Clone, Default)]
struct Label(Arc<OnceLock<Arc<RouteMetrics>>>);

impl Label {
    fn tell(&self, request: &Request) {
        let extensions = request.extensions();
        if let (Some(visit), Some(path)) = (extensions.get::<Arc<Visit>>(), extensions.get::<MatchedPath>()) {
            let metrics = || visit.metrics.route(format!("{} {}", request.method(), path.as_str()));
            // Routers may be nested; the outermost match is the one with the whole pattern.
            let _ = visit.route.set(Arc::clone(self.0.get_or_init(metrics)));
        }
    }
}

/// A route of axum's that tells its requests their route.
#[derive(Clone)]
struct Labelling<R> {
    inner: R,
    label: Label,
}

impl<R> Labelling<R> {
    fn new(inner: R) -> Self {
        Self { inner, label: Label::default() }
    }
}

impl<R> Service<Request> for Labelling<R>
where
    R: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = R::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> R::Future {
        self.label.tell(&request);
        self.inner.call(request)
    }
}
