//! Uploads that are gone on with, as tus 1.0.0 has them: <https://tus.io/protocols/resumable-upload>. What stands here is
//! what the protocol says in headers; the uploads themselves are `mainstay-uploads`'.
//!
//! Spoken are the core, creation, expiration and termination. tus was taken over the IETF's draft, which is not finished:
//! there are clients of it for browsers, phones and shells, and none has to be written.

use std::convert::Infallible;
use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use mainstay_core::{Error, Result, Timestamp};

use crate::base64;
use crate::codes::{TUS_HEADER, TUS_VERSION as WRONG_VERSION};
use crate::problem::Problem;

pub(crate) const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
pub(crate) const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");

/// What the body of an append is called.
pub const MEDIA_TYPE: &str = "application/offset+octet-stream";

const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");

/// What a request says of an upload: its version and where it is about. It is read when the handler asks, after who asks
/// was looked at.
#[derive(Clone, Debug)]
pub struct Told<T> {
    headers: HeaderMap,
    what: PhantomData<fn() -> T>,
}

/// Something that the protocol says in headers.
pub trait FromHeaders: Sized + 'static {
    /// Reads it.
    ///
    /// # Errors
    /// `http.tus_header`.
    fn from_headers(headers: &HeaderMap) -> Result<Self>;
}

/// Nothing but the version.
#[derive(Clone, Copy, Debug)]
pub struct Tus;

/// What somebody is about to send.
#[derive(Clone, Debug)]
pub struct Creation {
    pub size_bytes: u64,
    /// `filetype` of the metadata, in lower case; empty when none was told.
    pub media_type: String,
}

/// Where a body is to be appended.
#[derive(Clone, Copy, Debug)]
pub struct Offset(pub u64);

impl FromHeaders for Tus {
    fn from_headers(_headers: &HeaderMap) -> Result<Self> {
        Ok(Self)
    }
}

impl FromHeaders for Creation {
    fn from_headers(headers: &HeaderMap) -> Result<Self> {
        Ok(Self { size_bytes: number(headers, &UPLOAD_LENGTH)?, media_type: media_type(headers)? })
    }
}

impl FromHeaders for Offset {
    fn from_headers(headers: &HeaderMap) -> Result<Self> {
        number(headers, &UPLOAD_OFFSET).map(Self)
    }
}

impl<T: FromHeaders> Told<T> {
    /// Reads it.
    ///
    /// # Errors
    /// `http.tus_version`, `http.tus_header`.
    pub fn read(&self) -> Result<T> {
        let version = self.headers.get(TUS_RESUMABLE);
        if !version.is_some_and(is_version) {
            return Err(faulty(&TUS_RESUMABLE, "a version, 1.0.0 here"));
        }
        if version != Some(&VERSION) {
            return Err(WRONG_VERSION.error("Tus-Resumable: 1.0.0 is what is spoken here"));
        }
        T::from_headers(&self.headers)
    }
}

impl<T: FromHeaders, S: Sync> FromRequestParts<S> for Told<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let of_tus = [TUS_RESUMABLE, UPLOAD_OFFSET, UPLOAD_LENGTH, UPLOAD_METADATA];
        let headers = of_tus.into_iter().filter_map(|name| {
            let value = parts.headers.get(&name)?.clone();
            Some((name, value))
        });
        Ok(Self { headers: headers.collect(), what: PhantomData })
    }
}

/// Three numbers with points between.
fn is_version(value: &HeaderValue) -> bool {
    let is_number = |part: &str| (1..=9).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let text = value.to_str().unwrap_or_default();
    text.split('.').count() == 3 && text.split('.').all(is_number)
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64> {
    let digits = headers.get(name).and_then(|value| value.to_str().ok()).filter(|text| {
        // `parse` takes a sign.
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
    });
    digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| faulty(name, "a number of bytes"))
}

/// `filetype aW1hZ2UvanBlZw==,filename …`: names with values in base64. The name that uploads have in browsers' clients.
fn media_type(headers: &HeaderMap) -> Result<String> {
    let Some(metadata) = headers.get(UPLOAD_METADATA) else { return Ok(String::new()) };
    let wrong = || faulty(&UPLOAD_METADATA, "names with values in base64");
    for member in metadata.to_str().map_err(|_| wrong())?.split(',') {
        let (name, value) = member.trim_ascii().split_once(' ').unwrap_or((member.trim_ascii(), ""));
        if name == "filetype" {
            let value = base64::decode(value.as_bytes()).ok_or_else(wrong)?;
            return Ok(String::from_utf8(value).map_err(|_| wrong())?.to_ascii_lowercase());
        }
    }
    Ok(String::new())
}

fn faulty(name: &HeaderName, what: &str) -> Error {
    TUS_HEADER.error(format!("the header {name} has to be {what}"))
}

/// An answer of the protocol: every one says its version, a refusal as well, and none is kept by anybody.
pub fn told(answer: Result<Response>) -> Response {
    let mut response = match answer {
        Ok(response) => response,
        Err(error) => {
            let is_version = error.is(&WRONG_VERSION);
            let mut refused = Problem::from(error).into_response();
            if is_version {
                refused.headers_mut().insert(TUS_VERSION, VERSION);
            }
            refused
        }
    };
    response.headers_mut().insert(TUS_RESUMABLE, VERSION);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The headers that say how far an upload is.
pub fn progress(reached: u64, size_bytes: u64, expires_at: Timestamp) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(UPLOAD_OFFSET, reached.into());
    headers.insert(UPLOAD_LENGTH, size_bytes.into());
    let seconds = u64::try_from(expires_at.as_micros() / 1_000_000).unwrap_or_default();
    let date = httpdate::fmt_http_date(std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds));
    if let Ok(date) = HeaderValue::try_from(date) {
        headers.insert(UPLOAD_EXPIRES, date);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name.clone(), HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn numbers_are_digits_and_nothing_else() {
        for (text, expected) in [("0", Some(0)), ("10000000", Some(10_000_000)), ("007", Some(7))] {
            assert_eq!(number(&headers(&UPLOAD_OFFSET, text), &UPLOAD_OFFSET).ok(), expected, "{text}");
        }
        for text in ["", "-1", "+1", "1.0", "1e3", " 1", "99999999999999999999999", "x"] {
            let refused = number(&headers(&UPLOAD_OFFSET, text), &UPLOAD_OFFSET).unwrap_err();
            assert!(refused.is(&TUS_HEADER), "{text}");
        }
        assert!(number(&HeaderMap::new(), &UPLOAD_OFFSET).is_err());
    }

    #[test]
    fn the_kind_is_found_among_the_metadata() {
        let found = |text: &str| media_type(&headers(&UPLOAD_METADATA, text));
        for (text, expected) in [
            ("filetype aW1hZ2UvanBlZw==", "image/jpeg"),
            ("filename YS5qcGc=, filetype SU1BR0UvUE5H", "image/png"),
            ("filename YS5qcGc=,is_confidential", ""),
            ("filetype", ""),
        ] {
            assert_eq!(found(text).unwrap(), expected, "{text}");
        }
        for text in ["filetype !", "filetype aW1hZ2UvanBlZw", "filetype /w==", "filetype aW1hZ2U=L2pwZWc="] {
            assert!(found(text).unwrap_err().is(&TUS_HEADER), "{text}");
        }
        assert_eq!(media_type(&HeaderMap::new()).unwrap(), "");
    }
}
