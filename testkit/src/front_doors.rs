//! A service in a test as others meet it: its routes within the real HTTP layers, its contract on the real network
//! within the process, and fakes of its peers beside it. Only the credentials are simpler: a principal's own text is
//! its bearer token.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use mainstay_core::{Clock, Context, Id, Principal, Result, Session, Tasks, codes};
use mainstay_http::{App, Authenticator, Catalogue, Door, Health, Labelled, Options, Parts, SessionIssued};
use mainstay_identity::{Identified, TokenKeys};
use mainstay_rpc::{Channel, Network, Peer, RpcService};
use mainstay_secrets::RootKey;
use mainstay_telemetry::Registry;
use serde_json::Value;

/// The ways into a service under test, and from it to its peers.
#[derive(Clone)]
pub struct FrontDoors {
    clock: Clock,
    tasks: Tasks,
    registry: Registry,
    network: Network,
    app: Option<App>,
}

/// What came back over HTTP.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The body; `null` when there was none.
    pub body: Value,
    /// The body as it came.
    pub bytes: Bytes,
}

impl FrontDoors {
    /// A network with nobody on it.
    pub fn new(clock: &Clock) -> Self {
        let (tasks, registry) = (Tasks::new(), Registry::new());
        let keys = TokenKeys::new(&RootKey::from_bytes([7; 32]));
        let network = Network::new(clock.clone(), tasks.clone(), keys, registry.clone());
        Self { clock: clock.clone(), tasks, registry, network, app: None }
    }

    /// Puts a service, or a fake of one, where its peers find it.
    pub async fn mount(&self, name: &str, contracts: Vec<RpcService>) {
        if let Err(error) = self.network.mount(name, contracts).await {
            panic!("could not mount {name}: {error:?}");
        }
    }

    /// Takes a service away, as a process that has died.
    pub async fn withdraw(&self, name: &str) {
        self.network.withdraw(name).await;
    }

    /// A client of `callee` as `caller` has it.
    pub fn peer<C: Clone>(&self, caller: &str, callee: &str, new: impl FnOnce(Channel) -> C) -> Peer<C> {
        match self.network.peer(caller, callee, new) {
            Ok(peer) => peer,
            Err(error) => panic!("could not reach {callee}: {error:?}"),
        }
    }

    /// Opens the way in over HTTP.
    pub fn serve(&mut self, routes: impl Into<Labelled>) {
        self.serve_with(routes, Options::default());
    }

    /// The same with other options. Rules of routes are not followed here, so a service that takes larger bodies says so.
    pub fn serve_with(&mut self, routes: impl Into<Labelled>, options: Options) {
        let parts = Parts {
            options,
            telemetry: mainstay_telemetry::Options::default(),
            clock: self.clock.clone(),
            registry: self.registry.clone(),
            tasks: self.tasks.clone(),
            health: Health::new(&self.clock),
            door: Door::Public(Arc::new(ByName { clock: self.clock.clone() })),
        };
        self.app = Some(App::new(parts, Catalogue::default(), routes));
    }

    /// Sends a request as `who`, with a JSON body unless it is `null`.
    pub async fn call(&self, who: &Principal, method: Method, path: &str, body: Value) -> Answer {
        self.call_with(who, method, path, &[], body).await
    }

    /// The same with more headers.
    pub async fn call_with(
        &self,
        who: &Principal,
        method: Method,
        path: &str,
        headers: &[(HeaderName, &str)],
        body: Value,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(AUTHORIZATION, format!("Bearer {who}"))
            .header(CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        match request.body(Body::from(bytes)) {
            Ok(request) => self.send(request).await,
            Err(error) => panic!("{path} makes no request: {error}"),
        }
    }

    /// Sends any request, such as one without credentials or with a body that is no JSON.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let Some(app) = &self.app else { panic!("FrontDoors::serve comes first") };
        let (parts, body) = app.call(request).await.into_parts();
        let bytes = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => panic!("the answer broke off: {error}"),
        };
        let body = match serde_json::from_slice(&bytes) {
            Ok(body) => body,
            Err(_) if bytes.is_empty() => Value::Null,
            Err(_) => Value::String(String::from_utf8_lossy(&bytes).into_owned()),
        };
        Answer { status: parts.status, headers: parts.headers, body, bytes }
    }
}

impl Answer {
    /// The code of a refusal; empty for an answer that is none.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The fields that a refusal names, in its order, such as `lines/0/quantity`.
    pub fn fields(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|error| error["pointer"].as_str()?.strip_prefix('/')).collect()
    }

    /// The body, after a look at the status: an unexpected one fails the test with the whole answer.
    #[track_caller]
    pub fn expect(self, status: StatusCode) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }
}

/// Believes every token.
struct ByName {
    clock: Clock,
}

#[async_trait]
impl Authenticator for ByName {
    async fn authenticate(&self, _ctx: &Context, token: &str) -> Result<Identified> {
        let principal = token.parse::<Principal>();
        principal.map(Identified::from).map_err(|_| codes::UNAUTHENTICATED.error("this is nobody's name"))
    }

    fn visitor(&self) -> Result<(Id<Session>, SessionIssued)> {
        let session = Id::generate(&self.clock);
        let token = Principal::Anonymous(session).to_string();
        Ok((session, SessionIssued { token: token.into(), max_age: Duration::from_secs(3_600) }))
    }
}
