//! Everything that stands between the listener and a route, in one list.
//!
//! [`Stack`] is the list: the way in reads downwards, the way out upwards, and each layer has its reason beside it and a
//! file below `layers/`. It is three functions and not a nest of services: the future of each layer in a nest holds those of
//! all below it, and is moved when it is made, so that a nest of twenty copies tens of kilobytes for each request.
//!
//! A layer refuses by returning a [`Problem`]; `problems` alone turns one into bytes. The exchange is lent down the list and
//! never moved.

mod authenticate;
mod compress;
mod conditional;
mod cors;
mod deadline;
mod headers;
mod limit;
mod negotiate;
mod observe;
mod own;
mod panics;
mod problems;
mod rates;
mod routes;
mod same_origin;
mod shed;
mod target;
mod versions;

use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use mainstay_core::{Clock, Result, work};

use crate::app::{Parts, Rules};
use crate::catalogue::Catalogue;
use crate::endpoints::Endpoints;
use crate::metrics::Metrics;
use crate::policy::Table;
use crate::problem::Problem;
use crate::visit::Exchange;

use authenticate::Authenticate;
pub use authenticate::bearer;
use compress::Compress;
use cors::Cors;
pub use cors::Rule;
use limit::Limit;
use observe::Observer;
use own::Own;
use rates::{ByAddress, ByCaller};
use routes::Routes;
use same_origin::SameOrigin;
use shed::Shed;
use target::Target;
pub(crate) use versions::Versions;

pub use headers::SURROGATE_KEY;
pub(crate) use observe::Origin;
pub use routes::Labelled;
pub(crate) use routes::{Found, Handled, Handling};
pub(crate) use target::HEAD_BYTES_MAX;
pub use target::is_plain;
pub use versions::{media_version, version_of};

/// The layers around the routes.
pub(crate) struct Stack {
    observer: Observer,
    compress: Compress,
    cors: Cors,
    target: Target,
    own: Own,
    shed: Shed,
    versions: Versions,
    by_address: ByAddress,
    clock: Clock,
    limit: Limit,
    authenticate: Authenticate,
    by_caller: ByCaller,
    routes: Routes,
}

impl Stack {
    /// Makes the layers ready.
    ///
    /// # Errors
    /// `http.bad_policy`, `core.bad_configuration`.
    pub(crate) fn new(
        parts: &Parts,
        rules: Rules,
        catalogue: Catalogue,
        metrics: &Metrics,
        routes: Labelled,
    ) -> Result<Self> {
        let options = &parts.options;
        let endpoints =
            Endpoints { health: parts.health.clone(), registry: parts.registry.clone(), catalogue };
        let table = Arc::new(Table::new(rules.policies, options.is_secure())?);
        let same_origin = SameOrigin::new(&options.trusted_origins);
        Ok(Self {
            observer: Observer::new(parts, &table, metrics)?,
            compress: Compress::new(&options.compression),
            cors: Cors::new(&options.cors)?,
            target: Target::new(options.uri_limit_bytes),
            own: Own::new(endpoints, &parts.door),
            shed: Shed::new(options.in_flight_max, metrics),
            versions: Versions::new(&options.versions)?,
            by_address: ByAddress::new(&rules.limits, &options.rates, metrics),
            clock: parts.clock.clone(),
            limit: Limit::new(options.body_limit_bytes),
            authenticate: Authenticate::new(parts.door.clone(), same_origin, options.is_secure()),
            by_caller: ByCaller::new(&rules.limits, &options.rates, metrics),
            routes: Routes::new(routes, table, parts.clock.clone())?,
        })
    }

    /// Answers one request.
    pub(crate) async fn enter(&self, request: Request, origin: Origin) -> Response {
        // Gives the request its trace and its place in the access log, and counts and times all that happens, refusals
        // and lost callers included: outermost, or it would not see them.
        let (mut exchange, watched) = self.observer.begin(request, origin);
        let mut response = {
            let answer = pin!(self.answer(&mut exchange));
            work::traced(watched.trace(), answer).await
        };
        watched.end(&mut response);
        response
    }

