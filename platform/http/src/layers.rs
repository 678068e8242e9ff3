//! Everything that stands between the listener and a route, in one list.
//!
//! The layers are plain nested types whose futures need no boxes: stacking boxed ones gives half of the speed away.
//! Each has a file below `layers/`. A layer refuses by returning a [`Problem`]; `Problems` alone turns one into bytes.

mod authenticate;
mod deadline;
mod headers;
mod limit;
mod observe;
mod own;
mod panics;
mod problems;
mod routes;
mod shed;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use tower::ServiceBuilder;
use tower::layer::layer_fn;

use crate::app::Parts;
use crate::catalogue::Catalogue;
use crate::endpoints::Endpoints;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::visit::Exchange;

use authenticate::Authenticate;
use deadline::Deadline;
use headers::Headers;
use limit::Limit;
use observe::Observe;
use own::Own;
use panics::Panics;
use problems::Problems;
use routes::Routes;
use shed::Shed;

pub(crate) use observe::Entrance;

/// One layer: takes the exchange, asks the next one or not, and answers.
pub(crate) trait Handle: Send + Sync + 'static {
    fn handle(&self, exchange: Exchange) -> impl Future<Output = Result<Response, Problem>> + Send;
}

/// The layers around the routes, outermost first.
pub(crate) type Stack = Observe<Headers<Problems<Panics<Own<Shed<Deadline<Limit<Authenticate<Routes>>>>>>>>>;

/// Assembles the stack.
pub(crate) fn stack(parts: &Parts, catalogue: Catalogue, metrics: &Metrics, router: Router) -> Stack {
    let options = &parts.options;
    let endpoints =
        Arc::new(Endpoints { health: parts.health.clone(), registry: parts.registry.clone(), catalogue });
    ServiceBuilder::new()
        // Gives the request its trace, and counts and times all that happens, refusals and lost callers included:
        // outermost, or it would not see them.
        .layer(layer_fn(|next| Observe::new(next, parts, metrics)))
        // Headers that every answer has, those of refusals too, hence outside of what makes refusals.
        .layer(layer_fn(|next| Headers::new(next, options.secure)))
        // Turns every refusal into problem+json and logs a failure once: outside of all that may refuse.
        .layer(layer_fn(Problems::new))
        // A panic in a handler is one request's failure. Inside of Problems, which answers for it.
        .layer(layer_fn(Panics::new))
        // Probes, metrics and pages of codes answer even when requests are shed, and need no login.
        .layer(layer_fn(|next| Own::new(next, Arc::clone(&endpoints), &parts.door)))
        // Refuses what is too much before anything is spent on it.
        .layer(layer_fn(|next| Shed::new(next, options.in_flight_max, metrics)))
        // The time limit covers everything that may wait: the body, the login, the handler.
        .layer(layer_fn(|next| Deadline::new(next, parts.clock.clone())))
        // Bounds the body before anybody reads it.
        .layer(layer_fn(|next| Limit::new(next, options.body_limit_bytes)))
        // Turns the credential into a principal and makes the context: last, since asking may cost a call.
        .layer(layer_fn(|next| Authenticate::new(next, parts.door.clone(), options.secure)))
        .service(Routes::new(router, metrics))
}
