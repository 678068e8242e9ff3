//! What the layers cost: the same answer from bare hyper and through the whole stack, for a load generator to compare.
//!
//! `cargo run --release -p mainstay-http --example overhead -- bare 9000` or `… stack 9001`, each on one thread; pin
//! it to one core and the load to another. `… calls 100000` makes that many calls without a socket, for a profiler,
//! and tells the processor time of each, through the whole stack and through the router alone.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use mainstay_core::{Clock, Context, Principal, Result, Shutdown, Tasks, codes};
use mainstay_http::{App, Catalogue, Ctx, Door, Health, Options, Parts};
use mainstay_identity::{AnonymousSessions, Authenticator, Fingerprint, Sessions};
use mainstay_secrets::RootKey;
use mainstay_telemetry::Registry;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use tower::Service;

#[derive(Serialize)]
struct Product {
    id: &'static str,
    name: &'static str,
    price: &'static str,
    stock: u32,
}

const PRODUCT: Product =
    Product { id: "prd_00000000000000000000000001", name: "A plain white teapot", price: "12.50", stock: 50 };

struct Nobody;

#[async_trait]
impl Sessions for Nobody {
    async fn resolve(&self, _: &Context, _: Fingerprint) -> Result<Principal> {
        Err(codes::UNAUTHENTICATED.error("nobody is logged in here"))
    }
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let which = arguments.next().unwrap_or_default();
    let number = arguments.next().and_then(|number| number.parse().ok()).unwrap_or(9_000_u32);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, u16::try_from(number).unwrap_or_default()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match which.as_str() {
        "bare" => runtime.block_on(bare(address))?,
        "stack" => runtime.block_on(stack(address))?,
        "calls" => runtime.block_on(calls(number)),
        _ => return Err("write: overhead bare|stack [port], or overhead calls [count]".into()),
    }
    Ok(())
}

async fn bare(address: SocketAddr) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(address).await?;
    let tasks = Tasks::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = service_fn(|_| async {
            let body = serde_json::to_vec(&PRODUCT).unwrap_or_default();
            let mut response = Response::new(Full::new(Bytes::from(body)));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            Ok::<_, Infallible>(response)
        });
        tasks.spawn("bare", http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

fn app(address: SocketAddr) -> App {
    let clock = Clock::system();
    let anonymous = AnonymousSessions::new(&RootKey::from_bytes([7; 32]));
    let parts = Parts {
        options: Options { listen: address, ..Options::default() },
        telemetry: mainstay_telemetry::Options::default(),
        door: Door::Public(Arc::new(Authenticator::new(anonymous, Arc::new(Nobody), clock.clone()))),
        registry: Registry::new(),
        tasks: Tasks::new(),
        health: Health::new(&clock),
        clock,
    };
    let product = |Ctx(ctx): Ctx| async move {
        std::hint::black_box(ctx);
        Json(PRODUCT)
    };
    App::new(parts, Catalogue::default(), Router::new().route("/v1/products/{id}", get(product)))
}

async fn stack(address: SocketAddr) -> Result<()> {
    app(address).bind().await?.serve(Shutdown::new()).await;
    Ok(())
}

async fn calls(count: u32) {
    let app = app(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let request = || {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = Uri::from_static("/v1/products/prd_00000000000000000000000001");
        request
    };
    let visitor = app.call(request()).await;
    let token =
        visitor.headers().get("mainstay-session").and_then(|token| token.to_str().ok()).unwrap_or_default();
    let bearer = HeaderValue::try_from(format!("Bearer {token}")).unwrap_or(HeaderValue::from_static(""));

    let mut plain = Router::new().route("/v1/products/{id}", get(|| async { Json(PRODUCT) }));
    measure("router alone", count, async || plain.call(request()).await.is_ok()).await;
    measure("stack, visitor", count, async || app.call(request()).await.status().is_success()).await;
    let known = async || {
        let mut request = request();
        request.headers_mut().insert(AUTHORIZATION, bearer.clone());
        app.call(request).await.status().is_success()
    };
    measure("stack, known by token", count, known).await;
}

async fn measure(name: &str, count: u32, mut call: impl AsyncFnMut() -> bool) {
    let used = || clock_gettime(ClockId::ThreadCPUTime);
    let before = used();
    let mut well = 0;
    for _ in 0..count {
        well += u32::from(call().await);
    }
    let after = used();
    let nanos = (after.tv_sec - before.tv_sec) * 1_000_000_000 + after.tv_nsec - before.tv_nsec;
    println!("{name}: {} ns a call, {well} of {count} answered", nanos / i64::from(count));
}
