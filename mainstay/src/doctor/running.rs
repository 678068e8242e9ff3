//! The running system as the doctor meets it: what it answered to a fixed list of questions, asked once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, HOST};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use mainstay_core::{Clock, Result, codes};
use mainstay_dial::Dialer;
use mainstay_secrets::Secret;
use serde_json::Value;

use crate::listener::Listener;

/// Longer than any of the questions takes; the CPU profile runs for a second.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// A page of metrics or a heap profile; what is larger is cut off and counts as not answered.
const BODY_MAX: usize = 16 * 1024 * 1024;

/// Where the system is.
#[derive(Clone, Debug)]
pub struct Target {
    pub public: Listener,
    pub operators: SocketAddr,
    /// For operators, when the installation has one.
    pub token: Option<Secret<String>>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// What the system answered, by the question.
pub struct Running {
    pub target: Target,
    pub clock: Clock,
    answers: BTreeMap<String, Answer>,
}

/// Asked at the public listener.
const PUBLIC: &[&str] = &[
    "/healthz",
    "/readyz",
    "/startupz",
    "/problems",
    "/reference/reference.js",
    "/v1/products",
    "/v1/orders",
];

/// Asked at the operators' listener.
const OPERATORS: &[&str] = &[
    "/metrics",
    "/v1/services",
    "/v1/limits",
    "/v1/configuration",
    "/v1/statements",
    "/v1/profiles/heap",
    "/v1/profiles/cpu?seconds=1",
];

impl Running {
    /// Asks everything. A question that is not answered is left out; a system that answers nothing is an error.
    pub async fn ask(target: Target, clock: Clock) -> Result<Self> {
        let mut running = Self { target, clock, answers: BTreeMap::new() };
        for path in PUBLIC {
            running.put(path, running.get(&running.target.public, path, None).await);
        }
        if running.answers.is_empty() {
            let public = &running.target.public;
            let why = public.connect().await.err().map(|error| format!(" ({error})")).unwrap_or_default();
            return Err(codes::UNAVAILABLE.error(format!(
                "nothing answers at {}{why}; start the system, or say where it is with --at",
                public.url()
            )));
        }
        let operators = Listener { address: running.target.operators, dialer: Dialer::plain() };
        let token = running.target.token.clone();
        for path in OPERATORS {
            running.put(path, running.get(&operators, path, token.as_ref()).await);
        }
        Ok(running)
    }

    fn put(&mut self, path: &str, answer: Option<Answer>) {
        if let Some(answer) = answer {
            self.answers.insert(path.to_owned(), answer);
        }
    }

    async fn get(&self, at: &Listener, path: &str, token: Option<&Secret<String>>) -> Option<Answer> {
        let exchange = async {
            let stream = at.connect().await.ok()?;
            let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
            let mut request = Request::get(path).header(HOST, at.address.to_string());
            // Operators' answers are read; of the public ones it is looked at how they come.
            if at.address == self.target.public.address {
                request = request.header(ACCEPT_ENCODING, "gzip, br, zstd");
            }
            if let Some(token) = token {
                request = request.header(AUTHORIZATION, format!("Bearer {}", token.expose()));
            }
            let request = request.body(Empty::<Bytes>::new()).ok()?;
            let exchange = async {
                let (parts, body) = sender.send_request(request).await.ok()?.into_parts();
                let body = Limited::new(body, BODY_MAX).collect().await.ok()?.to_bytes();
                Some(Answer { status: parts.status, headers: parts.headers, body })
            };
            tokio::select! {
                answer = exchange => answer,
                // The answer comes first when the connection ends with it.
                _ = connection => None,
            }
        };
        self.clock.timeout(ANSWER_WITHIN, exchange).await.ok().flatten()
    }

    pub fn answer(&self, path: &str) -> Option<&Answer> {
        self.answers.get(path)
    }

    /// The JSON of a good answer that was not compressed.
    pub fn json(&self, path: &str) -> Option<Value> {
        let answer = self.answer(path).filter(|answer| answer.status == StatusCode::OK)?;
        serde_json::from_slice(&answer.body).ok()
    }

    /// The metrics' text.
    pub fn metrics(&self) -> Option<&str> {
        let answer = self.answer("/metrics").filter(|answer| answer.status == StatusCode::OK)?;
        std::str::from_utf8(&answer.body).ok()
    }

    /// The sum of a metric over its series.
    pub fn metric(&self, name: &str) -> Option<f64> {
        mainstay_introspection::limits::sum(self.metrics()?, name)
    }

    /// The value of a key of the configuration in force.
    pub fn setting(&self, key: &str) -> Option<String> {
        let rows = self.json("/v1/configuration")?;
        let row = rows["rows"].as_array()?.iter().find(|row| row["key"] == key)?.clone();
        // As in the file that it could stand in: texts have quotes.
        row["value"].as_str().map(|value| value.trim_matches('"').to_owned())
    }

    /// A system that answers nothing.
    #[cfg(test)]
    pub fn silent() -> Self {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let public = Listener { address: nowhere, dialer: Dialer::plain() };
        let target = Target { public, operators: nowhere, token: None };
        Self { target, clock: Clock::system(), answers: BTreeMap::new() }
    }

    /// A system that answers this.
    #[cfg(test)]
    pub fn with(mut self, path: &str, headers: &[(&'static str, &str)], body: &str) -> Self {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            if let Ok(value) = value.parse() {
                map.insert(*name, value);
            }
        }
        let answer =
            Answer { status: StatusCode::OK, headers: map, body: Bytes::copy_from_slice(body.as_bytes()) };
        self.put(path, Some(answer));
        self
    }
}
