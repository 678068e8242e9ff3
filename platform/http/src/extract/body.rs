//! JSON bodies. What is wrong with one is said by field; finding the field costs nothing while bodies are right,
//! because it is looked for in a second pass over a body that was refused.

use std::error::Error as StdError;
use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, LengthLimitError};
use mainstay_core::Error;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::codes::{BODY_BROKEN, BODY_INVALID, BODY_MALFORMED, BODY_TOO_LARGE, MEDIA_TYPE};
use crate::problem::Problem;
use crate::visit::Visit;

/// Serde's messages quote what it found; a quotation of this length is enough to find it again.
const MESSAGE_CHARS_MAX: usize = 200;

/// A body of JSON: `Body(order): Body<NewOrder>`.
#[derive(Clone, Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(MEDIA_TYPE
                .error("the body must be JSON, with content-type: application/json")
                .into());
        }
        let visit = request.extensions().get::<Arc<Visit>>().cloned();
        let bytes = read(request, visit.as_deref()).await?;
        Ok(Self(parse(&bytes)?))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim_ascii();
    let (kind, subtype) = essence.split_once('/').unwrap_or_default();
    kind.eq_ignore_ascii_case("application")
        && (subtype.eq_ignore_ascii_case("json") || subtype.to_ascii_lowercase().ends_with("+json"))
}

async fn read(request: Request, visit: Option<&Visit>) -> Result<Bytes, Error> {
    if let Some(visit) = visit {
        visit.set_reading(true);
    }
    let collected = request.into_body().collect().await;
    if let Some(visit) = visit {
        visit.set_reading(false);
    }
    match collected {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if is_length_limit(&error) => {
            Err(BODY_TOO_LARGE.error("the body is longer than is taken here"))
        }
        Err(error) => Err(BODY_BROKEN.because("the body broke off", error)),
    }
}

fn is_length_limit(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        Category::Syntax | Category::Eof | Category::Io => {
            let message = if bytes.is_empty() {
                "the body is empty".to_owned()
            } else {
                format!("the body is not JSON: {error}")
            };
            BODY_MALFORMED.error(message)
        }
        Category::Data => invalid::<T>(bytes, &error),
    })
}

#[cold]
fn invalid<T: DeserializeOwned>(bytes: &[u8], error: &serde_json::Error) -> Error {
    let mut again = serde_json::Deserializer::from_slice(bytes);
    let (path, message) = match serde_path_to_error::deserialize::<_, T>(&mut again) {
        Ok(_) => (String::new(), error.to_string()),
        Err(error) => (error.path().to_string(), error.inner().to_string()),
    };
    // A dot is what it calls the whole.
    let path = if path == "." { String::new() } else { path };
    // The position is of no use beside the path.
    let message = message.split(" at line ").next().unwrap_or_default();
    let message: String = message.chars().take(MESSAGE_CHARS_MAX).collect();
    let place = if path.is_empty() { "the body" } else { path.as_str() };
    BODY_INVALID.error(format!("{place} cannot be used")).with_field(path, message)
}
