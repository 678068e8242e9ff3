//! The pages at `/problems/<code>`: what happened, what the reader can do about it, an example, and where it comes from.

use std::collections::BTreeMap;

use bytes::Bytes;
use mainstay_core::{Code, Kind, Result};
use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;
use serde_json::Value;

use crate::pages::rendered;
use crate::problem::{PAGES, example, status_of_code};

/// A code as programs read it.
#[derive(Serialize)]
pub(crate) struct Described {
    code: &'static str,
    title: &'static str,
    advice: &'static str,
    status: u16,
    kind: String,
    /// Whether the same request may succeed later.
    temporary: bool,
    /// Whether the request may have taken effect although it failed.
    outcome_unknown: bool,
    page: String,
    example: Value,
}

/// What a code means.
pub(crate) fn described(code: &'static Code) -> Described {
    Described {
        code: code.name,
        title: code.title,
        advice: code.advice,
        status: status_of_code(code).as_u16(),
        kind: words(code.kind),
        temporary: code.kind.is_temporary(),
        outcome_unknown: code.kind.outcome_unknown(),
        page: format!("{PAGES}{}", code.name),
        example: example(code),
    }
}

/// The page of one code. `openapi` tells which routes may refuse with it.
pub(crate) fn page(code: &'static Code, openapi: Option<&Value>) -> Result<Bytes> {
    let described = described(code);
    let example = serde_json::to_string_pretty(&described.example).unwrap_or_default();
    rendered(
        "problem.html",
        context! {
            title => code.title, here => "problems", example, routes => routes(code.name, openapi),
            problem => minijinja::Value::from(Serde(described)),
        },
    )
}

/// The list of all codes, by their area.
pub(crate) fn index<'a>(all: impl Iterator<Item = &'a &'static Code>) -> Result<Bytes> {
    let mut areas = BTreeMap::<&str, Vec<minijinja::Value>>::new();
    for code in all {
        let area = code.name.split('.').next().unwrap_or_default();
        areas.entry(area).or_default().push(minijinja::Value::from(Serde(described(code))));
    }
    let areas: Vec<_> = areas.into_iter().map(|(name, codes)| context! { name, codes }).collect();
    rendered("problems.html", context! { title => "Problems", here => "problems", areas })
}

fn routes(code: &str, openapi: Option<&Value>) -> Vec<minijinja::Value> {
    let paths = openapi.and_then(|document| document["paths"].as_object()).into_iter().flatten();
    let operations = paths.flat_map(|(path, methods)| {
        methods.as_object().into_iter().flatten().map(move |(method, operation)| (path, method, operation))
    });
    operations
        .filter(|(_, _, operation)| may_refuse(operation, code))
        .map(|(path, method, operation)| {
            let id = operation["operationId"].as_str().unwrap_or_default();
            context! { path, method => method.to_ascii_uppercase(), id }
        })
        .collect()
}

fn may_refuse(operation: &Value, code: &str) -> bool {
    let answers = operation["responses"].as_object().into_iter().flatten();
    answers
        .map(|(_, answer)| &answer["content"][crate::problem::PROBLEM_JSON]["examples"])
        .any(|codes| codes.get(code).is_some())
}

fn words(kind: Kind) -> String {
    let name = format!("{kind:?}");
    let mut words = String::with_capacity(name.len() + 3);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}
