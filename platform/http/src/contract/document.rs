//! The document of OpenAPI 3.1.

use std::collections::{BTreeMap, BTreeSet};

use mainstay_core::Code;
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use crate::contract::answers;
use crate::contract::examples;
use crate::contract::inputs::Header;
use crate::contract::operation::Callers;
use crate::contract::routes::Route;
use crate::contract::schema::{self, COMPONENTS};
use crate::extract::form::FORM;
use crate::problem;
use crate::session::COOKIE_NAME;

/// What the document says of itself.
const ABOUT: &str = "Refusals are problem+json (RFC 9457) whose `code` a program can rely on and whose `type` is a page \
                     that says what to do. Amounts are exact texts, times are RFC 3339, ids begin with their kind. \
                     Requests that change something take an `Idempotency-Key` where a repeat would matter.";

/// The document of these routes; any of them may also refuse with the codes `anywhere`.
pub fn openapi(title: &str, routes: &[Route], anywhere: &[&'static Code]) -> Value {
    let mut requests = schema::of_requests();
    let mut answered = schema::of_answers();
    answers::register_problem(&mut answered);

    let mut paths = BTreeMap::<&str, Map<String, Value>>::new();
    let mut groups = BTreeMap::<&str, &str>::new();
    let mut problems = Map::new();
    for route in routes {
        groups.insert(route.group.name, route.group.text);
        for code in answers::codes_of(route, anywhere) {
            problems.entry(code.name).or_insert_with(|| {
                json!({ "summary": code.title, "description": code.advice, "value": problem::example(code) })
            });
        }
        let described = operation(route, anywhere, &mut requests, &mut answered);
        paths.entry(route.path).or_default().insert(route.method.as_str().to_ascii_lowercase(), described);
    }

    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": "1",
            "description": ABOUT,
        },
        "servers": [{ "url": "/" }],
        "tags": groups.iter().map(|(name, text)| json!({ "name": name, "description": text })).collect::<Vec<_>>(),
        "paths": paths,
    });
    let schemas = merged(&mut document, requests.take_definitions(true), answered.take_definitions(true));
    examples::add(&mut document, &schemas);
    document["components"] = json!({
        "schemas": schemas,
        "examples": problems,
        "securitySchemes": {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "The token of the header `mainstay-session` of a login, an access token, or an API key.",
            },
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": COOKIE_NAME,
                "description": "The token of a login as a cookie, for browsers.",
            },
        },
    });
    document
}

fn operation(
    route: &Route,
    anywhere: &[&'static Code],
    requests: &mut SchemaGenerator,
    answered: &mut SchemaGenerator,
) -> Value {
    let about = &route.operation;
    let mut described = json!({
        "operationId": about.id,
        "summary": about.summary,
        "tags": [route.group.name],
        "responses": answers::responses(route, anywhere, answered),
        "security": match about.callers {
            Callers::Everybody => json!([{}, { "bearer": [] }, { "session": [] }]),
            Callers::LoggedIn => json!([{ "bearer": [] }, { "session": [] }]),
            Callers::Signed => json!([]),
        },
    });
    if !about.text.is_empty() {
        described["description"] = about.text.into();
    }
    let parameters = parameters(route, requests);
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    if let Some(body) = route.asked.body {
        let mut content = json!({ "schema": schema::finished(requests, body) });
        if let Some(example) = &about.example {
            content["example"] = example.clone();
        }
        described["requestBody"] = json!({ "required": true, "content": { "application/json": content } });
    } else if route.asked.bytes {
        let any: &[&str] = &["*/*"];
        let kinds = if about.media_types.is_empty() { any } else { about.media_types };
        let mut content: Map<String, Value> =
            kinds.iter().map(|kind| ((*kind).to_owned(), json!({}))).collect();
        if route.asked.form {
            content.insert(
                FORM.to_owned(),
                json!({ "schema": form(), "encoding": { "file": { "contentType": kinds.join(", ") } } }),
            );
        }
        described["requestBody"] = json!({ "required": true, "content": content });
    }
    described
}

/// A form with a file, as OpenAPI 3.1 has it.
fn form() -> Value {
    json!({ "type": "object", "properties": { "file": { "type": "string", "format": "binary" } }, "required": ["file"] })
}

fn parameters(route: &Route, generator: &mut SchemaGenerator) -> Vec<Value> {
    let mut parameters = path_parameters(route, generator);
    if let Some(query) = route.asked.query {
        let query = schema::finished(generator, query);
        let required: BTreeSet<&str> =
            query["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, field) in query["properties"].as_object().into_iter().flatten() {
            let mut field = field.clone();
            let description = field.as_object_mut().and_then(|field| field.remove("description"));
            without_null(&mut field);
            let mut parameter = json!({ "name": name, "in": "query", "required": required.contains(name.as_str()), "schema": field });
            if let Some(description) = description {
                parameter["description"] = description;
            }
            parameters.push(parameter);
        }
    }
    parameters.extend(route.asked.headers.iter().map(header));
    parameters
}

fn path_parameters(route: &Route, generator: &mut SchemaGenerator) -> Vec<Value> {
    let names = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let Some(path) = route.asked.path else {
        // A handler that reads none of them still has them in its address.
        return names.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })).collect();
    };
    let path = schema::finished(generator, path);
    let each: Vec<Value> = match path["prefixItems"].as_array() {
        Some(items) => items.clone(),
        None => vec![path],
    };
    let parameter = |(name, schema): (&str, Value)| json!({ "name": name, "in": "path", "required": true, "schema": schema });
    names.zip(each).map(parameter).collect()
}

