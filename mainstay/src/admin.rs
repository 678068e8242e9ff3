//! Asks a running process by its listener for operators.

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use clap::Args;
use http::header::AUTHORIZATION;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use mainstay_core::{Clock, Result, codes};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::commands::Global;

/// The largest answer that a command reads: a page of lists, or a profile.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// After a connection that was cut a tail waits this long before it goes on.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Which process is asked.
#[derive(Clone, Debug, Default, Args)]
pub struct At {
    /// The operators' address of the process, as host:port; by default that of the configuration
    #[arg(long, value_name = "ADDRESS")]
    pub at: Option<String>,
    /// A file with the operators' token; by default that of the configuration
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

/// A process that can be asked.
pub struct Admin {
    client: Client<HttpConnector, Empty<Bytes>>,
    authority: String,
    token: Option<String>,
}

/// What a refusal says.
#[derive(Deserialize)]
struct Refusal {
    detail: String,
}

impl Admin {
    /// The process that the flags or the configuration name.
    pub fn of(at: &At, global: &Global) -> Result<Self> {
        let options: mainstay_http::Options = global.configuration(&[])?.section("http")?;
        let authority = match &at.at {
            Some(address) => address.trim_start_matches("http://").trim_end_matches('/').to_owned(),
            None => options.admin_address()?.to_string(),
        };
        let file = at.token_file.clone().unwrap_or(options.admin.token_file);
        let token = if file.as_os_str().is_empty() {
            None
        } else {
            let text = std::fs::read_to_string(&file).map_err(|error| {
                codes::INVALID.because(format!("the token in {} cannot be read", file.display()), error)
            })?;
            Some(text.trim().to_owned())
        };
        let client = Client::builder(TokioExecutor::new()).build_http();
        Ok(Self { client, authority, token })
    }

    /// The answer as JSON.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> Result<T> {
        let bytes = self.bytes(path, query).await?;
        serde_json::from_slice(&bytes).map_err(|error| {
            codes::INTERNAL.because("the process answered what this command cannot read", error)
        })
    }

    /// The answer as it comes.
    pub async fn bytes(&self, path: &str, query: &[(&str, String)]) -> Result<Bytes> {
        let answer = self.open(path, query, None).await?;
        let body = http_body_util::Limited::new(answer, ANSWER_BYTES_MAX).collect().await;
        Ok(body
            .map_err(|error| codes::UNAVAILABLE.because("the answer was cut off", error.to_string()))?
            .to_bytes())
    }

    /// Hands each event of a tail to `each`, and goes on after a cut where it was, until it breaks or the user does.
    pub async fn follow<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
        mut each: impl FnMut(T),
    ) -> Result<()> {
        let clock = Clock::system();
        let mut last = None;
        loop {
            let mut body = self.open(path, query, last.as_deref()).await?;
            let mut waiting = BytesMut::new();
            while let Some(Ok(frame)) = body.frame().await {
                waiting.extend_from_slice(frame.data_ref().map(Bytes::as_ref).unwrap_or_default());
                while let Some(end) = waiting.windows(2).position(|pair| pair == b"\n\n") {
                    let event = waiting.split_to(end + 2);
                    let event = String::from_utf8_lossy(&event);
                    for line in event.lines() {
                        if let Some(id) = line.strip_prefix("id:") {
                            last = Some(id.trim().to_owned());
                        } else if let Some(data) = line.strip_prefix("data:")
                            && let Ok(value) = serde_json::from_str(data.trim())
                        {
                            each(value);
                        }
                    }
                }
            }
            clock.sleep(AGAIN_AFTER).await;
        }
    }

    fn open(
        &self,
        path: &str,
        query: &[(&str, String)],
        last: Option<&str>,
    ) -> impl Future<Output = Result<Incoming>> {
        let pairs: Vec<String> =
            query.iter().map(|(key, value)| format!("{key}={}", escaped(value))).collect();
        let mark = if pairs.is_empty() { "" } else { "?" };
        let uri = format!("http://{}{path}{mark}{}", self.authority, pairs.join("&")).parse::<Uri>();
        let mut request = Request::builder();
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        async move {
            let uri = uri.map_err(|error| codes::INVALID.because("the address cannot be asked", error))?;
            let request = request.uri(uri).body(Empty::new());
            let request =
                request.map_err(|error| codes::INVALID.because("the request cannot be made", error))?;
            let answer = self.client.request(request).await.map_err(|error| {
                codes::UNAVAILABLE.because(
                    format!(
                        "no process answers operators at {}; start one, or name its address with --at",
                        self.authority
                    ),
                    error,
                )
            })?;
            if answer.status() == StatusCode::OK {
                return Ok(answer.into_body());
            }
            let status = answer.status();
            let body = answer.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            let told = serde_json::from_slice::<Refusal>(&body).map(|refusal| refusal.detail);
            let told = told.unwrap_or_else(|_| format!("the process answered {status}"));
            Err(match status {
                StatusCode::NOT_FOUND => codes::NOT_FOUND.error(told),
                StatusCode::UNAUTHORIZED => codes::UNAUTHENTICATED.error(told),
                StatusCode::FORBIDDEN => codes::FORBIDDEN.error(told),
                _ if status.is_client_error() => codes::INVALID.error(told),
                _ => codes::UNAVAILABLE.error(told),
            })
        }
    }
}

/// A value of a query: everything that could mean something else is escaped.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// A time that is so long ago, as `90s`, `15m`, `2h` or `1d`, for a query.
pub fn ago(text: &str) -> Result<String> {
    let refused =
        || codes::INVALID.error(format!("{text:?} is no time ago; write one such as 90s, 15m, 2h or 1d"));
    let unit = text.chars().last().ok_or_else(refused)?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(refused()),
    };
    let count: u64 = text.trim_end_matches(unit).parse().map_err(|_| refused())?;
    let length = Duration::from_secs(count.checked_mul(seconds).ok_or_else(refused)?);
    Ok((Clock::system().now() - length).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_means_what_it_says() {
        assert_eq!(escaped("POST /v1/a&b=c{ü}"), "POST%20%2Fv1%2Fa%26b%3Dc%7B%C3%BC%7D");
    }

    #[test]
    fn a_time_ago_has_a_unit() {
        assert!(ago("15m").is_ok());
        for bad in ["", "15", "m", "15x", "99999999999999999999d", "-1h"] {
            assert!(ago(bad).is_err(), "{bad}");
        }
    }
}
