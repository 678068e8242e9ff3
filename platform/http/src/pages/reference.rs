//! The reference: the document of OpenAPI as a page, on which each request can be tried.

use std::collections::BTreeMap;

use bytes::Bytes;
use mainstay_core::Result;
use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;
use serde_json::Value;

use crate::extract::form::FORM;
use crate::pages::rendered;
use crate::problem::PROBLEM_JSON;

/// Fields within fields; what is deeper is named by its type.
const DEPTH_MAX: usize = 6;

/// Texts to choose from that are written out.
const CHOICES_SHOWN: usize = 8;

/// One row of a table of fields.
#[derive(Serialize)]
struct Field {
    /// Such as `lines[].quantity`.
    name: String,
    depth: usize,
    kind: String,
    required: bool,
    bounds: String,
    text: String,
}

/// The page of a document.
pub(crate) fn reference(document: &Value) -> Result<Bytes> {
    let mut groups = BTreeMap::<&str, Vec<minijinja::Value>>::new();
    for (path, methods) in fields(&document["paths"]) {
        for (method, operation) in fields(methods) {
            let group = operation["tags"][0].as_str().unwrap_or_default();
            groups.entry(group).or_default().push(one(document, method, path, operation));
        }
    }
    let groups: Vec<minijinja::Value> = groups
        .into_iter()
        .map(|(name, operations)| {
            let tag = items(&document["tags"]).find(|tag| tag["name"] == name);
            let text = tag.map_or("", |tag| text(tag, "description"));
            context! { name, text, operations }
        })
        .collect();
    rendered(
        "reference.html",
        context! { title => "Reference", here => "reference", groups, about => text(&document["info"], "description") },
    )
}

fn one(document: &Value, method: &str, path: &str, operation: &Value) -> minijinja::Value {
    let parameters: Vec<minijinja::Value> = items(&operation["parameters"])
        .map(|parameter| {
            let field = field(document, text(parameter, "name"), 0, &parameter["schema"], parameter["required"] == true);
            let example = match (&parameter["example"], &parameter["schema"]["examples"][0]) {
                (Value::String(example), _) | (_, Value::String(example)) => example.clone(),
                _ => String::new(),
            };
            // An example of what may be left out would be sent, and would ask for something that is not there.
            let field = minijinja::Value::from(Serde(field));
            let example = if parameter["required"] == true { example } else { String::new() };
            context! { place => text(parameter, "in"), text => text(parameter, "description"), field, example }
        })
        .collect();
    let content = &operation["requestBody"]["content"]["application/json"];
    let body = (!content.is_null()).then(|| {
        let example = pretty(&content["example"]);
        context! { fields => table(document, &content["schema"]), example }
    });
    let form = operation["requestBody"]["content"].get(FORM);
    let file = form.map(|form| text(&form["encoding"]["file"], "contentType"));
    let (mut answers, mut problems) = (Vec::new(), Vec::new());
    for (status, answer) in fields(&operation["responses"]) {
        for (code, example) in fields(&answer["content"][PROBLEM_JSON]["examples"]) {
            let example = resolved(document, example);
            problems.push(context! { status, code, title => text(example, "summary") });
        }
        if answer["content"].get(PROBLEM_JSON).is_none() {
            let schema = &answer["content"]["application/json"]["schema"];
            let headers: Vec<_> = fields(&answer["headers"])
                .map(|(name, header)| context! { name, text => text(header, "description") })
                .collect();
            let other = fields(&answer["content"])
                .map(|(media_type, _)| media_type)
                .find(|kind| *kind != "application/json");
            answers.push(context! {
                status, text => text(answer, "description"), headers, media_type => other,
                fields => table(document, schema), example => pretty(&answer["content"]["application/json"]["example"]),
            });
        }
    }
    context! {
        id => text(operation, "operationId"), method => method.to_ascii_uppercase(), path,
        summary => text(operation, "summary"), text => text(operation, "description"), parameters, body, file,
        answers, problems, callers => callers(operation), signed => operation["security"].as_array().is_some_and(Vec::is_empty),
    }
}

/// Nothing of what is not there.
fn pretty(example: &Value) -> String {
    if example.is_null() { String::new() } else { serde_json::to_string_pretty(example).unwrap_or_default() }
}

fn callers(operation: &Value) -> &'static str {
    match operation["security"].as_array() {
        Some(ways) if ways.is_empty() => "proves itself by a signature",
        Some(ways) if ways.iter().any(|way| way.as_object().is_some_and(serde_json::Map::is_empty)) => "",
        _ if operation["responses"].get("403").is_some() => "with a login that has the right",
        _ => "with a login",
    }
}

fn table(document: &Value, schema: &Value) -> minijinja::Value {
    let mut rows = Vec::new();
    below(document, schema, "", 0, &mut rows);
    minijinja::Value::from(Serde(rows))
}

