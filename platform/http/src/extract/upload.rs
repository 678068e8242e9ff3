//! Bodies of any bytes, read piece by piece while they come, so that one that is larger than memory takes no more of it
//! than a small one. The rules of the route bound it before the first byte (`Policy::body_limit`).

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::HttpBody;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName};
use mainstay_blobs::{BlobStream, Digest, Expected};
use mainstay_core::{Result, codes};

use crate::base64;
use crate::extract::body::broken;
use crate::extract::form::{self, FORM, FormFile};
use crate::problem::Problem;
use crate::visit::Visit;

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

/// A body that is read while it comes: `upload: Upload`.
pub struct Upload {
    /// The media type that the sender told, without parameters and in lower case; empty when none was told.
    pub media_type: String,
    /// As long as was told, where it was.
    pub size_bytes: Option<u64>,
    /// Of the digest that was told by `Content-Digest` (RFC 9530), where it was.
    pub digest: Option<Digest>,
    /// Fails with `http.body_too_large` and `http.body_broken`.
    pub bytes: BlobStream,
}

impl Upload {
    /// What a store of objects holds the body to, with at most `size_max` bytes.
    pub fn expected(&self, size_max: u64) -> Expected {
        Expected::at_most(size_max).size(self.size_bytes).digest(self.digest)
    }
}

/// The same, or the file of a form (`multipart/form-data`) as pages send it: `FileUpload(upload): FileUpload`. A form has
/// one file, of any name, and some fields, which are passed over.
pub struct FileUpload(pub Upload);

impl<S: Send + Sync> FromRequest<S> for FileUpload {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let told = request.headers().get(CONTENT_TYPE).cloned();
        let body = Upload::from_request(request, state).await?;
        if body.media_type != FORM {
            return Ok(Self(body));
        }
        if body.digest.is_some() {
            let text =
                "a Content-Digest is looked at when the file is the body, and not when it is in a form";
            return Err(codes::INVALID.error(text).into());
        }
        let told = told.as_ref().and_then(|told| told.to_str().ok()).unwrap_or_default();
        let FormFile { media_type, bytes } = form::file(told, body.bytes).await?;
        Ok(Self(Upload { media_type, size_bytes: None, digest: None, bytes }))
    }
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let headers = request.headers();
        let media_type = headers.get(CONTENT_TYPE).and_then(|told| told.to_str().ok()).unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
        let digest = digest(headers)?;
        let size_bytes = request.body().size_hint().exact();
        let visit = request.extensions().get::<Arc<Visit>>().cloned();
        let pieces = request.into_body().into_data_stream();
        let bytes = Pieces { pieces, visit }.boxed();
        Ok(Self { media_type, size_bytes, digest, bytes })
    }
}

/// `sha-256=:<base64>:` among others; what is in another algorithm is not looked at, as the standard says.
fn digest(headers: &HeaderMap) -> Result<Option<Digest>> {
    for told in headers.get_all(CONTENT_DIGEST) {
        for member in told.to_str().unwrap_or_default().split(',') {
            let Some(value) = member.trim_ascii().strip_prefix("sha-256=") else { continue };
            let value = value.strip_prefix(':').and_then(|value| value.strip_suffix(':'));
            let bytes = value.and_then(|value| <[u8; 32]>::try_from(base64::decode(value.as_bytes())?).ok());
            return match bytes {
                Some(bytes) => Ok(Some(Digest::from_bytes(bytes))),
                None => Err(codes::INVALID.error("Content-Digest is sha-256=:<32 bytes in base64>:")),
            };
        }
    }
    Ok(None)
}

/// Says whenever it waits for the sender, so that who is late is told so.
struct Pieces {
    pieces: axum::body::BodyDataStream,
    visit: Option<Arc<Visit>>,
}

impl Stream for Pieces {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let piece = self.pieces.poll_next_unpin(cx);
        if let Some(visit) = &self.visit {
            visit.set_reading(piece.is_pending());
        }
        piece.map(|piece| piece.map(|piece| piece.map_err(broken)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_as_the_standard_has_it() {
        let told = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_DIGEST, http::HeaderValue::from_static(text));
            digest(&headers)
        };
        let hello = Some(Digest::of(b"hello"));
        for text in [
            "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:",
            "md5=:XUFAKrxLKna5cZ2REBfFkg==:, sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:",
        ] {
            assert_eq!(told(text).unwrap(), hello, "{text}");
        }
        assert_eq!(told("md5=:XUFAKrxLKna5cZ2REBfFkg==:").unwrap(), None);
        for text in [
            "sha-256=LPJN",
            "sha-256=:LPJN:",
            "sha-256=::",
            "sha-256=:!:",
            "sha-256=:ues=+QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQe+9:",
        ] {
            assert!(told(text).is_err(), "{text}");
        }
    }
}
