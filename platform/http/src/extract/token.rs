//! The session token that a request came with, for the few handlers that work on the session itself.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;
use mainstay_secrets::Secret;

use crate::session;

/// The bearer token, or else the session cookie: `SessionToken(token): SessionToken`. `None` without either.
///
/// What it says about the caller is in [`Ctx`](crate::Ctx) already; this is for ending the session that it proves.
#[derive(Clone, Debug)]
pub struct SessionToken(pub Option<Secret<String>>);

impl<S: Sync> FromRequestParts<S> for SessionToken {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let bearer = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.split_once(' '))
            .map(|(_, token)| token.trim_ascii());
        let token = bearer.or_else(|| session::cookie(&parts.headers));
        Ok(Self(token.map(|token| Secret::new(token.to_owned()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_bearer_token_goes_before_the_cookie() {
        let token = async |headers: &[(&str, &str)]| {
            let mut request = http::Request::builder();
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            let SessionToken(token) = SessionToken::from_request_parts(&mut parts, &()).await.unwrap();
            token.map(|token| token.expose().clone())
        };
        let (bearer, cookie) = (("authorization", "Bearer  a "), ("cookie", "x=1; session=b"));
        assert_eq!(token(&[bearer, cookie]).await.as_deref(), Some("a"));
        assert_eq!(token(&[cookie]).await.as_deref(), Some("b"));
        assert_eq!(token(&[("cookie", "session=")]).await, None);
    }
}
