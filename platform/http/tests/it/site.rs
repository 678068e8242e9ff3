//! A small site to attack: routes of every sort, a fake keeper of sessions, and the layers around them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::BodyExt;
use mainstay_blobs::Store;
use mainstay_core::codes::{INTERNAL, UNAUTHENTICATED, UNAVAILABLE};
use mainstay_core::{
    BlockingPool, Clock, Code, Context, Id, IdKind, Kind, ManualClock, Principal, Result, Session, Shutdown,
    Tasks, Timestamp,
};
use mainstay_engine_local::FileBlobs;
use mainstay_http::{
    App, Authenticator, Body as JsonBody, Catalogue, Ctx, Door, Drained, Health, IdempotencyKey, Labelled,
    Operation, OperatorGuard, Options, Parts, Path, PathId, Problem, Query, Routes, Rules, SessionEnded,
    SessionIssued, operation,
};
use mainstay_identity::Identified;
use mainstay_secrets::Secret;
use mainstay_telemetry::Registry;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Notify, Semaphore};

use crate::shelf::{self, policies};

pub const SOLD_OUT: Code =
    Code::new("test.sold_out", Kind::FailedPrecondition, "It is <gone>", "Choose another & try again.");

pub enum Order {}
impl IdKind for Order {
    const PREFIX: &'static str = "ord";
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    #[schemars(length(max = 3))]
    lines: Vec<Line>,
    #[schemars(length(max = 20_000))]
    note: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    #[schemars(length(min = 1, max = 10))]
    variant: String,
    quantity: u8,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Page {
    #[schemars(range(min = 1, max = 100))]
    limit: u32,
    #[serde(default)]
    #[schemars(length(max = 2), inner(range(min = 1, max = 9)))]
    more: Vec<u32>,
}

/// A handler that waits here is in flight for as long as a test wants.
pub struct Gate {
    pub entered: AtomicUsize,
    pub left_unanswered: AtomicUsize,
    pub changed: Notify,
    open: Semaphore,
}

impl Gate {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            entered: AtomicUsize::new(0),
            left_unanswered: AtomicUsize::new(0),
            changed: Notify::new(),
            open: Semaphore::new(0),
        })
    }

    pub fn open(&self) {
        self.open.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    /// Waits until `count` handlers are in, or have left without an answer.
    pub async fn reached(&self, figure: &AtomicUsize, count: usize) {
        loop {
            let changed = self.changed.notified();
            if figure.load(Ordering::SeqCst) >= count {
                return;
            }
            changed.await;
        }
    }

    async fn pass(&self) {
        struct Within<'a>(&'a Gate, bool);
        impl Drop for Within<'_> {
            fn drop(&mut self) {
                if !self.1 {
                    self.0.left_unanswered.fetch_add(1, Ordering::SeqCst);
                    self.0.changed.notify_waiters();
                }
            }
        }
        let mut within = Within(self, false);
        self.entered.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
        let _ = self.open.acquire().await;
        within.1 = true;
    }
}

/// Tokens are `good:<principal>`; `down` cannot be checked; all else is forged.
struct Keeper(Clock);

#[async_trait]
impl Authenticator for Keeper {
    async fn authenticate(&self, ctx: &Context, token: &str) -> Result<Identified> {
        assert_eq!(ctx.principal().to_string(), "service:edge");
        assert!(ctx.deadline().is_some());
        match token.split_once(':') {
            Some(("good", principal)) => Ok(principal.parse::<Principal>()?.into()),
            _ if token == "down" => Err(UNAVAILABLE.error("the keeper of sessions does not answer")),
            _ => Err(UNAUTHENTICATED.error("the session is not one of ours")),
        }
    }

    fn visitor(&self) -> Result<(Id<Session>, SessionIssued)> {
        let session = Id::generate(&self.0);
        let token = Secret::new(format!("good:{session}"));
        Ok((session, SessionIssued { token, max_age: Duration::from_secs(60) }))
    }
}

pub struct Site {
    pub app: App,
    parts: Parts,
    pub health: Health,
    pub registry: Registry,
    pub tasks: Tasks,
    pub gate: Arc<Gate>,
    /// Where its objects lie.
    pub objects: TempDir,
}

