//! The headers that every answer has: they tell a browser to trust nothing that was not said. And those that the rules
//! of the route add, and what inner layers noted: one gate for all that is static, since each pass over the headers
//! costs.
//!
//! The values are constants, so that adding them allocates nothing. A handler that sets one itself keeps its own.

use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, Entry, LINK, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use mainstay_resilience::limits::Verdict;

use crate::layers::gate::{Gate, Stop};
use crate::policy::{Policy, Retirement, STRICT_CSP};
use crate::problem::Problem;
use crate::visit::Exchange;

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// Whatever the route is.
const ALWAYS: [(HeaderName, HeaderValue); 6] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
    (OPENER_POLICY, HeaderValue::from_static("same-origin")),
    (PERMISSIONS_POLICY, HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=()")),
];

/// Adds headers.
#[derive(Clone)]
pub(crate) struct Headers {
    secure: bool,
}

impl Headers {
    pub(super) fn new(secure: bool) -> Self {
        Self { secure }
    }
}

impl Gate for Headers {
    fn enter(&self, exchange: &mut Exchange) -> Result<(), Stop> {
        exchange.noted.method = exchange.request.method().clone();
        Ok(())
    }

    fn leave(&self, exchange: &mut Exchange, response: &mut Response) -> Result<(), Problem> {
        let status = response.status();
        let headers = response.headers_mut();
        // One growth instead of several; the trace and the date come on top.
        headers.reserve(16);
        // In this place the constants are copied and not made.
        let always = ALWAYS;
        for (name, value) in always {
            if_vacant(headers, name, value);
        }
        if self.secure {
            headers.insert(
                STRICT_TRANSPORT_SECURITY,
                HeaderValue::from_static("max-age=31536000; includeSubDomains"),
            );
        }
        rules_of(&exchange.policy, status, headers);
        if let Some((verdict, policy)) = exchange.noted.allowance.take() {
            headers.insert(RATE_LIMIT, rate_limit(&verdict, &policy));
            headers.insert(RATE_LIMIT_POLICY, policy);
        }
        if let Some(retirement) = exchange.noted.retirement.take() {
            retire(headers, &retirement);
        }
        Ok(())
    }
}

fn if_vacant(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    if let Entry::Vacant(absent) = headers.entry(name) {
        absent.insert(value);
    }
}

fn rules_of(policy: &Policy, status: StatusCode, headers: &mut HeaderMap) {
    let csp = policy.csp.clone().unwrap_or(HeaderValue::from_static(STRICT_CSP));
    if_vacant(headers, CONTENT_SECURITY_POLICY, csp);
    // A refusal is not kept, whatever the route says of its answers.
    let is_kept = status.is_success() || status == StatusCode::NOT_MODIFIED;
    let cache = policy.cache.clone().filter(|_| is_kept);
    if_vacant(headers, CACHE_CONTROL, cache.unwrap_or(HeaderValue::from_static("no-store")));
    if let Some(keys) = policy.surrogate_keys.clone().filter(|_| is_kept) {
        // A handler's own keys come beside the route's.
        headers.append(SURROGATE_KEY, keys);
    }
    if let Some(retirement) = &policy.retirement {
        retire(headers, retirement);
    }
}

fn retire(headers: &mut HeaderMap, retirement: &Retirement) {
    headers.insert(DEPRECATION, retirement.deprecation.clone());
    if let Some(sunset) = &retirement.sunset {
        headers.insert(SUNSET, sunset.clone());
    }
    if let Some(link) = &retirement.link {
        headers.append(LINK, link.clone());
    }
}

/// `"address";r=12;t=1`: the name of the policy, what remains of it, and in how many seconds it is whole again
/// (draft-ietf-httpapi-ratelimit-headers).
fn rate_limit(verdict: &Verdict, policy: &HeaderValue) -> HeaderValue {
    let name = policy.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    let mut text = Vec::with_capacity(name.len() + 24);
    text.extend_from_slice(name);
    text.extend_from_slice(b";r=");
    decimal(&mut text, u64::from(verdict.remaining));
    text.extend_from_slice(b";t=");
    decimal(&mut text, verdict.reset.as_secs() + u64::from(verdict.reset.subsec_nanos() > 0));
    // A value that was a header's already, and digits.
    HeaderValue::from_maybe_shared(bytes::Bytes::from(text)).unwrap_or(HeaderValue::from_static(""))
}

/// Written by hand: the formatter takes as long as the rest of this layer.
pub(crate) fn decimal(text: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0_u8; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    text.extend_from_slice(&digits[first..]);
}