    /// Answers in place of the parser, which could not read what `peer` sent: there is no request to speak of.
    pub(crate) fn refuse(&self, problem: Problem, peer: IpAddr) -> Response {
        let (mut exchange, watched) = self.observer.begin(Request::default(), Origin::Wire(peer));
        headers::enter(&mut exchange);
        let mut response = problems::answer(Err(problem), &exchange.visit);
        headers::leave(&mut exchange, &mut response);
        watched.end(&mut response);
        response
    }

    /// What sees every answer, refusals too.
    async fn answer(&self, exchange: &mut Exchange) -> Response {
        headers::enter(exchange);
        self.compress.enter(exchange);
        conditional::enter(exchange);
        // Answers preflights.
        let mut response = match self.cors.enter(exchange) {
            Some(preflight) => preflight,
            None => {
                let outcome = {
                    let admitted = pin!(self.admit(exchange));
                    // A panic in a handler is one request's failure. Inside of problems, which answer for it.
                    panics::caught(admitted).await
                };
                // Turns every refusal into problem+json and logs a failure once: outside of all that may refuse.
                let mut response = problems::answer(outcome, &exchange.visit);
                // Ends the connection where its next request could begin in two places.
                self.target.leave(exchange, &mut response);
                // Says which pages of other origins may read the answer, a refusal too.
                self.cors.leave(exchange, &mut response);
                response
            }
        };
        // Answers 304 for what the caller has already. Before compression, so that a tag is that of the meaning and not of
        // one coding.
        conditional::leave(exchange, &mut response);
        // Makes what is large smaller, pages and refusals too.
        self.compress.leave(exchange, &mut response);
        // Headers that every answer has, and those that the route's rules add. All that is static is in this one layer.
        headers::leave(exchange, &mut response);
        // HEAD is answered as GET up to here, so that its tag and its length are those of the GET.
        routes::without_body(exchange, &mut response);
        response
    }

    /// Before it is known who asks.
    async fn admit(&self, exchange: &mut Exchange) -> Result<Response, Problem> {
        // Refuses addresses that two readers could read differently, before anybody reads them.
        self.target.enter(exchange)?;
        // Probes and pages of codes answer even when requests are shed, and need no login; metrics are for operators.
        if let Some(endpoint) = self.own.endpoint(exchange.request.uri().path()) {
            let request = &exchange.request;
            let (method, uri, headers) = (request.method(), request.uri(), request.headers());
            return self.own.answer(endpoint, method, uri, headers, exchange.noted.coding).await;
        }
        // Refuses what is too much before anything is spent on it.
        let _place = self.shed.place()?;
        // An address without a version gets the one that a header names: before the route is looked for.
        self.versions.enter(exchange)?;
        // Finds the route and its rules, which the layers below follow.
        self.routes.find(exchange);
        // What one address may ask in all: before a login is checked, which is what a guesser wants.
        self.by_address.take(exchange).await?;
        let mut response = {
            let (visit, deadline) = (Arc::clone(&exchange.visit), exchange.deadline);
            let worked_on = pin!(self.work(exchange));
            // The time limit covers everything that may wait: the body, the login, the handler.
            deadline::within(&self.clock, deadline, &visit, worked_on).await?
        };
        self.versions.leave(exchange, &mut response);
        Ok(response)
    }

    /// What may take time.
    async fn work(&self, exchange: &mut Exchange) -> Result<Response, Problem> {
        // Refuses bodies in a coding.
        negotiate::enter(exchange)?;
        // Bounds the body before anybody reads it.
        self.limit.enter(exchange)?;
        // Turns the credential into a principal and makes the context: late, since asking may cost a call.
        let issued = self.authenticate.enter(exchange).await?;
        // What one caller may ask in all, and of this route: it must be known who it is.
        self.by_caller.take(exchange).await?;
        let mut response = self.routes.call(exchange).await;
        self.authenticate.leave(issued, &mut response);
        // Refuses answers of a kind that the caller cannot read.
        negotiate::leave(exchange, &mut response)?;
        Ok(response)
    }
}
