//! JSON bodies, checked against the schema that the contract shows. Everything that is wrong with one is said at once,
//! by field; finding the fields costs nothing while bodies are right, because it is done for one that was refused.

mod unique;
mod words;

use std::error::Error as StdError;
use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, LengthLimitError};
use mainstay_core::{Error, FieldError};
use schemars::JsonSchema;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_json::error::Category;

pub use self::unique::is_unique;
use crate::codes::{BODY_BROKEN, BODY_INVALID, BODY_MALFORMED, BODY_TOO_LARGE, MEDIA_TYPE};
use crate::contract::rules::Rules;
use crate::problem::Problem;
use crate::visit::Visit;

/// A longer body that its type refuses is told the first fault only: a tree of it is many times its size.
const EXPLAINED_BYTES_MAX: usize = 65_536;

/// A body of JSON: `Body(order): Body<NewOrder>`.
#[derive(Clone, Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + JsonSchema + 'static, S: Send + Sync> FromRequest<S> for Body<T> {
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
    Ok(collected.map_err(broken)?.to_bytes())
}

/// Why a body ended early: it is longer than the rules of the route allow, or its sender went away.
pub(super) fn broken(error: axum::Error) -> Error {
    if is_length_limit(&error) {
        return BODY_TOO_LARGE.error("the body is longer than is taken here");
    }
    BODY_BROKEN.because("the body broke off", error)
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

fn parse<T: DeserializeOwned + JsonSchema + 'static>(bytes: &[u8]) -> Result<T, Error> {
    let rules = Rules::of::<T>();
    // First the type itself, which refuses what is unknown or doubled without building anything; only what it takes
    // is worth a tree.
    match serde_json::from_slice::<T>(bytes) {
        Ok(value) => match serde_json::from_slice::<Value>(bytes) {
            Ok(tree) if rules.allow(&tree) => Ok(value),
            Ok(tree) => Err(refused(rules.faults(&tree))),
            Err(error) => Err(malformed(bytes, &error)),
        },
        Err(error) => match error.classify() {
            Category::Syntax | Category::Eof | Category::Io => Err(malformed(bytes, &error)),
            Category::Data => invalid::<T>(bytes, &rules),
        },
    }
}

fn malformed(bytes: &[u8], error: &serde_json::Error) -> Error {
    if bytes.is_empty() {
        return BODY_MALFORMED.error("the body is empty");
    }
    let error = error.to_string();
    match error.strip_prefix("recursion limit exceeded") {
        Some(place) => BODY_MALFORMED.error(format!("the body is nested too deeply{place}")),
        None => BODY_MALFORMED.error(format!("the body is not JSON: {error}")),
    }
}

/// The type refused it, unless it only wrote its whole numbers as 3.0: by the schema, if that has something to say; else by what the type itself said.
#[cold]
fn invalid<T: DeserializeOwned>(bytes: &[u8], rules: &Rules) -> Result<T, Error> {
    // The type may have stopped before the place where the text ends being JSON.
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(bytes) {
        return Err(malformed(bytes, &error));
    }
    if bytes.len() <= EXPLAINED_BYTES_MAX {
        match serde_json::from_slice::<Value>(bytes) {
            // Deeper than a tree may be.
            Err(error) => return Err(malformed(bytes, &error)),
            Ok(tree) => {
                let faults = rules.faults(&tree);
                if !faults.is_empty() {
                    return Err(refused(faults));
                }
                if let Some(path) = unique::doubled(bytes) {
                    return Err(refused(vec![FieldError { path, message: "is there twice".to_owned() }]));
                }
                if let Ok(value) = T::deserialize(with_whole_numbers(tree)) {
                    return Ok(value);
                }
            }
        }
    }
    let mut again = serde_json::Deserializer::from_slice(bytes);
    // The same type refuses the same bytes again.
    serde_path_to_error::deserialize::<_, T>(&mut again).map_err(|error| refused(vec![words::fault(&error)]))
}

/// JSON has one kind of number, and some clients write 3 as 3.0; a schema takes that for a whole number.
fn with_whole_numbers(mut tree: Value) -> Value {
    match &mut tree {
        Value::Number(number) if number.is_f64() => {
            // Beyond 2^53 a float is no exact whole number any more.
            let whole = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9e15);
            if let Some(whole) = whole {
                return Value::from(whole as i64);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = with_whole_numbers(item.take())),
        Value::Object(fields) => {
            fields.values_mut().for_each(|field| *field = with_whole_numbers(field.take()))
        }
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
    tree
}

/// One refusal for all of the faults.
pub(super) fn refused(faults: Vec<FieldError>) -> Error {
    let summary = match faults.as_slice() {
        [only] if only.path.is_empty() => format!("the body {}", only.message),
        [only] => format!("{} {}", only.path, only.message),
        several => format!("{} things are wrong with it; errors names each", several.len()),
    };
    faults
        .into_iter()
        .fold(BODY_INVALID.error(summary), |error, fault| error.with_field(fault.path, fault.message))
}
