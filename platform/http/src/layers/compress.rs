//! Compresses answers where it is worth it: of a kind that shrinks, not small, and not compressed already.

use axum::body::{Body, HttpBody};
use axum::response::Response;
use http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_TYPE, ETAG, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::accept;
use crate::encoding::{Coding, Encoded};
use crate::etag::ETag;
use crate::layers::conditional::whole;
use crate::options::CompressionOptions;
use crate::visit::Exchange;

/// Makes answers smaller.
pub(super) struct Compress {
    min_bytes: Option<u64>,
}

impl Compress {
    pub(super) fn new(options: &CompressionOptions) -> Self {
        Self { min_bytes: options.enabled.then_some(options.min_bytes) }
    }

    pub(super) fn enter(&self, exchange: &mut Exchange) {
        if self.min_bytes.is_some() {
            let wish = exchange.request.headers().get(ACCEPT_ENCODING).and_then(|wish| wish.to_str().ok());
            exchange.noted.coding = wish.map_or(Coding::Identity, accept::coding);
        }
    }

    pub(super) fn leave(&self, exchange: &Exchange, response: &mut Response) {
        let Some(min_bytes) = self.min_bytes else { return };
        let size = response.body().size_hint();
        if size.upper().is_some_and(|upper| upper < min_bytes)
            || matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
            || response.status() == StatusCode::PARTIAL_CONTENT
            || !shrinks(response.headers())
        {
            return;
        }
        // Whoever keeps the answer must know that it depends on this, also when it was not compressed this time.
        if !response.headers().get_all(VARY).iter().any(|known| known == "accept-encoding") {
            response.headers_mut().append(VARY, HeaderValue::from_static("accept-encoding"));
        }
        let coding = exchange.noted.coding;
        if coding == Coding::Identity {
            return;
        }
        match whole(response).map(|plain| coding.encode(&plain)) {
            Some(Ok(small)) => *response.body_mut() = Body::from(small),
            // Only memory can be missing for it; the answer is as good without.
            Some(Err(_)) => return,
            None => {
                let plain = std::mem::take(response.body_mut());
                *response.body_mut() = Body::new(Encoded::new(plain, coding));
            }
        }
        let headers = response.headers_mut();
        headers.insert(CONTENT_ENCODING, coding.header());
        headers.remove(CONTENT_LENGTH);
        headers.remove(ACCEPT_RANGES);
        // The bytes are others now, so is a tag that stands for bytes.
        if let Some(tag) = headers.get(ETAG).and_then(|tag| ETag::parse(tag.to_str().ok()?)) {
            headers.insert(ETAG, tag.coded(coding).header());
        }
    }
}

fn shrinks(headers: &HeaderMap) -> bool {
    if headers.contains_key(CONTENT_ENCODING) || headers.contains_key(CONTENT_RANGE) {
        return false;
    }
    let stays = |cache: &HeaderValue| cache.to_str().is_ok_and(|cache| cache.contains("no-transform"));
    if headers.get(CACHE_CONTROL).is_some_and(stays) {
        return false;
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim_ascii();
    match essence.split_once('/') {
        // Events are small, and each is waited for.
        Some(("text", subtype)) => subtype != "event-stream",
        Some(("application", subtype)) => {
            matches!(
                subtype,
                "json" | "javascript" | "xml" | "wasm" | "x-ndjson" | "openmetrics-text" | "yaml"
            ) || subtype.ends_with("+json")
                || subtype.ends_with("+xml")
        }
        Some(("image", "svg+xml")) => true,
        _ => false,
    }
}
