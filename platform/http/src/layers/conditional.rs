//! Answers 304 for what the caller has already, 412 for what is not the version that it wants, and gives a tag to answers
//! that may be kept and have none.
//!
//! A tag that is made here is weak and of the body as the handler wrote it, so it is the same in every coding and in
//! every process. A handler that knows a version sets its own, which costs no hash.

use std::hash::{BuildHasher, Hasher};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use axum::body::{Body, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use foldhash::quality::FixedState;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_MATCH,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use http::{HeaderValue, Method, StatusCode};

use crate::codes::CONDITION_FAILED;
use crate::etag::{ETag, Tags, uncoded};
use crate::problem::Problem;
use crate::visit::Exchange;

/// A larger body is not hashed for its tag: whoever makes it knows its version.
pub(super) const WHOLE_BYTES_MAX: u64 = 64 * 1_024;

/// Notes what the caller has.
pub(super) fn enter(exchange: &mut Exchange) {
    // Whoever read it compressed changes the same version as who did not.
    let sent = exchange.request.headers().get(IF_MATCH).and_then(|sent| sent.to_str().ok());
    if let Some(Ok(plain)) = sent.map(|sent| HeaderValue::try_from(uncoded(sent))) {
        if is_read(&exchange.noted.method) {
            exchange.noted.if_match = Some(plain.clone());
        }
        exchange.request.headers_mut().insert(IF_MATCH, plain);
    }
    if is_read(&exchange.noted.method) {
        let headers = exchange.request.headers();
        exchange.noted.if_none_match = headers.get(IF_NONE_MATCH).cloned();
        exchange.noted.if_modified_since = headers.get(IF_MODIFIED_SINCE).cloned();
    }
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Compares what there is with what the caller has.
pub(super) fn leave(exchange: &Exchange, response: &mut Response) {
    // A part of what is known already is known as well: the condition comes before the range.
    let is_good = matches!(response.status(), StatusCode::OK | StatusCode::PARTIAL_CONTENT);
    if !is_good || !is_read(&exchange.noted.method) {
        return;
    }
    // A router of axum's takes the body off for HEAD, and an empty one has another tag.
    let is_stripped = exchange.noted.method == Method::HEAD && response.body().size_hint().exact() == Some(0);
    if !response.headers().contains_key(ETAG)
        && !is_stripped
        && is_kept(exchange, response)
        && let Some(bytes) = whole(response)
    {
        let tag = tag_of(&bytes);
        response.headers_mut().insert(ETAG, tag);
    }
    if exchange.noted.if_match.as_ref().is_some_and(|sent| !is_wanted(sent, response)) {
        refuse(exchange, response);
    } else if is_known(exchange, response) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        let headers = response.headers_mut();
        for name in [CONTENT_LENGTH, CONTENT_TYPE, CONTENT_ENCODING, CONTENT_RANGE] {
            headers.remove(name);
        }
    }
}

/// Whether the answer may be kept by anybody; a tag of one that may not is of no use.
fn is_kept(exchange: &Exchange, response: &Response) -> bool {
    match response.headers().get(CACHE_CONTROL).or(exchange.policy.cache.as_ref()) {
        None => false,
        Some(cache) => !cache.to_str().is_ok_and(|cache| cache.contains("no-store")),
    }
}

/// Whether it is the very version that the caller wants to go on with.
fn is_wanted(sent: &HeaderValue, response: &Response) -> bool {
    let tag = response.headers().get(ETAG).and_then(|tag| ETag::parse(tag.to_str().ok()?));
    Tags::parse(sent.to_str().unwrap_or_default()).matches_strongly(tag.as_ref())
}

/// Says so in place of the answer, which keeps what other layers said in its head.
fn refuse(exchange: &Exchange, response: &mut Response) {
    let refusal = Problem::from(CONDITION_FAILED.error("what is there is not the version of If-Match"));
    let (head, body) = refusal.render(Some(exchange.visit.trace.trace_id)).into_parts();
    *response.status_mut() = head.status;
    *response.body_mut() = body;
    let headers = response.headers_mut();
    for name in [ETAG, LAST_MODIFIED, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_RANGE] {
        headers.remove(name);
    }
    headers.extend(head.headers);
}

fn is_known(exchange: &Exchange, response: &Response) -> bool {
    let text = |value: &HeaderValue| value.to_str().map(str::to_owned).unwrap_or_default();
    match &exchange.noted.if_none_match {
        Some(sent) => {
            let tag = response.headers().get(ETAG).and_then(|tag| ETag::parse(&text(tag)));
            tag.is_some_and(|tag| Tags::parse(&text(sent)).matches_weakly(&tag))
        }
        // The date that we gave comes back as it was; a cleverer comparison has found no user.
        None => {
            let since = exchange.noted.if_modified_since.as_ref();
            since.is_some() && since == response.headers().get(LAST_MODIFIED)
        }
    }
}

fn tag_of(bytes: &[u8]) -> HeaderValue {
    // Told by a length and a hash that is the same in every process. Nobody gains by two bodies with one tag but who
    // reads the older one of his own.
    let mut hasher = FixedState::with_seed(0x6d61_696e).build_hasher();
    hasher.write(bytes);
    weak_tag(bytes.len() as u64, hasher.finish())
}

/// `W/"96-b9f3517e6d78af18"`, without the formatter: nearly every answer has one.
fn weak_tag(length: u64, hash: u64) -> HeaderValue {
    // As long as it will be: then the bytes are taken over without one more allocation.
    let mut number = itoa::Buffer::new();
    let number = number.format(length).as_bytes();
    let mut text = Vec::with_capacity(3 + number.len() + 1 + 16 + 1);
    text.extend_from_slice(b"W/\"");
    text.extend_from_slice(number);
    let mut digits = [b'-'; 17];
    HEXLOWER.encode_mut(&hash.to_be_bytes(), &mut digits[1..]);
    text.extend_from_slice(&digits);
    text.push(b'"');
    // Digits and quotes are always a valid value; the bytes are taken over as they are.
    HeaderValue::from_maybe_shared(Bytes::from(text)).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The bytes of an answer that is small and there already; the answer keeps them.
pub(super) fn whole(response: &mut Response) -> Option<Bytes> {
    let size = response.body().size_hint().exact().filter(|size| *size <= WHOLE_BYTES_MAX)?;
    if size == 0 {
        return Some(Bytes::new());
    }
    let mut context = Context::from_waker(Waker::noop());
    match Pin::new(response.body_mut()).poll_frame(&mut context) {
        Poll::Ready(Some(Ok(frame))) => {
            let bytes = frame.into_data().unwrap_or_default();
            if u64::try_from(bytes.len()) == Ok(size) {
                *response.body_mut() = Body::from(bytes.clone());
                return Some(bytes);
            }
            // It comes in pieces: the first is put back before the others.
            let rest = std::mem::take(response.body_mut());
            *response.body_mut() = Body::new(Prefixed { first: Some(bytes), rest });
            None
        }
        // Whoever waits for it asks again, and is woken then.
        _ => None,
    }
}

struct Prefixed {
    first: Option<Bytes>,
    rest: Body,
}

impl HttpBody for Prefixed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, axum::Error>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(http_body::Frame::data(first)))),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_tag_is_what_the_formatter_would_write() {
        for (length, hash) in [(0, 0), (1, 1), (15, 0xb9f3_517e_6d78_af18), (16, 7), (0x1_0000, u64::MAX)] {
            let tag = weak_tag(length, hash);
            assert_eq!(tag.to_str().unwrap(), format!("W/\"{length}-{hash:016x}\""));
            assert_eq!(ETag::parse(tag.to_str().unwrap()).unwrap().header(), tag);
        }
    }
}
