//! What may come back from a route: its good answers, and each refusal with the codes that it may carry.

use std::collections::BTreeMap;

use mainstay_core::{Code, codes};
use mainstay_sql::codes::FULL;
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use crate::codes::{
    CONTENT_CODING, CROSS_SITE, HEAD_MALFORMED, HEAD_TOO_LARGE, HEAD_TOO_SLOW, NOT_ACCEPTABLE, OVERLOADED,
    RATE_LIMITED, TARGET, URI_TOO_LONG, VERSION,
};
use crate::contract::operation::{Answer, Callers};
use crate::contract::routes::Route;
use crate::contract::schema::{self, COMPONENTS};
use crate::problem::{Document, PROBLEM_JSON, status_of_code};

/// What any route may refuse with: the layers around it do, whatever it is.
const ANYWHERE: &[&Code] = &[
    &CONTENT_CODING,
    &HEAD_MALFORMED,
    &HEAD_TOO_LARGE,
    &HEAD_TOO_SLOW,
    &NOT_ACCEPTABLE,
    &OVERLOADED,
    &RATE_LIMITED,
    &TARGET,
    &URI_TOO_LONG,
    &VERSION,
    &codes::OVERLOADED,
    &codes::UNAVAILABLE,
    &codes::DEADLINE,
    &codes::INTERNAL,
    &FULL,
];

/// The object of `responses`.
pub(crate) fn responses(route: &Route, anywhere: &[&'static Code], generator: &mut SchemaGenerator) -> Value {
    let mut responses = BTreeMap::<u16, Value>::new();
    for answer in &route.operation.answers {
        responses.insert(answer.status, good(answer, generator));
    }
    for (status, codes) in refusals(route, anywhere) {
        responses.insert(status, refusal(&codes));
    }
    responses
        .into_iter()
        .map(|(status, response)| (status.to_string(), response))
        .collect::<Map<_, _>>()
        .into()
}

/// Every code that the route may refuse with.
pub(crate) fn codes_of(route: &Route, anywhere: &[&'static Code]) -> Vec<&'static Code> {
    // A credential that proves nothing is refused wherever one may be sent.
    let credential = (route.operation.callers != Callers::Signed).then_some(&codes::UNAUTHENTICATED);
    let own = route.asked.problems.iter().chain(&route.operation.problems).copied();
    // A cookie of ours has no power over what another site's page sends.
    let forged = (!route.method.is_safe()).then_some(&CROSS_SITE);
    own.chain(credential)
        .chain(forged)
        .chain(ANYWHERE.iter().copied())
        .chain(anywhere.iter().copied())
        .collect()
}

fn refusals(
    route: &Route,
    anywhere: &[&'static Code],
) -> BTreeMap<u16, BTreeMap<&'static str, &'static Code>> {
    let mut by_status = BTreeMap::<u16, BTreeMap<&'static str, &'static Code>>::new();
    for code in codes_of(route, anywhere) {
        by_status.entry(status_of_code(code).as_u16()).or_default().insert(code.name, code);
    }
    by_status
}

fn good(answer: &Answer, generator: &mut SchemaGenerator) -> Value {
    let mut response = json!({ "description": answer.text });
    if let Some((media_type, body)) = answer.body {
        let mut content = match body {
            Some(body) => json!({ "schema": schema::finished(generator, body) }),
            None => json!({}),
        };
        if let Some(example) = &answer.example {
            content["example"] = example.clone();
        }
        response["content"] = json!({ media_type: content });
    }
    if !answer.headers.is_empty() {
        let header = |(name, text): &(&str, &str)| {
            ((*name).to_owned(), json!({ "description": text, "schema": { "type": "string" } }))
        };
        response["headers"] = answer.headers.iter().map(header).collect::<Map<_, _>>().into();
    }
    response
}

fn refusal(codes: &BTreeMap<&'static str, &'static Code>) -> Value {
    let titles: Vec<&str> = codes.values().map(|code| code.title).collect();
    let examples: Map<String, Value> = codes
        .keys()
        .map(|name| ((*name).to_owned(), json!({ "$ref": format!("#/components/examples/{name}") })))
        .collect();
    json!({
        "description": titles.join("; or: "),
        "content": {
            PROBLEM_JSON: {
                "schema": {
                    "allOf": [
                        { "$ref": format!("{COMPONENTS}Problem") },
                        { "properties": { "code": { "enum": codes.keys().collect::<Vec<_>>() } } },
                    ],
                },
                "examples": examples,
            },
        },
    })
}

/// Puts the problem's own schema among the named ones.
pub(crate) fn register_problem(generator: &mut SchemaGenerator) {
    let _ = generator.subschema_for::<Document<'static>>();
}
