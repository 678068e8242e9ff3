//! The servers: this program started again, on one core and with one thread, as bare hyper or as the whole stack.

use std::convert::Infallible;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::{Json, Router};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use mainstay_core::{Clock, Context, Principal, Shutdown, Tasks, codes};
use mainstay_http::{
    App, Catalogue, Ctx, Door, Health, OperatorGuard, Options, Parts, Policies, Policy, Routes, Rules,
    operation,
};
use mainstay_identity::{AnonymousSessions, Authenticator, Fingerprint, Sessions};
use mainstay_secrets::RootKey;
use mainstay_telemetry::Registry;
use serde::Serialize;

use super::SERVER_CORE;
use crate::load::spawn;
use crate::process::Pinned;

type Failure = Box<dyn Error + Send + Sync>;

/// Says to this program that it is to be a server, and of which kind.
const ROLE: &str = "MAINSTAY_BENCH_SERVER";

/// Where the access log of the stack is, in the folder that the servers share.
pub const ACCESS_LOG: &str = "access.log";

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bare,
    Stack,
}

/// A server in a process of its own.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// Of the operators' listener; the public one for bare hyper, which has no other.
    pub admin: SocketAddr,
}

impl Server {
    pub fn start(kind: Kind, folder: &Path) -> Result<Self, Failure> {
        let _pinned = Pinned::to(SERVER_CORE)?;
        let mut child = Command::new(std::env::current_exe()?)
            .env(ROLE, if kind == Kind::Bare { "bare" } else { "stack" })
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // It is asked to panic, and says so.
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let mut addresses = line.split_whitespace().map(str::parse::<SocketAddr>);
        match (addresses.next(), addresses.next()) {
            (Some(Ok(address)), Some(Ok(admin))) => Ok(Self { child, address, admin }),
            _ => {
                let _ = child.kill();
                Err(format!("the server did not start: {line:?}").into())
            }
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Serialize)]
struct Product {
    id: &'static str,
    name: &'static str,
    price: &'static str,
    stock: u32,
}

const PRODUCT: Product =
    Product { id: "prd_00000000000000000000000001", name: "A plain white teapot", price: "12.50", stock: 50 };

/// Serves until it is ended, when this process was started to be a server.
pub fn serve_if_asked() -> Option<Result<(), Failure>> {
    let role = std::env::var(ROLE).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Some(match runtime {
        Ok(runtime) if role == "bare" => runtime.block_on(bare()),
        Ok(runtime) => runtime.block_on(stack()),
        Err(error) => Err(error.into()),
    })
}

fn say(address: SocketAddr, admin: SocketAddr) -> Result<(), Failure> {
    println!("{address} {admin}");
    Ok(std::io::stdout().flush()?)
}

async fn bare() -> Result<(), Failure> {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    say(listener.local_addr()?, listener.local_addr()?)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = service_fn(|_| async {
            let body = serde_json::to_vec(&PRODUCT).unwrap_or_default();
            let mut response = Response::new(Full::new(Bytes::from(body)));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            Ok::<_, Infallible>(response)
        });
        spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

struct Nobody;

#[async_trait]
impl Sessions for Nobody {
    async fn resolve(&self, _: &Context, _: Fingerprint) -> mainstay_core::Result<Principal> {
        Err(codes::UNAUTHENTICATED.error("nobody is logged in here"))
    }
}

/// The production configuration: the defaults, and what any installation behind a balancer sets.
fn options() -> Options {
    let mut options =
        Options { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), secure: true, ..Options::default() };
    options.trusted_proxies.extend("127.0.0.0/8".parse::<IpNet>());
    options.access_log.file = PathBuf::from(ACCESS_LOG);
    options.cors.origins = vec!["https://shop.example".to_owned()];
    options
}

async fn stack() -> Result<(), Failure> {
    let (clock, registry, tasks) = (Clock::system(), Registry::new(), Tasks::new());
    let health = Health::new(&clock);
    let anonymous = AnonymousSessions::new(&RootKey::from_bytes([7; 32]));
    let telemetry = mainstay_telemetry::Options::default();
    let _guard = mainstay_telemetry::init(&telemetry, &clock, "bench")?;
    let parts = Parts {
        options: options(),
        telemetry,
        door: Door::Public(Arc::new(Authenticator::new(anonymous, Arc::new(Nobody), clock.clone()))),
        registry: registry.clone(),
        tasks,
        health,
        clock,
    };
    let product = |Ctx(ctx): Ctx| async move {
        std::hint::black_box(ctx);
        Json(PRODUCT)
    };
    let routes = Routes::new("Asked here", "What the load asks for, and what shows a layer.")
        .get("/v1/products/{id}", product, operation("getProduct", "A product"))
        .get(
            "/v1/large",
            || async { "{\"much\":\"text\"}\n".repeat(500) },
            operation("getLarge", "Much text"),
        )
        .get(
            "/v1/panic",
            || async { Json(std::hint::black_box(None::<u8>).expect("asked for")) },
            operation("getPanic", "A panic"),
        );
    let policies = Policies::new()
        .route("GET /v1/products/{id}", Policy::new().revalidated().time_limit(Duration::from_secs(10)));

    let mut for_operators = parts.clone();
    for_operators.options.access_log.file = PathBuf::new();
    for_operators.door = Door::Operators(OperatorGuard::new(parts.options.listen, None)?);
    for_operators.registry = registry.scoped("operators");
    let admin = App::new(for_operators, Catalogue::default(), Router::new()).bind().await?;
    let rules = Rules::new(&parts).policies(policies);
    let public = App::with_rules(parts, rules, Catalogue::default(), routes.into_parts().0)?.bind().await?;
    say(public.address(), admin.address())?;
    spawn(admin.serve(Shutdown::new()));
    public.serve(Shutdown::new()).await;
    Ok(())
}
