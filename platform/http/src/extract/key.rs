//! The idempotency key: what makes asking again safe.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::HeaderName;
use http::request::Parts;

use crate::codes::IDEMPOTENCY_KEY;
use crate::problem::Problem;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// A UUID has 36; the rest is room for taste.
const LENGTH_MAX: usize = 200;

/// The value of the header `Idempotency-Key`, which a handler that takes it requires. The quotes of the structured
/// form may be there or not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// A key from text: 1 to 200 printable ASCII characters.
    ///
    /// # Errors
    /// `http.idempotency_key`.
    pub fn new(text: &str) -> mainstay_core::Result<Self> {
        let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        let printable = bare.bytes().all(|byte| byte.is_ascii_graphic());
        if bare.is_empty() || bare.len() > LENGTH_MAX || !printable {
            return Err(IDEMPOTENCY_KEY.error("an Idempotency-Key has 1 to 200 printable ASCII characters"));
        }
        Ok(Self(bare.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Problem> {
        let value = parts.headers.get(HEADER);
        Ok(value.map(|value| Self::new(value.to_str().unwrap_or_default())).transpose()?)
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let value = parts.headers.get(HEADER);
        let value = value.ok_or_else(|| IDEMPOTENCY_KEY.error("the header Idempotency-Key is missing"))?;
        Ok(Self::new(value.to_str().unwrap_or_default())?)
    }
}