fn header(header: &Header) -> Value {
    json!({
        "name": header.name,
        "in": "header",
        "required": header.required,
        "description": header.text,
        "schema": if header.pattern.is_empty() {
            json!({ "type": "string" })
        } else {
            json!({ "type": "string", "pattern": header.pattern })
        },
        "example": header.example,
    })
}

/// A parameter that is absent is not there; there is no way to write null.
fn without_null(field: &mut Value) {
    if let Some(kinds) = field.get_mut("type").and_then(Value::as_array_mut) {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_slice() {
            field["type"] = only.clone();
        }
    }
    if let Some(any) = field.get_mut("anyOf").and_then(Value::as_array_mut) {
        any.retain(|schema| schema["type"] != "null");
        if let [only] = any.as_slice() {
            *field = only.clone();
        }
    }
}

/// The named schemas of both directions. A type that looks different when it is sent to us, because a default may be
/// left out, gets a name of its own there.
fn merged(
    document: &mut Value,
    requests: Map<String, Value>,
    answers: Map<String, Value>,
) -> Map<String, Value> {
    let differing = differing(&requests, &answers);
    let mut all = answers;
    for (name, mut schema) in requests {
        renamed(&mut schema, &differing);
        let name = if differing.contains(&name) { format!("{name}Input") } else { name };
        all.insert(name, schema);
    }
    let operations = document["paths"].as_object_mut().into_iter().flatten();
    for operation in
        operations.filter_map(|(_, path)| path.as_object_mut()).flatten().map(|(_, operation)| operation)
    {
        for part in ["parameters", "requestBody"] {
            if let Some(part) = operation.get_mut(part) {
                renamed(part, &differing);
            }
        }
    }
    all
}

/// Those that are not the same in both directions, and those that have such a one inside.
fn differing(requests: &Map<String, Value>, answers: &Map<String, Value>) -> Vec<String> {
    let shared = || requests.iter().filter_map(|(name, schema)| Some((name, schema, answers.get(name)?)));
    let mut differing: Vec<String> =
        shared().filter(|(_, sent, answered)| sent != answered).map(|(name, ..)| name.clone()).collect();
    loop {
        let more: Vec<String> = shared()
            .filter(|(name, sent, _)| !differing.contains(name) && refers(sent, &differing))
            .map(|(name, ..)| name.clone())
            .collect();
        if more.is_empty() {
            return differing;
        }
        differing.extend(more);
    }
}

fn refers(schema: &Value, names: &[String]) -> bool {
    match schema {
        Value::Object(fields) => fields.iter().any(|(word, field)| match field {
            Value::String(reference) if word == "$ref" => {
                reference.strip_prefix(COMPONENTS).is_some_and(|known| names.iter().any(|name| name == known))
            }
            field => refers(field, names),
        }),
        Value::Array(items) => items.iter().any(|item| refers(item, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn renamed(value: &mut Value, differing: &[String]) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(reference) if name == "$ref" => {
                        let known = reference.strip_prefix(COMPONENTS);
                        if known.is_some_and(|known| differing.iter().any(|name| name == known)) {
                            reference.push_str("Input");
                        }
                    }
                    field => renamed(field, differing),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| renamed(item, differing)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
