//! The innermost: the services' routes, each of which tells the request its name.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::handler::Handler;
use axum::response::Response;
use futures::FutureExt;
use tower::Service;
use tower::layer::layer_fn;

use crate::metrics::RouteMetrics;
use crate::visit::{Exchange, Visit};

/// Routes whose requests are counted, timed and logged under the route that they matched. [`Routes`](crate::Routes) are so
/// by themselves; a router of axum's gets a layer for it, which costs each request two allocations more.
#[derive(Clone, Default)]
pub struct Labelled(Router);

impl Labelled {
    pub(crate) fn new(router: Router) -> Self {
        Self(router)
    }

    /// These routes and others.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        Self(self.0.merge(other.0))
    }
}

impl From<Router> for Labelled {
    fn from(router: Router) -> Self {
        Self(router.layer(layer_fn(Labelling::new)))
    }
}

impl fmt::Debug for Labelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Labelled").finish_non_exhaustive()
    }
}

/// The routes, ready to be asked.
pub(crate) struct Routes(Router);

impl Routes {
    pub(super) fn new(routes: Labelled) -> Self {
        // Applying the state, empty as it is, turns handlers into routes now; else axum would do it, and call the
        // layer, for each request.
        Self(routes.0.with_state(()))
    }

    /// What the route answers; the request is spent.
    pub(super) fn call(&self, exchange: &mut Exchange) -> impl Future<Output = Response> + Send + use<> {
        let answer = self.0.clone().call(std::mem::take(&mut exchange.request));
        answer.map(|Ok(response)| response)
    }
}

/// The metrics of one route of one method: found by its first request, and from then on only pointed at.
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

/// A handler, or a route of axum's, that tells its requests their route.
#[derive(Clone)]
pub(crate) struct Labelling<I> {
    inner: I,
    label: Label,
}

impl<H> Labelling<H> {
    pub(crate) fn new(inner: H) -> Self {
        Self { inner, label: Label::default() }
    }
}

impl<T, S, H: Handler<T, S>> Handler<T, S> for Labelling<H> {
    type Future = H::Future;

    fn call(self, request: Request, state: S) -> H::Future {
        self.label.tell(&request);
        self.inner.call(request, state)
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
