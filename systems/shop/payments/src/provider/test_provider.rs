//! The adapter for the test provider, over HTTP.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use mainstay_core::{Context, Error, Money, Result, Timestamp};
use mainstay_telemetry::{Role, SpanGuard, span_as};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

use crate::codes;
use crate::model::{PaymentId, RefundId, Seen};
use crate::provider::wire::{WireAuthorisation, WireChange, WireCharge, WireList, WireRefusal};
use crate::provider::{Page, Provider};
use crate::secrets::SharedSecret;

// A page of the list is the largest answer: 500 charges of a few hundred bytes.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;
const PAGE: usize = 500;
// Connections that wait for the next call; more than are ever in flight would only be held for nothing.
const IDLE_CONNECTIONS: usize = 64;
// Shorter than servers usually keep an idle connection, so that the race for closing it is rare.
const IDLE_FOR: Duration = Duration::from_secs(30);
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// Calls a test provider at an address. Puts no limit on time or number of calls: see [`super::Guarded`].
#[derive(Clone)]
pub struct TestProviderAdapter {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
    api_key: SharedSecret,
}

impl fmt::Debug for TestProviderAdapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestProviderAdapter").field("base", &self.base).finish_non_exhaustive()
    }
}

impl TestProviderAdapter {
    /// `base` is `http://host:port` without a path. `core.invalid` when the address or the key cannot be used.
    pub fn new(base: &str, api_key: impl Into<SharedSecret>) -> Result<Self> {
        let invalid = |message: &'static str| mainstay_core::codes::INVALID.error(message);
        let base = base.trim_end_matches('/').to_owned();
        let uri: Uri = base.parse().map_err(|_| invalid("the provider's address is not a URL"))?;
        if uri.scheme_str() != Some("http") || uri.authority().is_none() {
            return Err(invalid("the provider's address begins with http:// and names a host"));
        }
        let api_key = api_key.into();
        authorisation(&api_key)?;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_WITHIN));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_FOR)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(connector);
        Ok(Self { client, base, api_key })
    }

    async fn post(&self, ctx: &Context, path: &str, key: &str, body: &impl Serialize) -> Result<Seen> {
        let body = serde_json::to_vec(body)
            .map_err(|error| codes::PROVIDER_BROKEN.because("a request cannot be written down", error))?;
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}{path}", self.base))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header("idempotency-key", key);
        match self.call::<WireCharge>(ctx, request, body.into()).await {
            Ok(charge) => Ok(charge.listed()?.seen),
            // There is nothing to change: to who wants to change it that is a refusal.
            Err(error) if error.is(&mainstay_core::codes::NOT_FOUND) => {
                Err(codes::PROVIDER_REFUSED.because("the provider has no such charge", error))
            }
            Err(error) => Err(error),
        }
    }

    async fn get<T: DeserializeOwned>(&self, ctx: &Context, path: &str) -> Result<T> {
        let request = Request::builder().method(Method::GET).uri(format!("{}{path}", self.base));
        self.call(ctx, request, Bytes::new()).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        ctx: &Context,
        request: http::request::Builder,
        body: Bytes,
    ) -> Result<T> {
        let mut span = span_as(ctx, Role::Client, "HTTP");
        let request = request
            .header(AUTHORIZATION, authorisation(&self.api_key)?)
            .header("traceparent", span.context().trace().traceparent())
            .body(Full::new(body))
            .map_err(|error| codes::PROVIDER_BROKEN.because("a request cannot be built", error))?;
        describe(&mut span, &request);
        let response = span.note(self.client.request(request).await.map_err(unreachable))?;
        let status = response.status();
        if span.is_drawn() || !status.is_success() {
            span.set("http.response.status_code", i64::from(status.as_u16()));
        }
        let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES)
            .collect()
            .await
            .map_err(|error| codes::PROVIDER_UNKNOWN.because("the provider's answer broke off", error))?
            .to_bytes();
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|error| {
                codes::PROVIDER_BROKEN.because("the provider's answer cannot be read", error)
            });
        }
        span.note(Err(refusal(status, &body)))
    }
}

