//! The query of the address, checked against the schema that the contract shows.

use axum::extract::FromRequestParts;
use http::request::Parts;
use mainstay_core::{Error, FieldError};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::codes::QUERY_INVALID;
use crate::contract::rules::Rules;
use crate::problem::Problem;

/// Parameters of one query; no route of anybody has as many.
const PARAMETERS_MAX: usize = 64;

/// The parameters after the question mark: `Query(page): Query<Page>`.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + JsonSchema + 'static, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(parse(parts.uri.query().unwrap_or_default())?))
    }
}

fn parse<T: DeserializeOwned + JsonSchema + 'static>(query: &str) -> Result<T, Error> {
    let rules = Rules::of::<T>();
    let mut fields = Map::new();
    let mut parameters = 0;
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        let schema = &rules.schema["properties"][name.as_ref()];
        parameters += 1;
        if parameters > PARAMETERS_MAX {
            return Err(QUERY_INVALID.error("the query has too many parameters"));
        }
        // A list is written as its parameter once for each entry.
        if is(schema, "array") {
            let value = read(&schema["items"], &text);
            let list = fields.entry(name.as_ref()).or_insert_with(|| Value::Array(Vec::new()));
            if let Some(list) = list.as_array_mut() {
                list.push(value);
            }
            continue;
        }
        if fields.insert(name.clone().into_owned(), read(schema, &text)).is_some() {
            return Err(refused(vec![FieldError {
                path: format!("/{name}"),
                message: "is there twice".to_owned(),
            }]));
        }
    }
    let tree = Value::Object(fields);
    if !rules.allow(&tree) {
        return Err(refused(rules.faults(&tree)));
    }
    // What passes the schema can hardly fail here; a type may still know better, as a date of February 30th.
    serde_path_to_error::deserialize(tree).map_err(|error| {
        let path = error.path().to_string();
        refused(vec![FieldError { path, message: error.inner().to_string() }])
    })
}

/// Reads a text as what the parameter is to be; one that is not it stays a text, which the schema then refuses.
fn read(schema: &Value, text: &str) -> Value {
    if is(schema, "integer")
        && let Ok(number) = text.parse::<i64>()
    {
        return number.into();
    }
    if is(schema, "boolean")
        && let Ok(yes) = text.parse::<bool>()
    {
        return yes.into();
    }
    Value::String(text.to_owned())
}

fn is(schema: &Value, kind: &str) -> bool {
    match &schema["type"] {
        Value::String(only) => only == kind,
        Value::Array(kinds) => kinds.iter().any(|one| one == kind),
        _ => false,
    }
}

fn refused(faults: Vec<FieldError>) -> Error {
    let summary = match faults.as_slice() {
        [only] => format!("the parameter {} {}", only.path.trim_start_matches('/'), only.message),
        several => format!("{} parameters cannot be used; errors names each", several.len()),
    };
    let refused = QUERY_INVALID.error(summary);
    faults.into_iter().fold(refused, |error, fault| error.with_field(fault.path, fault.message))
}
