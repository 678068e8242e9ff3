//! Routes with their descriptions: the only way to give a process a route.

use std::fmt;
use std::sync::Arc;

use axum::handler::Handler;
use http::Method;

use crate::contract::inputs::{Asked, Inputs};
use crate::contract::operation::Operation;
use crate::layers::{Handled, Handling, Labelled};

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
    handlers: Vec<Lacking<S>>,
    group: Group,
    described: Vec<Route>,
}

/// A handler that waits for its state.
type Lacking<S> = Box<dyn FnOnce(S) -> Handling + Send + Sync>;

impl Default for Routes {
    fn default() -> Self {
        Self::new("", "")
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// Begins a group; `name` and `text` head it in the reference.
    pub fn new(name: &'static str, text: &'static str) -> Self {
        Self { handlers: Vec::new(), group: Group { name, text }, described: Vec::new() }
    }

    #[must_use]
    pub fn get<H, T>(self, path: &'static str, handler: H, about: Operation) -> Self
    where
        H: Handler<T, S>,
        T: Inputs + 'static,
    {
        self.on(Method::GET, path, handler, about)
    }

    #[must_use]
    pub fn post<H, T>(self, path: &'static str, handler: H, about: Operation) -> Self
    where
        H: Handler<T, S>,
        T: Inputs + 'static,
    {
        self.on(Method::POST, path, handler, about)
    }

    #[must_use]
    pub fn put<H, T>(self, path: &'static str, handler: H, about: Operation) -> Self
    where
        H: Handler<T, S>,
        T: Inputs + 'static,
    {
        self.on(Method::PUT, path, handler, about)
    }

    #[must_use]
    pub fn patch<H, T>(self, path: &'static str, handler: H, about: Operation) -> Self
    where
        H: Handler<T, S>,
        T: Inputs + 'static,
    {
        self.on(Method::PATCH, path, handler, about)
    }

    #[must_use]
    pub fn delete<H, T>(self, path: &'static str, handler: H, about: Operation) -> Self
    where
        H: Handler<T, S>,
        T: Inputs + 'static,
    {
        self.on(Method::DELETE, path, handler, about)
    }

    fn on<H, T>(mut self, method: Method, path: &'static str, handler: H, about: Operation) -> Self
    where
        H: Handler<T, S>,
        T: Inputs + 'static,
    {
        self.handlers.push(Box::new(move |state| -> Handling {
            Arc::new(move |request| Box::pin(handler.clone().call(request, state.clone())))
        }));
        self.described.push(Route {
            method,
            path,
            group: self.group,
            asked: T::describe(),
            operation: about,
        });
        self
    }

    /// Adds another group.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.handlers.extend(other.handlers);
        self.described.extend(other.described);
        self
    }

    /// Gives the handlers what they lacked.
    pub fn with_state(self, state: S) -> Routes {
        let with = |lacking: Lacking<S>| -> Lacking<()> {
            let handling = lacking(state.clone());
            Box::new(|()| handling)
        };
        let handlers = self.handlers.into_iter().map(with).collect();
        Routes { handlers, group: self.group, described: self.described }
    }

    /// The descriptions.
    pub fn described(&self) -> &[Route] {
        &self.described
    }
}

impl Routes {
    /// The routes and their descriptions.
    pub fn into_parts(self) -> (Labelled, Vec<Route>) {
        let handled = |(lacking, route): (Lacking<()>, &Route)| Handled {
            method: route.method.clone(),
            path: route.path,
            handling: lacking(()),
        };
        let handled = self.handlers.into_iter().zip(&self.described).map(handled).collect();
        (Labelled::new(handled), self.described)
    }
}

impl<S> fmt::Debug for Routes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes = self.described.iter().map(|route| format!("{} {}", route.method, route.path));
        f.debug_list().entries(routes).finish()
    }
}