impl Site {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Options)) -> Self {
        Self::on(Clock::system(), 0.0, change)
    }

    pub fn on(clock: Clock, sample: f64, change: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options { listen: "127.0.0.1:0".parse().unwrap(), ..Options::default() };
        change(&mut options);
        let (registry, tasks, gate) = (Registry::new(), Tasks::new(), Gate::new());
        let health = Health::new(&clock);
        let parts = Parts {
            options,
            telemetry: mainstay_telemetry::Options { sample, ..Default::default() },
            door: Door::Public(Arc::new(Keeper(clock.clone()))),
            registry: registry.clone(),
            tasks: tasks.clone(),
            health: health.clone(),
            clock,
        };
        let catalogue = Catalogue::new(&[&[&SOLD_OUT]]);
        let objects = TempDir::new().unwrap();
        let blocking = BlockingPool::new(4, 1_024).unwrap();
        let files = FileBlobs::open(objects.path(), parts.clock.clone(), blocking).unwrap();
        let store = Store::new(Arc::new(files), "test", mainstay_blobs::Metrics::unregistered()).unwrap();
        let rules = Rules::new(&parts).policies(policies());
        let routes = routes(Arc::clone(&gate)).merge(shelf::routes(store));
        let app = App::with_rules(parts.clone(), rules, catalogue, routes).unwrap();
        Self { app, parts, health, registry, tasks, gate, objects }
    }

    pub fn refused(change: impl FnOnce(&mut Options)) -> mainstay_core::Error {
        let mut parts = Self::new().parts;
        change(&mut parts.options);
        let rules = Rules::new(&parts);
        App::with_rules(parts, rules, Catalogue::new(&[]), Router::new()).map(drop).unwrap_err()
    }

    /// What another app of the same site is made of.
    pub fn parts(&self) -> (Parts, Rules) {
        let parts = self.parts.clone();
        let rules = Rules::new(&parts);
        (parts, rules)
    }

    pub fn still(change: impl FnOnce(&mut Options)) -> (Self, ManualClock) {
        let (clock, manual) = Clock::manual(Timestamp::from_micros(1_900_000_000_000_000));
        (Self::on(clock, 0.0, change), manual)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// At the operators' listener, which asks for no token.
    pub async fn operator(&self, request: http::request::Builder) -> Answer {
        Answer::of(self.operators(None).call(request.body(Body::empty()).unwrap()).await).await
    }

    pub fn operators(&self, token: Option<&str>) -> App {
        let token = token.map(|token| Secret::new(token.to_owned()));
        let guard = OperatorGuard::new("127.0.0.1:0".parse().unwrap(), token.as_ref()).unwrap();
        let parts = Parts {
            door: Door::Operators(guard),
            registry: self.registry.scoped("operators"),
            ..self.parts.clone()
        };
        App::new(parts, Catalogue::new(&[&[&SOLD_OUT]]), routes(Arc::clone(&self.gate)))
    }

    pub async fn post(&self, path: &str, body: &str) -> Answer {
        let request = Request::post(path).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        Answer::of(self.app.call(request).await).await
    }

    /// Listens on a port of its own.
    pub async fn listen(&self) -> Listening {
        let bound = self.app.clone().bind().await.unwrap();
        let address = bound.address();
        let shutdown = Shutdown::new();
        let serving = self.tasks.spawn("test.serve", bound.serve(shutdown.clone()));
        Listening { address, shutdown, serving }
    }
}

pub struct Listening {
    pub address: SocketAddr,
    pub shutdown: Shutdown,
    serving: mainstay_core::lifecycle::TaskHandle<Drained>,
}

impl Listening {
    pub async fn stop(self) -> Drained {
        self.shutdown.request();
        self.drained().await
    }

    pub async fn drained(self) -> Drained {
        self.serving.join().await.expect("the listener does not panic")
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub async fn of<B>(response: http::Response<B>) -> Self
    where
        B: http_body::Body,
        B::Error: std::fmt::Debug,
    {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(bytes.to_vec()).unwrap();
        Self { status: parts.status, headers: parts.headers, body }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.body))
    }

    /// Holds the shape that every refusal has, and returns its document.
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let document = self.json();
        assert_eq!(self.status.as_u16(), status, "{document}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(document["status"], status);
        assert_eq!(document["code"], code, "{document}");
        assert_eq!(document["type"], format!("/problems/{code}"));
        assert_eq!(document["trace"], self.header("mainstay-trace"));
        assert!(!document["title"].as_str().unwrap().is_empty());
        assert!(!document["detail"].as_str().unwrap().is_empty());
        document
    }
}

