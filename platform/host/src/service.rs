//! What a service is to the host: a name, a section of the configuration, what it needs, and how it starts.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;

use axum::Router;
use http::{Request, Response};
use mainstay_core::{Clock, Result, Shutdown};
use mainstay_http::{Labelled, Policies, Routes};
use mainstay_rpc::RpcService;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tonic::body::Body;
use tonic::codegen::BoxFuture;
use tonic::server::NamedService;
use tower::Service as TowerService;

use crate::contract::Contract;
use crate::scope::Scope;

/// A service of a system. One type in each service's crate implements it, and that is all the host knows of it.
pub trait Service: Send + 'static {
    /// `<system>.<service>`, such as `shop.orders`: its name in tokens, configuration, metrics and commands.
    const NAME: &'static str;

    /// Its section of the configuration, `[shop.orders]`. `()` is no section; use [`NoConfig`] for none.
    type Config: Serialize + DeserializeOwned + Send + 'static;

    /// What it reaches, and all that it reaches.
    type Needs: Needs + Send + 'static;

    /// Puts the service together. It does no I/O: its database is migrated already, and its background work begins
    /// when every service of the process has started.
    fn start(needs: Self::Needs, config: Self::Config, clock: Clock) -> Result<Mounted>;

    /// What it promises to outsiders, known without starting it.
    fn contract() -> Contract {
        Contract::default()
    }
}

/// Typed handles to what a service needs, gathered once when it is mounted. What is not declared here cannot be
/// reached.
pub trait Needs: Sized {
    /// Takes the handles from the scope. It is also called by commands that look at a service's database without
    /// starting the service, so it starts nothing.
    fn gather(scope: &Scope) -> Result<Self>;
}

/// The configuration of a service that has none.
#[derive(Clone, Copy, Debug, Default, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoConfig {}

/// A started service: its ways in. Its background work was registered through the scope.
#[derive(Default)]
pub struct Mounted {
    pub(crate) http: Routes,
    pub(crate) operators: Router,
    pub(crate) policies: Policies,
    pub(crate) rpc: Vec<RpcService>,
    pub(crate) everywhere: Vec<Everywhere>,
}

type Ended = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Work of every process with the service.
pub(crate) struct Everywhere {
    pub(crate) name: &'static str,
    pub(crate) run: Box<dyn FnOnce(Shutdown) -> Ended + Send + Sync>,
}

impl Mounted {
    /// A service without ways in, so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what outsiders call. The state is applied already; the paths are the public ones, `/v1/orders`. The host
    /// refuses routes that are not those of the service's [`contract`](Service::contract).
    #[must_use]
    pub fn http(mut self, routes: Routes) -> Self {
        self.http = self.http.merge(routes);
        self
    }

    /// Adds the rules of its routes: what may be kept, how much may be sent, how often may be asked.
    #[must_use]
    pub fn policies(mut self, policies: Policies) -> Self {
        self.policies = self.policies.merge(policies);
        self
    }

    /// Adds what operators call, at the listener of `[http.admin]`: the state is applied already.
    #[must_use]
    pub fn operators(mut self, routes: Router) -> Self {
        self.operators = self.operators.merge(routes);
        self
    }

    /// Adds what peers call: a generated server, and the descriptors of its contract for reflection.
    #[must_use]
    pub fn rpc<S>(mut self, server: S, descriptors: &'static [u8]) -> Self
    where
        S: TowerService<
                Request<Body>,
                Response = Response<Body>,
                Error = Infallible,
                Future = BoxFuture<Response<Body>, Infallible>,
            > + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
    {
        self.rpc.push(RpcService::new(server, descriptors));
        self
    }

    /// Adds work that goes on in every process with the service, whoever has its lease: such as pushing to those who
    /// are connected here. It begins when every service of the process has started. Its shutdown is requested when the
    /// drain begins, before the listener waits for what is in flight, and it returns soon after.
    #[must_use]
    pub fn run<F, R>(mut self, name: &'static str, run: F) -> Self
    where
        F: FnOnce(Shutdown) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let run = Box::new(|shutdown| -> Ended { Box::pin(run(shutdown)) });
        self.everywhere.push(Everywhere { name, run });
        self
    }

    /// The routes and the contracts: for tests of a service without a host.
    pub fn into_parts(self) -> (Labelled, Vec<RpcService>) {
        (self.http.into_parts().0, self.rpc)
    }
}

impl fmt::Debug for Mounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mounted").field("contracts", &self.rpc.len()).finish_non_exhaustive()
    }
}
