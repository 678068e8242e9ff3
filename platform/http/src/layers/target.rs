//! Refuses requests that two readers could read differently: dot segments, encoded separators and control bytes in the
//! address, more or fewer hosts than one, more credentials than one, and bodies in codings that nobody here takes off. A
//! proxy, a cache and a router that disagree about an address are how somebody gets past the first to what only the last
//! would serve.

use axum::response::Response;
use http::header::{AUTHORIZATION, CONNECTION, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Version};

use crate::codes::{HEAD_TOO_LARGE, TARGET, TRANSFER_CODING, URI_TOO_LONG};
use crate::problem::Problem;
use crate::visit::Exchange;

/// A request head must fit; the parser of HTTP/1 takes no less than 8 kB.
pub(crate) const HEAD_BYTES_MAX: usize = 32 * 1_024;

/// What the list of headers counts beside the letters of each: RFC 9113, 6.5.2.
const HEADER_OVERHEAD: usize = 32;

/// Looks at addresses.
pub(crate) struct Target {
    uri_bytes_max: usize,
}

impl Target {
    pub(super) fn new(uri_bytes_max: usize) -> Self {
        Self { uri_bytes_max }
    }

    pub(super) fn enter(&self, exchange: &mut Exchange) -> Result<(), Problem> {
        exchange.noted.chunked = exchange.visit.from_wire && is_chunked(exchange);
        if exchange.noted.chunked && !is_only_chunked(exchange.request.headers()) {
            return Err(TRANSFER_CODING
                .error("a body comes in chunks and in no other transfer coding")
                .into());
        }
        // Over HTTP/1.1 the parser has done so.
        if exchange.request.version() == Version::HTTP_2
            && size_of(exchange.request.headers()) > HEAD_BYTES_MAX
        {
            return Err(HEAD_TOO_LARGE.error("the head of the request has more than 32 kB").into());
        }
        let uri = exchange.request.uri();
        let path = uri.path();
        let length = path.len() + uri.query().map_or(0, str::len);
        if length > self.uri_bytes_max {
            let limit = self.uri_bytes_max;
            return Err(URI_TOO_LONG.error(format!("an address may have {limit} bytes")).into());
        }
        if !is_plain(path) {
            return Err(TARGET
                .error("the path has a dot segment, an encoded separator or a control character")
                .into());
        }
        // Of two credentials, what stands before us may have checked the one that is not used here.
        if exchange.request.headers().get_all(AUTHORIZATION).iter().nth(1).is_some() {
            return Err(TARGET.error("a request has one Authorization header at most").into());
        }
        if exchange.visit.from_wire && exchange.request.version() == Version::HTTP_11 {
            let mut hosts = exchange.request.headers().get_all(HOST).iter();
            let is_one = hosts.next().is_some_and(is_host) && hosts.next().is_none();
            if !is_one {
                return Err(TARGET.error("a request names one host").into());
            }
        }
        Ok(())
    }

    pub(super) fn leave(&self, exchange: &Exchange, response: &mut Response) {
        // A body in chunks may have come with a length too, of which the transport tells nothing. Whoever went by that
        // length sees another request where this one ends, so nothing more is read from the connection (RFC 9112, 6.1).
        if exchange.noted.chunked {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

/// The size of a list of headers, as HTTP/2 counts it.
fn size_of(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + HEADER_OVERHEAD).sum()
}

/// Whether a body comes in chunks over HTTP/1.1.
fn is_chunked(exchange: &Exchange) -> bool {
    exchange.request.version() == Version::HTTP_11
        && exchange.request.headers().contains_key(TRANSFER_ENCODING)
}

/// Whether nothing was done to the body before it was cut into chunks, once: the transport looks for `chunked` at the
/// end only, and would hand on what is before it as the body itself (RFC 9112, 6.1).
fn is_only_chunked(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let first = codings.next().map(|coding| coding.as_bytes().trim_ascii());
    first.is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked")) && codings.next().is_none()
}

fn is_host(host: &HeaderValue) -> bool {
    let bytes = host.as_bytes();
    !bytes.is_empty()
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:[]%!$&'()*+,;=".contains(byte))
}

/// Whether a path is the same for everybody who reads it.
pub fn is_plain(path: &str) -> bool {
    let bytes = path.as_bytes();
    // Nearly all paths have neither, and are done with here.
    if !bytes.iter().any(|byte| matches!(byte, b'.' | b'%' | b'\\' | 0..=0x1f | 0x7f)) {
        return true;
    }
    if bytes.iter().any(|byte| matches!(byte, b'\\' | 0..=0x1f | 0x7f)) {
        return false;
    }
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        let code = rest.get(at + 1..at + 3).and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?;
            u8::from_str_radix(digits, 16).ok()
        });
        // Half an escape, a separator, a control character.
        if code.is_none_or(|code| matches!(code, b'/' | b'\\' | 0..=0x1f | 0x7f)) {
            return false;
        }
        rest = &rest[at + 3..];
    }
    path.split('/').all(|segment| !is_dots(segment))
}

fn is_dots(segment: &str) -> bool {
    let segment = segment.split(';').next().unwrap_or_default();
    let plain = segment.replace("%2e", ".").replace("%2E", ".");
    plain == "." || plain == ".."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_the_same_for_everybody_or_refused() {
        for good in
            ["/", "/v1/products", "/a.b/c..d/.well-known/x", "/v1/%C3%A9", "/v1/a%20b", "*", "", "/..."]
        {
            assert!(is_plain(good), "{good}");
        }
        for bad in [
            "/..",
            "/v1/../etc/passwd",
            "/./x",
            "/v1/%2e%2e/x",
            "/v1/.%2E/x",
            "/v1%2fadmin",
            "/v1%5Cadmin",
            "/a\\b",
            "/%00",
            "/%0d%0aset-cookie:x",
            "/%7f",
            "/%",
            "/%4",
            "/%zz",
            "/%+1",
            "/..;/admin",
            "/v1/..;a=b/x",
        ] {
            assert!(!is_plain(bad), "{bad}");
        }
    }
}
