//! The headers that every answer has: they tell a browser to trust nothing that was not said. And those that the rules
//! of the route add, and what inner layers noted: one gate for all that is static, since each pass over the headers
//! costs.
//!
//! What a route's answers have in common is made once, with its policy. A handler that sets one of them itself keeps its
//! own.

use axum::response::Response;
use http::header::{LINK, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use mainstay_resilience::limits::Verdict;

use crate::policy::Retirement;
use crate::visit::Exchange;

/// Names, with spaces between them, by which a cache in front of us can be told to forget an answer. A handler's own come
/// beside those of its route.
pub const SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// Notes what must be known of the request on the way out.
pub(super) fn enter(exchange: &mut Exchange) {
    exchange.noted.method = exchange.request.method().clone();
}

/// Adds headers.
pub(super) fn leave(exchange: &mut Exchange, response: &mut Response) {
    let status = response.status();
    let headers = response.headers_mut();
    let policy = &exchange.policy;
    // A refusal is not kept, whatever the route says of its answers.
    let is_kept = status.is_success() || status == StatusCode::NOT_MODIFIED;
    let common = if is_kept { &policy.answers } else { &policy.refusals };
    put_into(common.clone(), headers);
    if let Some(keys) = policy.surrogate_keys.clone().filter(|_| is_kept) {
        // In the one header that caches look into.
        let all = headers.get(SURROGATE_KEY).map(|own| [keys.as_bytes(), b" ", own.as_bytes()].concat());
        let all = all.map_or(Ok(keys), |all| HeaderValue::from_bytes(&all));
        if let Ok(all) = all {
            headers.insert(SURROGATE_KEY, all);
        }
    }
    if let Some(retirement) = &policy.retirement {
        retire(headers, retirement);
    }
    if let Some((verdict, policy)) = exchange.noted.allowance.take() {
        headers.insert(RATE_LIMIT, rate_limit(&verdict, &policy));
        headers.insert(RATE_LIMIT_POLICY, policy);
    }
    if let Some(retirement) = exchange.noted.retirement.take() {
        retire(headers, &retirement);
    }
}

/// Puts the headers of an answer into those that all answers of its kind have, where its own win. That way round the many
/// are copied as they lie, and only the few are looked up.
fn put_into(mut common: HeaderMap, headers: &mut HeaderMap) {
    let mut last = None;
    for (name, value) in std::mem::take(headers) {
        match name {
            Some(name) => {
                if name == VARY {
                    // What an answer depends on besides.
                    common.append(&name, value);
                } else {
                    common.insert(&name, value);
                }
                last = Some(name);
            }
            // One more value of the name before it.
            None => {
                if let Some(name) = &last {
                    common.append(name, value);
                }
            }
        }
    }
    *headers = common;
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
    let seconds = verdict.reset.as_secs() + u64::from(verdict.reset.subsec_nanos() > 0);
    // As long as it will be: then the bytes are taken over without one more allocation.
    let (mut first, mut second) = (itoa::Buffer::new(), itoa::Buffer::new());
    let (remaining, seconds) =
        (first.format(verdict.remaining).as_bytes(), second.format(seconds).as_bytes());
    let mut text = Vec::with_capacity(name.len() + 6 + remaining.len() + seconds.len());
    text.extend_from_slice(name);
    text.extend_from_slice(b";r=");
    text.extend_from_slice(remaining);
    text.extend_from_slice(b";t=");
    text.extend_from_slice(seconds);
    // A value that was a header's already, and digits.
    HeaderValue::from_maybe_shared(bytes::Bytes::from(text)).unwrap_or(HeaderValue::from_static(""))
}
