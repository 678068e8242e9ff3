//! Files that do not change while a process runs, such as scripts and styles: compressed once, at the start, as small as
//! they get, and never again. What a process makes of itself, such as its contract, is compressed for who first asks.
//!
//! A file whose name has a hash in it (`app.3f2a9c1b.js`) is kept for ever by whoever has it; any other is asked for each
//! time, which costs no body while it is the same.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, VARY};
use http::{HeaderMap, HeaderValue};
use sha2::{Digest, Sha256};

use crate::accept;
use crate::encoding::Coding;
use crate::etag::ETag;

/// The highest levels: they take a tenth of a second for a hundred kilobytes, once.
const BROTLI_QUALITY: u32 = 11;

/// Of what is made while a process runs: half a megabyte takes a twentieth of a second, once.
const BROTLI_QUALITY_LATER: u32 = 9;
const BROTLI_WINDOW: u32 = 22;

/// Of a name's part that is taken for a hash.
const HASH_LENGTH_MIN: usize = 8;

/// A set of files.
#[derive(Clone, Debug, Default)]
pub struct Assets(BTreeMap<String, Arc<Asset>>);

/// One file, with its tag and its packed forms.
#[derive(Debug)]
pub(crate) struct Asset {
    media_type: HeaderValue,
    cache: HeaderValue,
    tag: String,
    plain: Bytes,
    brotli_quality: u32,
    // Made when they are first asked for, if not before; none where it would not be smaller.
    gzip: OnceLock<Option<Bytes>>,
    brotli: OnceLock<Option<Bytes>>,
}

impl Assets {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file at an address such as `/assets/app.js`.
    #[must_use]
    pub fn file(mut self, path: &str, media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let cache = if has_hash(path) { "public, max-age=31536000, immutable" } else { "public, no-cache" };
        let asset = Asset { brotli_quality: BROTLI_QUALITY, ..Asset::new(media_type, cache, bytes.into()) };
        for coding in [Coding::Gzip, Coding::Brotli] {
            asset.packed(coding);
        }
        self.0.insert(path.to_owned(), Arc::new(asset));
        self
    }

    /// A route for each file.
    pub fn into_router(self) -> Router {
        self.0.into_iter().fold(Router::new(), |router, (path, asset)| {
            let handler = get(move |headers: HeaderMap| {
                let wish = headers.get(ACCEPT_ENCODING).and_then(|wish| wish.to_str().ok());
                std::future::ready(asset.answer(wish.map_or(Coding::Identity, accept::coding)))
            });
            router.route(&path, handler)
        })
    }
}

impl Asset {
    /// What a process says that never changes while it runs.
    pub(crate) fn new(media_type: &'static str, cache: &'static str, plain: Bytes) -> Self {
        Self {
            media_type: HeaderValue::from_static(media_type),
            cache: HeaderValue::from_static(cache),
            tag: Sha256::digest(&plain).iter().take(12).map(|byte| format!("{byte:02x}")).collect(),
            plain,
            brotli_quality: BROTLI_QUALITY_LATER,
            gzip: OnceLock::new(),
            brotli: OnceLock::new(),
        }
    }

    fn packed(&self, coding: Coding) -> Option<&Bytes> {
        let shrunk = |made: Option<Vec<u8>>| {
            // Pictures and fonts are compressed already.
            made.filter(|small| small.len() < self.plain.len() * 9 / 10).map(Bytes::from)
        };
        let made = match coding {
            Coding::Identity => return None,
            Coding::Gzip => self.gzip.get_or_init(|| shrunk(gzip(&self.plain))),
            Coding::Brotli => self.brotli.get_or_init(|| shrunk(brotli(&self.plain, self.brotli_quality))),
        };
        made.as_ref()
    }

    /// The answer for somebody who reads `wish`.
    pub(crate) fn answer(&self, wish: Coding) -> Response {
        let (coding, bytes) = match self.packed(wish) {
            Some(packed) => (wish, packed),
            None => (Coding::Identity, &self.plain),
        };
        let mut response = Response::new(Body::from(bytes.clone()));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, self.media_type.clone());
        headers.insert(CACHE_CONTROL, self.cache.clone());
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(ETAG, ETag::strong(&self.tag).coded(coding).header());
        if coding != Coding::Identity {
            headers.insert(CONTENT_ENCODING, coding.header());
        }
        response
    }
}

fn gzip(plain: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok()
}

fn brotli(plain: &[u8], quality: u32) -> Option<Vec<u8>> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4_096, quality, BROTLI_WINDOW);
    encoder.write_all(plain).ok()?;
    Some(encoder.into_inner())
}

/// Whether a part between dots or dashes is a hash: long enough, hexadecimal, and not a plain number or word.
fn has_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.split(['.', '-']).any(|part| {
        part.len() >= HASH_LENGTH_MIN
            && part.bytes().all(|byte| byte.is_ascii_hexdigit())
            && part.bytes().any(|byte| byte.is_ascii_digit())
            && part.bytes().any(|byte| byte.is_ascii_alphabetic())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_hash_is_kept_for_ever() {
        for (path, hashed) in [
            ("/a/app.3f2a9c1b.js", true),
            ("/app-0123456789abcdef.css", true),
            ("/app.js", false),
            ("/3f2a9c1b/app.js", false),
            ("/report-20301231.pdf", false),
            ("/deadbeef.js", false),
        ] {
            assert_eq!(has_hash(path), hashed, "{path}");
        }
    }
}
