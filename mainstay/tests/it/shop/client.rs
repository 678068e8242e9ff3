//! A small HTTP client for JSON: one connection, kept alive, opened anew when the server closed it.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use mainstay_core::Clock;
use serde_json::Value;
use tokio::net::TcpStream;

/// Longer than any answer may take, shorter than a test's patience.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// What came back; `Err` when nothing did, as from a server that died.
pub type Sent = Result<Answer, String>;

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
    /// The body as it came.
    pub bytes: Bytes,
}

impl Answer {
    /// The body, when the status is the expected one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        self.body
    }

    /// The stable code of a problem; empty for an answer that is none.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

pub struct Client {
    address: SocketAddr,
    connection: Option<http1::SendRequest<Full<Bytes>>>,
    pub bearer: Option<String>,
    /// The caller's own span, told with each request.
    pub traceparent: Option<String>,
    /// Requests with a caller's span, so far.
    pub sent: usize,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, connection: None, bearer: None, traceparent: None, sent: 0 }
    }

    pub async fn get(&mut self, path: &str) -> Sent {
        self.send(Method::GET, path, &[], None).await
    }

    pub async fn post(&mut self, path: &str, body: &Value) -> Sent {
        self.send(Method::POST, path, &[], Some(body.to_string())).await
    }

    pub async fn put(&mut self, path: &str, body: &Value) -> Sent {
        self.send(Method::PUT, path, &[], Some(body.to_string())).await
    }

    pub async fn post_with_key(&mut self, path: &str, key: &str, body: &Value) -> Sent {
        self.send(Method::POST, path, &[("idempotency-key", key)], Some(body.to_string())).await
    }

    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Sent {
        self.send_bytes(method, path, headers, body.map(Bytes::from)).await
    }

    /// The same with a body of any bytes.
    pub async fn send_bytes(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Bytes>,
    ) -> Sent {
        let exchange = self.exchange(method, path, headers, body);
        Clock::system().timeout(ANSWER_WITHIN, exchange).await.map_err(|error| error.to_string())?
    }

    async fn exchange(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Bytes>,
    ) -> Sent {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        if let Some(bearer) = &self.bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        if let Some(traceparent) = &self.traceparent {
            request = request.header("traceparent", traceparent);
            self.sent += 1;
        }
        if body.is_some() && !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.unwrap_or_default())).map_err(text)?;
        let connection = self.connection().await?;
        connection.ready().await.map_err(text)?;
        let answer = connection.send_request(request).await.map_err(text)?;
        let (head, body) = answer.into_parts();
        let bytes = body.collect().await.map_err(text)?.to_bytes();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Ok(Answer { status: head.status, headers: head.headers, body, bytes })
    }

    async fn connection(&mut self) -> Result<&mut http1::SendRequest<Full<Bytes>>, String> {
        if self.connection.as_ref().is_none_or(|connection| connection.is_closed()) {
            let stream = TcpStream::connect(self.address).await.map_err(text)?;
            stream.set_nodelay(true).map_err(text)?;
            let (sender, driver) = http1::handshake(TokioIo::new(stream)).await.map_err(text)?;
            spawn(async move {
                // How the connection ended shows in the sender.
                let _ = driver.await;
            });
            self.connection = Some(sender);
        }
        self.connection.as_mut().ok_or_else(|| "no connection".to_owned())
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[expect(clippy::disallowed_methods, reason = "a test's tasks end with its runtime")]
pub fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future)
}