fn authorisation(api_key: &SharedSecret) -> Result<HeaderValue> {
    let mut value =
        HeaderValue::from_str(&format!("Bearer {}", api_key.in_use().expose())).map_err(|_| {
            mainstay_core::codes::INVALID
                .error("the provider's API key has characters that a header cannot carry")
        })?;
    value.set_sensitive(true);
    Ok(value)
}

// In OpenTelemetry's words for HTTP. Which charge it is stands in the path, so the span is named by the method alone.
fn describe(span: &mut SpanGuard, request: &Request<Full<Bytes>>) {
    if !span.is_drawn() {
        return;
    }
    let (method, uri) = (request.method().as_str(), request.uri());
    span.rename(method.to_owned());
    span.set("http.request.method", method.to_owned());
    span.set("url.full", uri.to_string());
    span.set("server.address", uri.host().unwrap_or_default().to_owned());
    span.set("server.port", i64::from(uri.port_u16().unwrap_or(80)));
}

// A connection that broke says nothing about what the provider did before.
fn unreachable(error: hyper_util::client::legacy::Error) -> Error {
    codes::PROVIDER_UNKNOWN.because("the provider did not answer", error)
}

fn refusal(status: StatusCode, body: &[u8]) -> Error {
    let said: WireRefusal = serde_json::from_slice(body).unwrap_or_default();
    let words = || format!("the provider answered {status} {}: {}", said.code, said.message);
    match status {
        StatusCode::NOT_FOUND => mainstay_core::codes::NOT_FOUND.error(words()),
        StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY => codes::PROVIDER_REFUSED.error(words()),
        StatusCode::TOO_MANY_REQUESTS => mainstay_core::codes::OVERLOADED.error(words()),
        status if status.is_server_error() => codes::PROVIDER_UNKNOWN.error(words()),
        _ => codes::PROVIDER_BROKEN.error(words()),
    }
}

#[async_trait]
impl Provider for TestProviderAdapter {
    async fn authorise(&self, ctx: &Context, payment: PaymentId, amount: Money, token: &str) -> Result<Seen> {
        let reference = payment.to_string();
        let body = WireAuthorisation {
            reference: &reference,
            amount_minor: amount.minor,
            currency: amount.currency,
            token,
        };
        self.post(ctx, "/v1/authorisations", &reference, &body).await
    }

    async fn capture(&self, ctx: &Context, payment: PaymentId) -> Result<Seen> {
        let reference = payment.to_string();
        let body = WireChange { reference: &reference, amount_minor: 0 };
        self.post(ctx, "/v1/captures", &format!("{reference}:capture"), &body).await
    }

    async fn void(&self, ctx: &Context, payment: PaymentId) -> Result<Seen> {
        let reference = payment.to_string();
        let body = WireChange { reference: &reference, amount_minor: 0 };
        self.post(ctx, "/v1/voids", &format!("{reference}:void"), &body).await
    }

    async fn refund(
        &self,
        ctx: &Context,
        payment: PaymentId,
        refund: RefundId,
        amount: Money,
    ) -> Result<Seen> {
        let body = WireChange { reference: &payment.to_string(), amount_minor: amount.minor };
        self.post(ctx, "/v1/refunds", &refund.to_string(), &body).await
    }

    async fn find(&self, ctx: &Context, payment: PaymentId) -> Result<Option<Seen>> {
        match self.get::<WireCharge>(ctx, &format!("/v1/charges/{payment}")).await {
            Ok(charge) => Ok(Some(charge.listed()?.seen)),
            Err(error) if error.is(&mainstay_core::codes::NOT_FOUND) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn list(&self, ctx: &Context, since: Timestamp, after: i64) -> Result<Page> {
        let since = since.as_micros().max(0);
        let path = format!("/v1/charges?after={after}&since_micros={since}&limit={PAGE}");
        let list: WireList = self.get(ctx, &path).await?;
        let next = (list.charges.len() >= PAGE).then(|| list.charges.last().map(|charge| charge.number));
        let charges = list.charges.into_iter().map(WireCharge::listed).collect::<Result<_>>()?;
        Ok(Page { charges, next: next.flatten() })
    }
}
