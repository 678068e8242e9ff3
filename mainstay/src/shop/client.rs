//! A caller of the shop's public API over one connection that is kept: what the replay and the load generator are made
//! of. It sends JSON, keeps no cookies, and proves who it is with a bearer token.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use mainstay_core::{Clock, Error, Result, Tasks, codes};
use serde_json::Value;

use crate::listener::Listener;

/// The header in which a new session's token is handed out.
const SESSION: &str = "mainstay-session";

/// An answer that takes longer is lost: the shop itself gives up after 30 seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(35);

/// Longest answer that is read: a page of a report is smaller.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// One connection, opened when it is first used and again when it was lost.
pub struct Client {
    listener: Listener,
    clock: Clock,
    tasks: Tasks,
    connection: Option<SendRequest<Full<Bytes>>>,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    pub method: Method,
    pub path: &'a str,
    /// Who asks; a visitor without one is given one.
    pub session: Option<&'a str>,
    /// Under which name the request has one effect.
    pub key: Option<&'a str>,
    /// `null` sends none.
    pub body: &'a Value,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    /// A new session's token.
    pub session: Option<String>,
    /// The body; `null` when it is no JSON.
    pub body: Value,
}

impl Answer {
    /// The code of a refusal; empty for an answer that is none.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl Client {
    pub fn new(listener: &Listener, clock: &Clock, tasks: &Tasks) -> Self {
        Self { listener: listener.clone(), clock: clock.clone(), tasks: tasks.clone(), connection: None }
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// `core.unavailable` when the connection is lost on the way, `core.deadline` when no answer comes: then nobody
    /// knows whether it was done.
    pub async fn call(&mut self, call: Call<'_>) -> Result<Answer> {
        let clock = self.clock.clone();
        let outcome = clock.timeout(ANSWER_WITHIN, self.exchange(call)).await.and_then(|outcome| outcome);
        if outcome.is_err() {
            // What may still come on it belongs to a request that nobody waits for any more.
            self.connection = None;
        }
        outcome
    }

    async fn exchange(&mut self, call: Call<'_>) -> Result<Answer> {
        let mut request = Request::builder()
            .method(call.method)
            .uri(call.path)
            .header("host", "localhost")
            .header("content-type", "application/json");
        if let Some(session) = call.session {
            request = request.header("authorization", format!("Bearer {session}"));
        }
        if let Some(key) = call.key {
            request = request.header("idempotency-key", key);
        }
        let body = if call.body.is_null() { Bytes::new() } else { Bytes::from(call.body.to_string()) };
        let request = request
            .body(Full::new(body))
            .map_err(|error| codes::INTERNAL.because("a request could not be made", error))?;
        let connection = self.connection().await?;
        connection.ready().await.map_err(lost)?;
        let (head, body) = connection.send_request(request).await.map_err(lost)?.into_parts();
        let bytes = Limited::new(body, ANSWER_BYTES_MAX)
            .collect()
            .await
            .map_err(|error| codes::UNAVAILABLE.error(format!("an answer broke off: {error}")))?
            .to_bytes();
        let session = head.headers.get(SESSION).and_then(|token| token.to_str().ok()).map(str::to_owned);
        Ok(Answer { status: head.status, session, body: serde_json::from_slice(&bytes).unwrap_or_default() })
    }

    async fn connection(&mut self) -> Result<&mut SendRequest<Full<Bytes>>> {
        if self.connection.as_ref().is_none_or(SendRequest::is_closed) {
            let stream = self.listener.connect().await.map_err(|error| {
                let words = format!("the shop cannot be reached at {}: {error}", self.listener.url());
                codes::UNAVAILABLE.because(words, error)
            })?;
            let (sender, driver) = handshake(TokioIo::new(stream)).await.map_err(lost)?;
            self.tasks.spawn("shop-client", async move {
                // How the connection ended shows in its sender.
                let _ = driver.await;
            });
            self.connection = Some(sender);
        }
        self.connection.as_mut().ok_or_else(|| codes::UNAVAILABLE.error("there is no connection"))
    }
}

fn lost(error: hyper::Error) -> Error {
    codes::UNAVAILABLE.because("the connection to the shop was lost", error)
}
