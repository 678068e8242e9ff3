//! The innermost: the services' routes.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use futures::FutureExt;
use tower::Service;
use tower::layer::layer_fn;

use crate::metrics::{Metrics, RouteMetrics};
use crate::visit::{Exchange, Visit};

/// The router, every route of it tagged with its metrics.
pub(crate) struct Routes {
    router: Router,
}

impl Routes {
    pub(super) fn new(router: Router, metrics: &Metrics) -> Self {
        let metrics = metrics.clone();
        let tag = layer_fn(move |route| Tagged { route, metrics: metrics.clone(), handles: Arc::default() });
        // Applying the state, empty as it is, turns handlers into routes now; else axum would do it, and call the
        // layer, for each request.
        Self { router: router.layer(tag).with_state(()) }
    }

    /// What the route answers; the request is spent.
    pub(super) fn call(&self, exchange: &mut Exchange) -> impl Future<Output = Response> + Send + use<> {
        let answer = self.router.clone().call(std::mem::take(&mut exchange.request));
        answer.map(|Ok(response)| response)
    }
}

/// One route of one method. It finds its metrics on the first request and then only points at them.
#[derive(Clone)]
struct Tagged<R> {
    route: R,
    metrics: Metrics,
    handles: Arc<OnceLock<Arc<RouteMetrics>>>,
}

impl<R> Service<Request> for Tagged<R>
where
    R: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = R::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.route.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> R::Future {
        let extensions = request.extensions();
        if let (Some(visit), Some(path)) = (extensions.get::<Arc<Visit>>(), extensions.get::<MatchedPath>()) {
            let handles = self
                .handles
                .get_or_init(|| self.metrics.route(format!("{} {}", request.method(), path.as_str())));
            // Routers may be nested; the outermost match is the one with the whole pattern.
            let _ = visit.route.set(Arc::clone(handles));
        }
        self.route.call(request)
    }
}
