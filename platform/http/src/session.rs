//! Handing a session to a browser or a program, and taking it away.
//!
//! A handler adds [`SessionIssued`] or [`SessionEnded`] to its answer; the layer that reads the cookie is the one that
//! writes it, so its name and attributes stand in one place.

use std::time::Duration;

use axum::response::{IntoResponseParts, ResponseParts};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use mainstay_secrets::Secret;

/// The cookie's name.
pub const COOKIE_NAME: &str = "session";

/// Its name behind TLS. The prefix makes browsers refuse it from another host, a part of the paths, or without TLS, so that
/// a sibling domain cannot plant a session.
pub const SECURE_COOKIE_NAME: &str = "__Host-session";

/// The same token as a header of the answer, for programs that keep no cookies and send it as a bearer token.
pub const HEADER: HeaderName = HeaderName::from_static("mainstay-session");

/// A new session: `(SessionIssued { … }, Json(answer))`.
#[derive(Clone, Debug)]
pub struct SessionIssued {
    /// What proves the session.
    pub token: Secret<String>,
    /// How long a browser keeps it.
    pub max_age: Duration,
}

/// The session is over: `(SessionEnded, StatusCode::NO_CONTENT)`.
#[derive(Clone, Copy, Debug)]
pub struct SessionEnded;

impl IntoResponseParts for SessionIssued {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

impl IntoResponseParts for SessionEnded {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

/// Writes the session into the answer. A token that no header can hold is left out; tokens are ours and are ASCII.
pub(crate) fn issue(headers: &mut HeaderMap, issued: &SessionIssued, secure: bool) {
    let token = issued.token.expose();
    let name = if secure { SECURE_COOKIE_NAME } else { COOKIE_NAME };
    let cookie = format!(
        "{name}={token}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{}",
        issued.max_age.as_secs(),
        if secure { "; Secure" } else { "" },
    );
    if let (Ok(mut cookie), Ok(mut plain)) = (HeaderValue::try_from(cookie), HeaderValue::from_str(token)) {
        // Keeps the token out of HTTP/2's compression tables and of debug output.
        cookie.set_sensitive(true);
        plain.set_sensitive(true);
        headers.append(SET_COOKIE, cookie);
        headers.insert(HEADER, plain);
    }
}

/// Takes the cookie away.
pub(crate) fn end(headers: &mut HeaderMap, secure: bool) {
    let gone = if secure {
        "__Host-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
    } else {
        "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
    };
    headers.append(SET_COOKIE, HeaderValue::from_static(gone));
}

/// The session cookie of a request, if there is one that is not empty. The one that only we can have set goes first.
pub fn cookie(headers: &HeaderMap) -> Option<&str> {
    named(headers, SECURE_COOKIE_NAME).or_else(|| named(headers, COOKIE_NAME))
}

/// Read as bytes: what others have put beside it, such as a word with an umlaut, does not hide it.
fn named<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    let mut pairs = lines.flat_map(|line| line.split(|byte| *byte == b';')).map(<[u8]>::trim_ascii);
    pairs.find_map(|pair| {
        let value = pair.strip_prefix(wanted.as_bytes())?.strip_prefix(b"=")?;
        let value = std::str::from_utf8(value).ok().filter(|value| value.is_ascii())?;
        (!value.is_empty()).then_some(value)
    })
}

/// What an answer that is replaced by a refusal has said about the session.
pub(crate) fn remaining(headers: &HeaderMap) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let cookies = headers.get_all(SET_COOKIE).iter().map(|value| (SET_COOKIE, value.clone()));
    cookies.chain(headers.get(HEADER).map(|value| (HEADER, value.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_found_whatever_stands_beside_it() {
        for (line, found) in [
            ("session=a", Some("a")),
            ("x=1; session=a; y=2", Some("a")),
            ("__Host-session=b; session=a", Some("b")),
            ("session=a; __Host-session=b", Some("b")),
            ("size=größe; session=a", Some("a")),
            ("session=; session=a", Some("a")),
            ("session=größe; session=a", Some("a")),
            ("mysession=a", None),
            ("session", None),
            ("session =a", None),
            ("", None),
        ] {
            let value = HeaderValue::from_bytes(line.as_bytes()).unwrap();
            assert_eq!(cookie(&HeaderMap::from_iter([(COOKIE, value)])), found, "{line}");
        }
    }
}