fn below(document: &Value, schema: &Value, prefix: &str, depth: usize, rows: &mut Vec<Field>) {
    let schema = plain(document, schema);
    if depth > DEPTH_MAX {
        return;
    }
    if schema["items"].is_object() {
        return below(document, &schema["items"], &format!("{prefix}[]"), depth, rows);
    }
    for (name, inner) in fields(&schema["properties"]) {
        let required = items(&schema["required"]).any(|one| one == name);
        let name = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        rows.push(field(document, &name, depth, inner, required));
        let known = plain(document, inner);
        // An amount is shown often, and everywhere the same.
        if !inner["$ref"].as_str().is_some_and(|reference| reference.ends_with("/Money")) {
            below(document, known, &name, depth + 1, rows);
        }
    }
}

fn field(document: &Value, name: &str, depth: usize, schema: &Value, required: bool) -> Field {
    let known = plain(document, schema);
    let text_of =
        [schema, known].into_iter().find_map(|schema| schema["description"].as_str()).unwrap_or_default();
    Field {
        name: name.to_owned(),
        depth,
        kind: kind(document, schema),
        required,
        bounds: bounds(known),
        text: text_of.to_owned(),
    }
}

/// The schema itself, past references and past the null of what may be absent.
fn plain<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = resolved(document, schema);
    match items(&schema["anyOf"]).filter(|one| one["type"] != "null").collect::<Vec<_>>().as_slice() {
        [only] => resolved(document, only),
        _ => schema,
    }
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    reference.and_then(|reference| document.pointer(reference)).unwrap_or(value)
}

fn kind(document: &Value, schema: &Value) -> String {
    let name = |schema: &Value| {
        schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()).map(str::to_owned)
    };
    if let Some(name) = name(schema).or_else(|| items(&schema["anyOf"]).find_map(name)) {
        return name.trim_end_matches("Input").to_owned();
    }
    let schema = plain(document, schema);
    let word = match &schema["type"] {
        Value::String(word) => word.as_str(),
        Value::Array(words) => {
            words.iter().filter_map(Value::as_str).find(|word| *word != "null").unwrap_or("")
        }
        _ if choices(schema).next().is_some() => "string",
        _ => "any",
    };
    match word {
        "array" => format!("list of {}", kind(document, &schema["items"])),
        "string" => schema["format"]
            .as_str()
            .map_or("text", |format| if format == "date-time" { "time" } else { "text" })
            .to_owned(),
        "integer" => "whole number".to_owned(),
        "boolean" => "yes or no".to_owned(),
        other => other.to_owned(),
    }
}

/// The texts that may stand there, where they are numbered: in a list, or each with its own description.
fn choices(schema: &Value) -> impl Iterator<Item = &str> {
    let described = items(&schema["oneOf"]).map(|one| &one["const"]);
    items(&schema["enum"]).chain(described).filter_map(Value::as_str)
}

fn bounds(schema: &Value) -> String {
    let mut words = Vec::new();
    let mut values = choices(schema);
    let shown: Vec<&str> = values.by_ref().take(CHOICES_SHOWN).collect();
    if !shown.is_empty() {
        let more = if values.next().is_some() { ", …" } else { "" };
        words.push(format!("one of {}{more}", shown.join(", ")));
    } else {
        let range = |low: &str, high: &str, of: &str| match (&schema[low], &schema[high]) {
            (Value::Null, Value::Null) => None,
            (low, Value::Null) => Some(format!("from {low}{of}")),
            (Value::Null, high) => Some(format!("up to {high}{of}")),
            (low, high) => Some(format!("{low} to {high}{of}")),
        };
        words.extend(range("minLength", "maxLength", " characters"));
        words.extend(range("minItems", "maxItems", " entries"));
        words.extend(range("minimum", "maximum", ""));
    }
    if let Some(default) = schema.get("default").filter(|default| !default.is_null() && **default != "") {
        words.push(format!("{default} unless said"));
    }
    words.join("; ")
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn fields(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, field)| (name.as_str(), field))
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn choices_are_told_whether_they_are_described_or_not() {
        let document = Value::Null;
        for schema in [
            json!({ "type": "string", "enum": ["small", "large"] }),
            json!({ "oneOf": [{ "const": "small", "description": "Half." }, { "const": "large" }] }),
        ] {
            assert_eq!(kind(&document, &schema), "text", "{schema}");
            assert_eq!(bounds(&schema), "one of small, large", "{schema}");
        }
        let many: Vec<String> = (0..9).map(|number| number.to_string()).collect();
        assert_eq!(bounds(&json!({ "enum": many })), "one of 0, 1, 2, 3, 4, 5, 6, 7, …");
    }

    #[test]
    fn where_a_form_is_taken_a_file_can_be_chosen() {
        let document = |content: Value| {
            let operation =
                json!({ "operationId": "add", "tags": ["Pictures"], "requestBody": { "content": content } });
            json!({ "paths": { "/pictures": { "post": operation } }, "tags": [{ "name": "Pictures" }] })
        };
        let form =
            json!({ FORM: { "encoding": { "file": { "contentType": "image/webp" } } }, "image/webp": {} });
        let page = |content| String::from_utf8(reference(&document(content)).unwrap().to_vec()).unwrap();
        assert!(page(form).contains(r#"type="file" name="file" accept="image&#x2f;webp""#));
        assert!(!page(json!({ "image/webp": {} })).contains(r#"type="file""#));
    }
}
