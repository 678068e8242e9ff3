//! Routes with their descriptions: the only way to give a process a route.

use std::convert::Infallible;
use std::fmt;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, MethodRouter, Route as Endpoint, on};
use http::Method;
use tower::{Layer, Service};

use crate::contract::inputs::{Asked, Inputs};
use crate::contract::operation::Operation;
use crate::layers::{Labelled, Labelling};

/// What a group of routes is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    pub name: &'static str,
    pub text: &'static str,
}

/// One described route.
#[derive(Clone, Debug)]
pub struct Route {
    pub method: Method,
    /// Such as `/v1/carts/{cart}`.
    pub path: &'static str,
    pub(crate) group: Group,
    pub(crate) asked: Asked,
    pub(crate) operation: Operation,
}

/// The routes of a service, or a part of them. `S` is the state that handlers still lack.
///
/// ```ignore
/// Routes::new("Carts", "What a visitor is about to buy.")
///     .get("/v1/carts/{cart}", show, operation("getCart", "Show a cart").returns::<CartView>(200, "the cart"))
///     .with_state(carts)
/// ```
pub struct Routes<S = ()> {
    router: Router<S>,
    group: Group,
    described: Vec<Route>,
}

impl Default for Routes {
    fn default() -> Self {
        Self::new("", "")
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// Begins a group; `name` and `text` head it in the reference.
    pub fn new(name: &'static str, text: &'static str) -> Self {
        Self { router: Router::new(), group: Group { name, text }, described: Vec::new() }
    }

    #[must_use]
    pub fn get<H, T>(self, path: &'static str, handler: H, about: Operation) -> Self
    where
        H: Handler<T, S>,
        T: Inputs + 'static,
    {
        self.on(Method::GET, path, on(MethodFilter::GET, Labelling::new(handler)), T::describe(), about)
    }

    #[must_use]
    pub fn post<H, T>(self, path: &'static str, handler: H, about: Operation) -> Self
    where
        H: Handler<T, S>,
        T: Inputs + 'static,
    {
        self.on(Method::POST, path, on(MethodFilter::POST, Labelling::new(handler)), T::describe(), about)
    }

    #[must_use]
    pub fn put<H, T>(self, path: &'static str, handler: H, about: Operation) -> Self
    where
        H: Handler<T, S>,
        T: Inputs + 'static,
    {
        self.on(Method::PUT, path, on(MethodFilter::PUT, Labelling::new(handler)), T::describe(), about)
    }

    #[must_use]
    pub fn patch<H, T>(self, path: &'static str, handler: H, about: Operation) -> Self
    where
        H: Handler<T, S>,
        T: Inputs + 'static,
    {
        self.on(Method::PATCH, path, on(MethodFilter::PATCH, Labelling::new(handler)), T::describe(), about)
    }

    #[must_use]
    pub fn delete<H, T>(self, path: &'static str, handler: H, about: Operation) -> Self
    where
        H: Handler<T, S>,
        T: Inputs + 'static,
    {
        self.on(Method::DELETE, path, on(MethodFilter::DELETE, Labelling::new(handler)), T::describe(), about)
    }

    fn on(
        mut self,
        method: Method,
        path: &'static str,
        handler: MethodRouter<S>,
        asked: Asked,
        operation: Operation,
    ) -> Self {
        self.router = self.router.route(path, handler);
        self.described.push(Route { method, path, group: self.group, asked, operation });
        self
    }

    /// Adds another group.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.described.extend(other.described);
        self
    }

    /// Puts a layer around the routes so far, as axum's own routers take it.
    #[must_use]
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Endpoint> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.router = self.router.layer(layer);
        self
    }

    /// Gives the handlers what they lacked.
    pub fn with_state(self, state: S) -> Routes {
        Routes { router: self.router.with_state(state), group: self.group, described: self.described }
    }

    /// The descriptions.
    pub fn described(&self) -> &[Route] {
        &self.described
    }
}

impl Routes {
    /// The routes and their descriptions.
    pub fn into_parts(self) -> (Labelled, Vec<Route>) {
        (Labelled::new(self.router), self.described)
    }
}

impl<S> fmt::Debug for Routes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes = self.described.iter().map(|route| format!("{} {}", route.method, route.path));
        f.debug_list().entries(routes).finish()
    }
}
