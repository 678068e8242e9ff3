//! Objects as answers: whole, or the range that was asked for (RFC 9110, 14), read while they are sent. Who reads slowly
//! is read for slowly, so an answer of any size takes the same memory.

use std::pin::Pin;
use std::task::{Context as Poller, Poll};

use axum::body::{Body, HttpBody};
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::StreamExt;
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use http_body::{Frame, SizeHint};
use mainstay_blobs::{Blob, BlobKey, BlobStream, ByteRange, Store, codes};
use mainstay_core::{Context, Error};

use crate::etag::ETag;
use crate::problem::Problem;

/// Which bytes a caller wants of an object, and of which version of it: `ranged: Ranged`.
#[derive(Clone, Debug, Default)]
pub struct Ranged {
    range: Option<ByteRange>,
    /// Empty where what was sent names no version that could be ours.
    if_range: Option<Option<ETag>>,
}

impl<S: Sync> FromRequestParts<S> for Ranged {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // A range of anything else than a read means nothing.
        if parts.method != Method::GET {
            return Ok(Self::default());
        }
        let text = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
        Ok(Self {
            range: text(RANGE).and_then(ByteRange::parse),
            // A date is no version of ours: what is asked for on its condition is answered whole.
            if_range: parts.headers.contains_key(IF_RANGE).then(|| text(IF_RANGE).and_then(ETag::parse)),
        })
    }
}

impl Ranged {
    /// The range, unless it is wanted of another version than the one with this tag.
    fn of(&self, tag: &ETag) -> Option<ByteRange> {
        let is_same =
            |wanted: &Option<ETag>| wanted.as_ref().is_some_and(|wanted| wanted.matches_strongly(tag));
        self.range.filter(|_| self.if_range.as_ref().is_none_or(is_same))
    }

    /// Answers with an object of the store, or with what was asked for of it; nothing when there is none. Its tag is its
    /// digest.
    ///
    /// # Errors
    /// `blobs.range` (416), and those of the store.
    pub async fn answer(
        &self,
        ctx: &Context,
        store: &Store,
        key: &BlobKey,
        media_type: &'static str,
    ) -> Result<Option<Response>, Error> {
        let range = match (&self.if_range, self.range) {
            // Which version it is must be known first.
            (Some(_), Some(_)) => match store.head(ctx, key).await? {
                None => return Ok(None),
                Some(stored) => self.of(&ETag::strong(&stored.digest.to_string())),
            },
            (_, range) => range,
        };
        match store.get(ctx, key, range).await {
            Ok(found) => Ok(found.map(|blob| sent(blob, media_type, range.is_some()))),
            Err(error) if error.is(&codes::RANGE) => {
                let Some(stored) = store.head(ctx, key).await? else { return Ok(None) };
                Ok(Some(unsatisfiable(error, stored.size_bytes)))
            }
            Err(error) => Err(error),
        }
    }
}

fn sent(blob: Blob, media_type: &'static str, is_part: bool) -> Response {
    let Blob { stored, start, length, bytes } = blob;
    let mut response = Response::new(Body::new(Sent { bytes, left: length }));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(ETAG, ETag::strong(&stored.digest.to_string()).header());
    if is_part {
        headers.insert(
            CONTENT_RANGE,
            content_range(&format!("{start}-{}", start + length - 1), stored.size_bytes),
        );
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
}

fn unsatisfiable(error: Error, size_bytes: u64) -> Response {
    let mut response = Problem::from(error).into_response();
    response.headers_mut().insert(CONTENT_RANGE, content_range("*", size_bytes));
    response
}

fn content_range(which: &str, size_bytes: u64) -> HeaderValue {
    // Digits, a dash or an asterisk, and a slash are always a header's value.
    HeaderValue::try_from(format!("bytes {which}/{size_bytes}"))
        .unwrap_or(HeaderValue::from_static("bytes */*"))
}

/// A body whose length is known, so that one that ends early is not taken for whole.
struct Sent {
    bytes: BlobStream,
    left: u64,
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Poller<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.bytes.poll_next_unpin(cx).map(|piece| match piece? {
            Ok(piece) => {
                self.left = self.left.saturating_sub(piece.len() as u64);
                Some(Ok(Frame::data(piece)))
            }
            Err(error) => {
                // The head is gone; the connection breaks, and here is the last place that knows why.
                tracing::error!(error = error.chain(), "an answer broke off");
                Some(Err(axum::Error::new(error)))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
