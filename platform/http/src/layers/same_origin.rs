//! Refuses what another site makes a browser send: cross-site request forgery.
//!
//! A browser adds the session cookie to whatever any page makes it send, so a cookie alone does not say that its owner
//! wanted the change. Since every browser in use says by itself where a request comes from, that is what is asked, in
//! the order of OWASP's advice: `Sec-Fetch-Site`, which no page can set; then `Origin`, which older browsers and
//! unencrypted places send. A request that changes something and has neither is no browser's of this decade. It goes
//! through when there is no cookie to abuse, or when it is of a form that no browser lets a page send to another site
//! without asking that site first, which is what programs with a jar of cookies send: a method other than POST, or a body
//! of JSON, a picture, anything but the few types that a page or the browser itself may send unasked. A `Bearer`
//! credential is never added by a browser, so who sends one is not asked.
//!
//! Rejected: a token in a second cookie and a header. It guards the same requests, must be made, bound to the session
//! and carried by every form, and falls to a sibling domain that can set cookies, which the headers do not.

use std::sync::Arc;

use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN};
use http::{HeaderMap, HeaderName, Method, Request};

use crate::codes::CROSS_SITE;
use crate::problem::Problem;
use crate::session;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// For whoever is a program with a jar of cookies, most likely.
const UNTOLD: &str = "a cookie came with a form, or a body without exactly one content-type, and nothing says which site's page sent it; \
                      send the header Origin of this site, a content-type such as application/json, or \
                      Authorization: Bearer instead of the cookie";

/// What a browser sends to another site without asking it first: what forms send (the Fetch standard's CORS-safelisted
/// types), what a link with `ping` sends, and what browsers report to an address that a page names.
const SENT_UNASKED: [&[u8]; 7] = [
    b"application/x-www-form-urlencoded",
    b"multipart/form-data",
    b"text/plain",
    b"text/ping",
    b"application/csp-report",
    b"application/reports+json",
    b"application/expect-ct-report+json",
];

/// Lets through what is safe, what carries no cookie's power, and what our own pages send.
#[derive(Clone)]
pub(crate) struct SameOrigin {
    trusted: Arc<[String]>,
}

impl SameOrigin {
    pub(super) fn new(trusted: &[String]) -> Self {
        Self { trusted: trusted.into() }
    }

    /// Refuses the request with `http.cross_site`. A check of the layer that reads the cookie and no layer of its own: each
    /// layer deepens the stack's future, which the compiler follows only so far.
    pub(super) fn check(&self, request: &Request<axum::body::Body>) -> Result<(), Problem> {
        let headers = request.headers();
        if is_safe(request.method()) || has_bearer(headers) || self.is_ours(request) {
            return Ok(());
        }
        let is_told = headers.contains_key(SEC_FETCH_SITE) || headers.contains_key(ORIGIN);
        let words = if is_told { "the request did not come from a page of this site" } else { UNTOLD };
        Err(CROSS_SITE.error(words).into())
    }

    fn is_ours(&self, request: &Request<axum::body::Body>) -> bool {
        let headers = request.headers();
        let origin = headers.get(ORIGIN).and_then(|value| value.to_str().ok());
        if origin.is_some_and(|origin| self.trusted.iter().any(|trusted| trusted == origin)) {
            return true;
        }
        if let Some(site) = headers.get(SEC_FETCH_SITE) {
            // `none` is a person's own doing, such as an address that they typed.
            return matches!(site.as_bytes(), b"same-origin" | b"none");
        }
        match origin {
            Some(origin) => is_own(origin, request),
            None if headers.contains_key(ORIGIN) => false,
            None => session::cookie(headers).is_none() || is_asked_for_first(request),
        }
    }
}

/// Methods that change nothing here, which every handler keeps to.
fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
}

/// Whether a browser would have asked us before it sent this for another site, which we would have refused.
fn is_asked_for_first(request: &Request<axum::body::Body>) -> bool {
    if *request.method() != Method::POST {
        return true;
    }
    // Two types are nobody's in particular; a browser joins them into one that is none.
    let mut types = request.headers().get_all(CONTENT_TYPE).iter();
    let (Some(media_type), None) = (types.next(), types.next()) else { return false };
    // Whatever stands behind the type makes no other type of it.
    let essence = media_type.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    is_media_type(essence) && !SENT_UNASKED.iter().any(|sent| essence.eq_ignore_ascii_case(sent))
}

/// `image/png`. A browser asks first about what is no type at all too, but whoever reads it may see in it what they like.
fn is_media_type(essence: &[u8]) -> bool {
    let is_token = |text: &[u8]| {
        !text.is_empty()
            && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
    };
    let mut parts = essence.splitn(2, |byte| *byte == b'/');
    parts.next().is_some_and(is_token) && parts.next().is_some_and(is_token)
}

/// Where there is such a header, the cookie is not looked at.
fn has_bearer(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION)
}

/// Whether the origin names the host that was asked. The scheme is left out: behind a proxy that ends TLS it is not
/// known here, and the two schemes of one host have one owner.
fn is_own(origin: &str, request: &Request<axum::body::Body>) -> bool {
    let host = request
        .uri()
        .authority()
        .map(|authority| authority.as_str())
        .or_else(|| request.headers().get(HOST).and_then(|host| host.to_str().ok()));
    let named = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    matches!((named, host), (Some(named), Some(host)) if named.eq_ignore_ascii_case(host))
}