/// Most of what is asked for in tests is a described route; `/v1/wait` is one of axum's.
fn routes(gate: Arc<Gate>) -> Labelled {
    let described = Routes::new("Tests", "What tests ask for.")
        .get("/v1/hello", || async { Json(json!({ "hello": "world" })) }, any())
        .get("/v1/whoami", |Ctx(ctx): Ctx| async move { ctx.principal().to_string() }, any())
        .get("/v1/trace", |Ctx(ctx): Ctx| async move { ctx.trace().traceparent() }, any())
        .post(
            "/v1/orders",
            |JsonBody(order): JsonBody<NewOrder>| async { (StatusCode::CREATED, Json(order)) },
            any(),
        )
        .get("/v1/orders/{id}", |PathId(id): PathId<Order>| async move { id.to_string() }, any())
        .get("/v1/orders/{id}/lines/{line}", line, any())
        .get("/v1/named/{name}", |Path(name): Path<String>| async { name }, any())
        .get(
            "/v1/list",
            |Query(page): Query<Page>| async move { format!("{} {:?}", page.limit, page.more) },
            any(),
        )
        .post("/v1/keyed", |key: IdempotencyKey| async move { key.as_str().to_owned() }, any())
        .get("/v1/panic", panics, any())
        .get("/v1/broken", broken, any())
        .get("/v1/sold-out", || async { Problem::from(SOLD_OUT.error("the last one was sold")) }, any())
        .get("/v1/unavailable", unavailable, any())
        .get("/v1/refused/{status}", refused, any())
        .get("/v1/conflict", || async { (StatusCode::CONFLICT, Json(json!({ "mine": true }))) }, any())
        .get("/v1/cached", || async { ([("cache-control", "public, max-age=60")], "kept") }, any())
        .get("/v1/large", || async { "x".repeat(64 * 1_024 * 1_024) }, any())
        .get("/v1/parser-s-words", parser_s_words, any())
        .post("/v1/login", login, any())
        .post("/v1/logout", || async { (SessionEnded, StatusCode::NO_CONTENT) }, any());
    let waiting = Router::new().route("/v1/wait", get(wait).post(wait)).with_state(gate);
    described.into_parts().0.merge(waiting.into())
}

pub fn any() -> Operation {
    operation("any", "Whatever a test is about")
}

async fn line(Path((order, line)): Path<(Id<Order>, u32)>) -> String {
    format!("{order} {line}")
}

/// What hyper says of a head that it cannot read.
pub const PARSER_S_WORDS: &str = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// A body of nothing else, in pieces that are written one by one.
async fn parser_s_words() -> Response {
    let pieces = futures::stream::unfold(0, |piece| async move {
        Clock::system().sleep(Duration::from_millis(5)).await;
        (piece < 3).then(|| (Ok::<_, std::io::Error>(PARSER_S_WORDS), piece + 1))
    });
    let mut answer = Response::new(Body::from_stream(pieces));
    answer.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(3 * PARSER_S_WORDS.len()));
    answer
}

async fn panics() -> &'static str {
    panic!("the secret ingredient")
}

async fn broken() -> Result<&'static str, Problem> {
    Err(INTERNAL.because("it does not work", std::io::Error::other("password=hunter2")).into())
}

async fn unavailable() -> Result<&'static str, Problem> {
    Err(UNAVAILABLE.error("come back").retry_after(Duration::from_millis(1_500)).into())
}

async fn refused(Path(status): Path<u16>) -> (StatusCode, &'static str) {
    (StatusCode::from_u16(status).unwrap(), "plain words of somebody's framework")
}

async fn login() -> (SessionIssued, StatusCode) {
    let token = Secret::new("good:acc_00000000000000000000000001".to_owned());
    (SessionIssued { token, max_age: Duration::from_secs(3_600) }, StatusCode::CREATED)
}

async fn wait(State(gate): State<Arc<Gate>>) -> &'static str {
    gate.pass().await;
    "waited"
}
