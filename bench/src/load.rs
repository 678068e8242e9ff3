//! A buyer: one connection, one guest checkout after the other, as a browser or an app would send them.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use mainstay_core::Stopwatch;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;

type Failure = Box<dyn Error + Send + Sync>;

pub struct Buyer {
    address: SocketAddr,
    connection: http1::SendRequest<Full<Bytes>>,
}

impl Buyer {
    pub async fn connect(address: SocketAddr) -> Result<Self, Failure> {
        Ok(Self { address, connection: open(address).await? })
    }

    /// The six calls of a guest: cart, item, address, shipping, payment, placed order. How long the placing call took.
    pub async fn check_out(&mut self, variant: &str, key: &str) -> Result<Duration, Failure> {
        let (cart, session) = self.new_cart().await?;
        let at = |rest: &str| format!("/v1/carts/{cart}/{rest}");
        let session = Some(session.as_str());
        let item = json!({"variant_id": variant, "quantity": 1});
        self.call(Method::POST, &at("items"), session, None, &item, StatusCode::OK).await?;
        let address = json!({
            "email": "guest@example.org", "name": "Ada Guest", "line1": "1 High Street", "city": "Leeds",
            "postcode": "LS1 1AA", "country": "GB",
        });
        self.call(Method::PUT, &at("address"), session, None, &address, StatusCode::OK).await?;
        let shipping = json!({"method": "standard"});
        self.call(Method::PUT, &at("shipping"), session, None, &shipping, StatusCode::OK).await?;
        let payment = json!({"token": "tok_ok"});
        self.call(Method::PUT, &at("payment"), session, None, &payment, StatusCode::OK).await?;
        let watch = Stopwatch::start();
        let body = json!({"cart_id": cart});
        self.call(Method::POST, "/v1/checkouts", session, Some(key), &body, StatusCode::CREATED).await?;
        Ok(watch.elapsed())
    }

    /// A session of somebody with an account.
    pub async fn log_in(&mut self, email: &str, password: &str) -> Result<String, Failure> {
        let login = json!({"email": email, "password": password});
        let (status, session, answer) = self.send(Method::POST, "/v1/sessions", None, None, &login).await?;
        expect(status, StatusCode::CREATED, "/v1/sessions", &answer)?;
        session.ok_or_else(|| "no session was handed out".into())
    }

    pub async fn adjust_stock(&mut self, session: &str, adjustments: &Value) -> Result<(), Failure> {
        let path = "/v1/stock/adjustments";
        self.call(Method::POST, path, Some(session), None, adjustments, StatusCode::OK).await.map(drop)
    }

    /// What anybody may read.
    pub async fn get(&mut self, path: &str) -> Result<Value, Failure> {
        let answer = self.call(Method::GET, path, None, None, &Value::Null, StatusCode::OK).await?;
        Ok(serde_json::from_slice(&answer)?)
    }

    /// What staff write.
    pub async fn put(
        &mut self,
        path: &str,
        session: &str,
        body: &Value,
        expected: StatusCode,
    ) -> Result<Value, Failure> {
        let answer = self.call(Method::PUT, path, Some(session), None, body, expected).await?;
        Ok(if answer.is_empty() { Value::Null } else { serde_json::from_slice(&answer)? })
    }

    /// A page that is no JSON.
    pub async fn text(&mut self, path: &str) -> Result<String, Failure> {
        let request = Request::builder().uri(path).header("host", "localhost").body(Full::default())?;
        self.connection.ready().await?;
        let body = self.connection.send_request(request).await?.into_body().collect().await?;
        Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned())
    }

    async fn new_cart(&mut self) -> Result<(String, String), Failure> {
        let (status, session, answer) =
            self.send(Method::POST, "/v1/carts", None, None, &json!({"currency": "GBP"})).await?;
        expect(status, StatusCode::CREATED, "/v1/carts", &answer)?;
        let cart: NewCart = serde_json::from_slice(&answer)?;
        Ok((cart.id, session.ok_or("no session was handed out")?))
    }

    async fn call(
        &mut self,
        method: Method,
        path: &str,
        session: Option<&str>,
        key: Option<&str>,
        body: &Value,
        expected: StatusCode,
    ) -> Result<Bytes, Failure> {
        let (status, _, answer) = self.send(method, path, session, key, body).await?;
        expect(status, expected, path, &answer)?;
        Ok(answer)
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        session: Option<&str>,
        key: Option<&str>,
        body: &Value,
    ) -> Result<(StatusCode, Option<String>, Bytes), Failure> {
        if self.connection.is_closed() {
            self.connection = open(self.address).await?;
        }
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost")
            .header("content-type", "application/json");
        if let Some(session) = session {
            request = request.header("authorization", format!("Bearer {session}"));
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = request.body(Full::new(Bytes::from(serde_json::to_vec(body)?)))?;
        self.connection.ready().await?;
        let answer = self.connection.send_request(request).await?;
        let status = answer.status();
        let session =
            answer.headers().get("mainstay-session").and_then(|value| value.to_str().ok()).map(str::to_owned);
        // Read to the end, and only looked into by those who need to know something: the processors are the shop's too.
        let body = answer.into_body().collect().await?.to_bytes();
        Ok((status, session, body))
    }
}

/// What a buyer remembers of the answer to a new cart.
#[derive(Deserialize)]
struct NewCart {
    id: String,
}

async fn open(address: SocketAddr) -> Result<http1::SendRequest<Full<Bytes>>, Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    spawn(async move {
        // The connection's end shows in the sender.
        let _ = connection.await;
    });
    Ok(sender)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a load generator lives as long as its process and needs no registry"
)]
pub fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future)
}

fn expect(status: StatusCode, expected: StatusCode, path: &str, answer: &[u8]) -> Result<(), Failure> {
    if status == expected {
        return Ok(());
    }
    let answer = String::from_utf8_lossy(answer);
    Err(format!("{path} answered {status} instead of {expected}: {answer}").into())
}
