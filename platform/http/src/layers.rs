//! Everything that stands between the listener and a route, in one list.
//!
//! The layers are plain nested types whose futures need no boxes: stacking boxed ones gives half of the speed away.
//! Those that wait for nothing are gates (see `layers/gate.rs`); the exchange is lent down the list and never moved.
//! Each has a file below `layers/`. A layer refuses by returning a [`Problem`]; `Problems` alone turns one into bytes.

mod authenticate;
mod compress;
mod conditional;
mod cors;
mod deadline;
mod gate;
mod headers;
mod limit;
mod negotiate;
mod observe;
mod own;
mod panics;
mod problems;
mod rates;
mod routes;
mod rules;
mod same_origin;
mod shed;
mod target;
mod versions;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use mainstay_core::Result;
use tower::ServiceBuilder;
use tower::layer::layer_fn;

use crate::app::{Parts, Rules as RulesOfApp};
use crate::catalogue::Catalogue;
use crate::endpoints::Endpoints;
use crate::metrics::Metrics;
use crate::policy::Table;
use crate::problem::Problem;
use crate::visit::Exchange;

use authenticate::Authenticate;
pub use authenticate::bearer;
use compress::Compress;
use conditional::Conditional;
use cors::Cors;
pub use cors::Rule;
use deadline::Deadline;
use gate::{Gate, Gated};
use headers::Headers;
use limit::Limit;
use negotiate::Negotiate;
use observe::Observe;
use own::Own;
use panics::Panics;
use problems::Problems;
use rates::{ByAddress, ByCaller, Rates};
use routes::Routes;
use rules::Rules;
use same_origin::SameOrigin;
use shed::Shed;
use target::Target;
use versions::Versions;

pub(crate) use headers::decimal;
pub(crate) use observe::{Entrance, Origin};
pub use target::is_plain;
pub use versions::{media_version, version_of};

/// One layer: takes the exchange, asks the next one or not, and answers.
pub(crate) trait Handle: Send + Sync + 'static {
    fn handle(
        &self,
        exchange: &mut Exchange,
    ) -> impl Future<Output = std::result::Result<Response, Problem>> + Send;
}

/// Outside of what refuses: these see every answer.
type Outer<S> = Gated<Headers, Gated<Compress, Gated<Conditional, Gated<Cors, S>>>>;

/// Before it is known which route it is.
type Before<S> = Gated<Target, Own<Shed<Gated<Versions, Gated<Rules, S>>>>>;

/// With the rules of the route, before it is known who asks.
type Within<S> = Rates<ByAddress, Deadline<Gated<Negotiate, Gated<Limit, S>>>>;

/// The layers around the routes, outermost first.
pub(crate) type Stack =
    Observe<Outer<Problems<Panics<Before<Within<Authenticate<Rates<ByCaller, Routes>>>>>>>>;

/// Assembles the stack.
///
/// # Errors
/// `http.bad_policy`, `core.bad_configuration`.
pub(crate) fn stack(
    parts: &Parts,
    rules: RulesOfApp,
    catalogue: Catalogue,
    metrics: &Metrics,
    router: Router,
) -> Result<Stack> {
    let options = &parts.options;
    let endpoints =
        Arc::new(Endpoints { health: parts.health.clone(), registry: parts.registry.clone(), catalogue });
    let table = Arc::new(Table::new(rules.policies)?);
    let limits = rules.limits;
    let cors = Cors::new(&options.cors)?;
    let versions = Versions::new(&options.versions)?;
    let observe = observe::Observer::new(parts, &table, metrics)?;
    Ok(ServiceBuilder::new()
        // Gives the request its trace and its place in the access log, and counts and times all that happens, refusals
        // and lost callers included: outermost, or it would not see them.
        .layer(layer_fn(move |next| Observe::new(next, observe.clone())))
        // Headers that every answer has, and those that the route's rules add. All that is static is in this one gate.
        .layer(gated(Headers::new(options.is_secure())))
        // Makes what is large smaller, pages and refusals too.
        .layer(gated(Compress::new(&options.compression)))
        // Answers 304 for what the caller has already. Inside of Compress, so that a tag is that of the meaning and not
        // of one coding.
        .layer(gated(Conditional))
        // Says which pages of other origins may read the answer, a refusal too; answers preflights.
        .layer(gated(cors))
        // Turns every refusal into problem+json and logs a failure once: outside of all that may refuse.
        .layer(layer_fn(Problems::new))
        // A panic in a handler is one request's failure. Inside of Problems, which answers for it.
        .layer(layer_fn(Panics::new))
        // Refuses addresses that two readers could read differently, before anybody reads them.
        .layer(gated(Target::new(options.uri_limit_bytes)))
        // Probes and pages of codes (for operators metrics) answer even when requests are shed, and need no login.
        .layer(layer_fn(|next| Own::new(next, Arc::clone(&endpoints), &parts.door)))
        // Refuses what is too much before anything is spent on it.
        .layer(layer_fn(|next| Shed::new(next, options.in_flight_max, metrics)))
        // An address without a version gets the one that a header names: before the route is looked for.
        .layer(gated(versions))
        // Finds the rules of the route, which the layers below follow.
        .layer(gated(Rules::new(Arc::clone(&table), parts.clock.clone())))
        // What one address may ask in all: before a login is checked, which is what a guesser wants.
        .layer(layer_fn(|next| {
            Rates::new(next, Arc::clone(&limits), ByAddress::new(&options.rates), &options.rates, metrics)
        }))
        // The time limit covers everything that may wait: the body, the login, the handler.
        .layer(layer_fn(|next| Deadline::new(next, parts.clock.clone())))
        // Refuses bodies in a coding, and answers of a kind that the caller cannot read.
        .layer(gated(Negotiate))
        // Bounds the body before anybody reads it.
        .layer(gated(Limit::new(options.body_limit_bytes)))
        // Turns the credential into a principal and makes the context: late, since asking may cost a call.
        .layer(layer_fn(|next| {
            let same_origin = SameOrigin::new(&options.trusted_origins);
            Authenticate::new(next, parts.door.clone(), same_origin, options.is_secure())
        }))
        // What one caller may ask in all, and of this route: it must be known who it is.
        .layer(layer_fn(|next| {
            Rates::new(next, Arc::clone(&limits), ByCaller::new(&options.rates), &options.rates, metrics)
        }))
        .service(Routes::new(router, metrics)))
}

fn gated<G: Gate + Clone, S>(gate: G) -> impl tower::Layer<S, Service = Gated<G, S>> + Clone {
    layer_fn(move |next| Gated::new(gate.clone(), next))
}
