//! That each layer of the stack is at work, seen on its answers, and that every request was counted.

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use mainstay_core::Clock;
use tokio::net::TcpStream;

use super::server::{ACCESS_LOG, Server};
use crate::load::spawn;
use crate::metrics;

type Failure = Box<dyn Error + Send + Sync>;

const PRODUCT: &str = "/v1/products/prd_00000000000000000000000001";

/// The access log is written every tenth of a second.
const LOG_WRITTEN: Duration = Duration::from_millis(400);

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

async fn ask(
    address: SocketAddr,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> Result<Answer, Failure> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    spawn(connection);
    let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (parts, body) = sender.send_request(request.body(Full::new(body))?).await?.into_parts();
    Ok(Answer { status: parts.status, headers: parts.headers, body: body.collect().await?.to_bytes() })
}

async fn get(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Result<Answer, Failure> {
    ask(address, Method::GET, path, headers, Bytes::new()).await
}

fn ensure(holds: bool, what: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(format!("a layer is not at work: {what}").into()) }
}

/// A visitor's token.
pub async fn session(address: SocketAddr) -> Result<String, Failure> {
    let visitor = get(address, "/nowhere-at-all", &[]).await?;
    let token = visitor.headers.get("mainstay-session").or(visitor.headers.get("set-cookie"));
    let token = token.ok_or("no session was handed out")?.to_str()?;
    Ok(token.trim_start_matches("session=").split(';').next().unwrap_or_default().to_owned())
}

/// Fails unless every layer shows.
pub async fn each_layer(server: &Server) -> Result<(), Failure> {
    let address = server.address;
    let product =
        get(address, PRODUCT, &[("x-forwarded-for", "198.51.100.1"), ("origin", "https://shop.example")])
            .await?;
    ensure(product.status == StatusCode::OK && product.body.len() == 96, "96 bytes of the product")?;
    for name in [
        "content-security-policy",
        "x-content-type-options",
        "x-frame-options",
        "referrer-policy",
        "strict-transport-security",
        "cross-origin-resource-policy",
        "cross-origin-opener-policy",
        "permissions-policy",
        "cache-control",
        "etag",
        "ratelimit",
        "ratelimit-policy",
        "access-control-allow-origin",
        "vary",
        "mainstay-trace",
        "mainstay-session",
        "set-cookie",
        "date",
    ] {
        ensure(product.headers.contains_key(name), name)?;
    }
    let tag = product.headers["etag"].to_str()?.to_owned();
    let again = get(address, PRODUCT, &[("if-none-match", &tag)]).await?;
    ensure(again.status == StatusCode::NOT_MODIFIED, "conditional requests")?;
    let large = get(address, "/v1/large", &[("accept-encoding", "br")]).await?;
    ensure(large.headers.get("content-encoding").is_some_and(|coding| coding == "br"), "compression")?;
    let panic = get(address, "/v1/panic", &[]).await?;
    ensure(panic.status == StatusCode::INTERNAL_SERVER_ERROR, "the panic boundary")?;
    let nowhere = get(address, "/nowhere", &[]).await?;
    ensure(nowhere.headers["content-type"] == "application/problem+json", "problems")?;
    let dots = get(address, "/v1/%2e%2e/x", &[]).await?;
    ensure(dots.status == StatusCode::BAD_REQUEST, "targets")?;
    let version = get(address, "/products/x", &[("mainstay-version", "9")]).await?;
    ensure(version.status == StatusCode::BAD_REQUEST, "versions")?;
    let kind = get(address, PRODUCT, &[("accept", "image/png")]).await?;
    ensure(kind.status == StatusCode::NOT_ACCEPTABLE, "negotiation")?;
    let forged = get(address, PRODUCT, &[("authorization", "Bearer forged")]).await?;
    ensure(forged.status == StatusCode::UNAUTHORIZED, "authentication")?;
    let body = Bytes::from(vec![b'x'; 2 * 1_024 * 1_024]);
    let long = ask(address, Method::POST, PRODUCT, &[], body).await;
    ensure(long.map_or(true, |long| long.status == StatusCode::PAYLOAD_TOO_LARGE), "the body limit")?;
    let mut refused = false;
    for _ in 0..600 {
        let one = get(address, PRODUCT, &[("x-forwarded-for", "198.51.100.2")]).await?;
        refused |= one.status == StatusCode::TOO_MANY_REQUESTS;
    }
    ensure(refused, "rate limits by address")
}

/// How often the product was answered, by the metrics and by the access log.
pub struct Counted {
    metrics: f64,
    lines: u64,
}

pub async fn counted(server: &Server, folder: &Path) -> Result<Counted, Failure> {
    Clock::system().sleep(LOG_WRITTEN).await;
    let page = get(server.admin, "/metrics", &[]).await?;
    let page = String::from_utf8_lossy(&page.body).into_owned();
    let route = r#"mainstay_http_requests_total{route="GET /v1/products/{id}",status="2xx"}"#;
    let dropped = metrics::sum(&page, "mainstay_http_access_log_dropped_total");
    ensure(dropped == 0.0, "the access log keeps up")?;
    let log = std::fs::read(folder.join(ACCESS_LOG))?;
    let lines = log.iter().filter(|byte| **byte == b'\n').count();
    let found = page.lines().find_map(|line| line.strip_prefix(route)?.trim().parse().ok());
    Ok(Counted { metrics: found.unwrap_or_default(), lines: lines as u64 })
}

/// Fails unless every request that was answered has a line and was counted. Some were under way when a round ended.
pub fn all_counted(before: &Counted, after: &Counted, answered: u64) -> Result<(), Failure> {
    let answered = answered as f64;
    let close = |counted: f64| counted >= answered && counted < answered * 1.01 + 1_000.0;
    ensure(close(after.metrics - before.metrics), "metrics count every request")?;
    ensure(close((after.lines - before.lines) as f64), "the access log has every request")
}
