//! Refuses what another site makes a browser send: cross-site request forgery.
//!
//! A browser adds the session cookie to whatever any page makes it send, so a cookie alone does not say that its owner
//! wanted the change. Since every browser in use says by itself where a request comes from, that is what is asked, in
//! the order of OWASP's advice: `Sec-Fetch-Site`, which no page can set; then `Origin`, which older browsers and
//! unencrypted places send. A request that changes something and has neither is no browser's of this decade. It goes
//! through when there is no cookie to abuse, or when it is of a form that no browser lets a page send to another site
//! without asking that site first, which is what programs with a jar of cookies send: a body of JSON, or a method other
//! than POST. A `Bearer` credential is never added by a browser, so who sends one is not asked.
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
        if is_safe(request.method()) || has_bearer(request.headers()) || self.is_ours(request) {
            return Ok(());
        }
        Err(CROSS_SITE.error("the request did not come from a page of this site").into())
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
    let media_type = request.headers().get(CONTENT_TYPE).map(|value| value.as_bytes()).unwrap_or_default();
    let is_json = media_type.split(|byte| *byte == b';').next().map(<[u8]>::trim_ascii);
    *request.method() != Method::POST
        || is_json.is_some_and(|text| text.eq_ignore_ascii_case(b"application/json"))
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
