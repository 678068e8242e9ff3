//! Examples of answers, put together from those of their fields.
//!
//! A field of a text says in its type what it may look like; everything else follows: of what has a set of values the first,
//! of a number its lowest, of a list one of what is in it. An answer in which a text says nothing has no example.

use serde_json::{Map, Value, json};

use crate::contract::schema::COMPONENTS;

/// Schemas within schemas; one that holds itself ends there.
const DEPTH_MAX: usize = 12;

/// Gives every good answer of JSON that has no example of its own one.
pub(crate) fn add(document: &mut Value, schemas: &Map<String, Value>) {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    let operations = paths.filter_map(|(_, path)| path.as_object_mut()).flatten();
    let answers =
        operations.filter_map(|(_, operation)| operation.get_mut("responses")?.as_object_mut()).flatten();
    for (_, answer) in answers.filter(|(status, _)| status.starts_with('2')) {
        let contents = answer.get_mut("content").and_then(Value::as_object_mut).into_iter().flatten();
        for (_, content) in contents.filter(|(_, content)| content.get("example").is_none()) {
            let example = content.get("schema").and_then(|schema| of(schema, schemas, 0));
            if let Some(example) = example {
                content["example"] = example;
            }
        }
    }
}

fn of(schema: &Value, schemas: &Map<String, Value>, depth: usize) -> Option<Value> {
    if depth > DEPTH_MAX {
        return None;
    }
    let inner = |schema: &Value| of(schema, schemas, depth + 1);
    if let Some(example) = schema["examples"].get(0) {
        return Some(example.clone());
    }
    if let Some(one) = schema.get("const").or_else(|| schema["enum"].get(0)) {
        return Some(one.clone());
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix(COMPONENTS)) {
        return inner(schemas.get(name)?);
    }
    if let Some(choices) = ["anyOf", "oneOf"].iter().find_map(|word| schema[*word].as_array()) {
        return choices.iter().filter(|choice| choice["type"] != "null").find_map(inner);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null")?.as_str()?,
        kind => kind.as_str()?,
    };
    match kind {
        "object" => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            let fields = fields.map(|(name, field)| Some((name.clone(), inner(field)?)));
            fields.collect::<Option<Map<_, _>>>().map(Value::Object)
        }
        "array" => Some(json!([inner(&schema["items"])?])),
        "integer" | "number" => Some(json!(schema["minimum"].as_u64().unwrap_or_default().max(1))),
        "boolean" => Some(json!(true)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_is_put_together_from_those_of_the_fields() {
        let schemas = json!({
            "Thing": {
                "type": "object",
                "properties": {
                    "name": { "type": ["string", "null"], "examples": ["Mug"] },
                    "state": { "oneOf": [{ "const": "open" }, { "const": "shut" }] },
                    "count": { "type": "integer", "minimum": 0 },
                    "parts": { "type": "array", "items": { "$ref": "#/components/schemas/Part" } },
                    "links": { "type": "object", "additionalProperties": { "type": "boolean" } },
                },
            },
            "Part": { "anyOf": [{ "type": "null" }, { "type": "number", "minimum": 3 }] },
            "Endless": { "type": "array", "items": { "$ref": "#/components/schemas/Endless" } },
            "Silent": { "type": "object", "properties": { "name": { "type": "string" } } },
        });
        let example = |name: &str| {
            let schema = json!({ "$ref": format!("{COMPONENTS}{name}") });
            let content = json!({ "application/json": { "schema": schema } });
            let answers = json!({ "200": { "content": content }, "404": { "content": content } });
            let mut document = json!({ "paths": { "/": { "get": { "responses": answers } } } });
            add(&mut document, schemas.as_object().unwrap());
            let answers = &document["paths"]["/"]["get"]["responses"];
            assert!(answers["404"]["content"]["application/json"].get("example").is_none());
            answers["200"]["content"]["application/json"].get("example").cloned()
        };
        let thing = json!({ "name": "Mug", "state": "open", "count": 1, "parts": [3], "links": {} });
        assert_eq!(example("Thing"), Some(thing));
        assert_eq!((example("Endless"), example("Silent")), (None, None));
    }
}
