//! What of an HTTP contract would break clients that were written against an earlier one.

use serde_json::Value;

/// References within references; schemas of ours have three.
const DEPTH_MAX: usize = 24;

/// Who sends what a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    /// A client to us: narrowing it breaks.
    ByClients,
    /// We to a client: taking something away breaks.
    ByUs,
}

/// Two documents of OpenAPI, the earlier one and the present one.
struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    breaks: Vec<String>,
}

/// Sentences on what a client of `old` would stumble over in `new`. What is only added breaks nobody.
pub fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut comparison = Comparison { old, new, breaks: Vec::new() };
    for (path, methods) in fields(&old["paths"]) {
        for (method, operation) in fields(methods) {
            let place = format!("{} {path}", method.to_ascii_uppercase());
            match new["paths"][path].get(method) {
                None => comparison.say(&place, "is gone"),
                Some(now) => comparison.operation(&place, operation, now),
            }
        }
    }
    comparison.breaks
}

impl Comparison<'_> {
    fn say(&mut self, place: &str, what: &str) {
        self.breaks.push(format!("{place} {what}"));
    }

    fn operation(&mut self, place: &str, old: &Value, new: &Value) {
        self.parameters(place, &old["parameters"], &new["parameters"]);
        let body =
            |operation: &Value| operation["requestBody"]["content"]["application/json"]["schema"].clone();
        match (body(old), body(new)) {
            (Value::Null, Value::Null) => {}
            (Value::Null, _) => self.say(place, "wants a body now"),
            (_, Value::Null) => self.say(place, "takes no body of JSON any more"),
            (old, new) => self.schema(&format!("{place}: body"), &old, &new, Sent::ByClients, 0),
        }
        if old["security"] != new["security"]
            && !new["security"]
                .as_array()
                .is_some_and(|all| all.contains(&Value::Object(serde_json::Map::default())))
        {
            self.say(place, "wants another proof of who calls");
        }
        for (status, answer) in fields(&old["responses"]) {
            if !status.starts_with('2') {
                continue;
            }
            let Some(now) = new["responses"].get(status) else {
                self.say(place, &format!("never answers {status} any more"));
                continue;
            };
            for (media_type, content) in fields(&answer["content"]) {
                match now["content"].get(media_type) {
                    None => self.say(place, &format!("answers {status} without {media_type}")),
                    Some(other) => {
                        let place = format!("{place}: answer {status}");
                        self.schema(&place, &content["schema"], &other["schema"], Sent::ByUs, 0);
                    }
                }
            }
            for (header, _) in fields(&answer["headers"]) {
                if now["headers"].get(header).is_none() {
                    self.say(place, &format!("answers {status} without the header {header}"));
                }
            }
        }
    }

    fn parameters(&mut self, place: &str, old: &Value, new: &Value) {
        let is = |one: &Value, other: &Value| one["name"] == other["name"] && one["in"] == other["in"];
        for parameter in items(old) {
            let name = parameter["name"].as_str().unwrap_or_default();
            match items(new).find(|other| is(parameter, other)) {
                None => self.say(place, &format!("does not take the parameter {name} any more")),
                Some(now) => {
                    if now["required"] == true && parameter["required"] != true {
                        self.say(place, &format!("needs the parameter {name} now"));
                    }
                    let place = format!("{place}: parameter {name}");
                    self.schema(&place, &parameter["schema"], &now["schema"], Sent::ByClients, 0);
                }
            }
        }
        for parameter in items(new).filter(|new| new["required"] == true) {
            if !items(old).any(|other| is(parameter, other)) {
                let name = parameter["name"].as_str().unwrap_or_default();
                self.say(place, &format!("needs the new parameter {name}"));
            }
        }
    }

    fn schema(&mut self, place: &str, old: &Value, new: &Value, sent: Sent, depth: usize) {
        let (old, new) = (resolved(self.old, old), resolved(self.new, new));
        if depth > DEPTH_MAX || old == new && old.get("properties").is_none() && old.get("items").is_none() {
            return;
        }
        if old["type"] != new["type"] {
            self.say(place, &format!("was {} and is {}", shown(&old["type"]), shown(&new["type"])));
            return;
        }
        let required = |schema: &Value, name: &str| items(&schema["required"]).any(|one| one == name);
        for (name, field) in fields(&old["properties"]) {
            let place = format!("{place}: {name}");
            match new["properties"].get(name) {
                None => self.say(&place, "is gone"),
                Some(now) => {
                    self.schema(&place, field, now, sent, depth + 1);
                    if sent == Sent::ByUs && required(&old, name) && !required(&new, name) {
                        self.say(&place, "may be absent now");
                    }
                }
            }
        }
        if sent == Sent::ByClients {
            for name in items(&new["required"]).filter_map(Value::as_str) {
                if !required(&old, name) {
                    self.say(&format!("{place}: {name}"), "is required now");
                }
            }
            self.narrowed(place, &old, &new);
        }
        if old.get("items").is_some() && new.get("items").is_some() {
            self.schema(&format!("{place}: each"), &old["items"], &new["items"], sent, depth + 1);
        }
        for (one, other) in items(&old["anyOf"]).zip(items(&new["anyOf"])) {
            self.schema(place, one, other, sent, depth + 1);
        }
    }

    /// What was allowed and is not any more.
    fn narrowed(&mut self, place: &str, old: &Value, new: &Value) {
        for value in items(&old["enum"]) {
            if new.get("enum").is_some() && !items(&new["enum"]).any(|other| other == value) {
                self.say(place, &format!("may not be {} any more", shown(value)));
            }
        }
        if new.get("enum").is_some() && old.get("enum").is_none() {
            self.say(place, "must be one of a list now");
        }
        for (word, grows) in [
            ("maxLength", false),
            ("maxItems", false),
            ("maximum", false),
            ("minLength", true),
            ("minItems", true),
            ("minimum", true),
        ] {
            let (before, now) = (old[word].as_f64(), new[word].as_f64());
            let narrower = match (before, now) {
                (_, None) => false,
                (None, Some(_)) => true,
                (Some(before), Some(now)) => {
                    if grows {
                        now > before
                    } else {
                        now < before
                    }
                }
            };
            if narrower {
                self.say(
                    place,
                    &format!("has a narrower {word}: {} after {}", shown(&new[word]), shown(&old[word])),
                );
            }
        }
        if new.get("pattern").is_some() && new["pattern"] != old["pattern"] {
            self.say(place, &format!("must be of another form: {}", shown(&new["pattern"])));
        }
    }
}

fn resolved(document: &Value, schema: &Value) -> Value {
    let mut schema = schema;
    for _ in 0..DEPTH_MAX {
        let Some(reference) = schema["$ref"].as_str().and_then(|text| text.strip_prefix('#')) else { break };
        match document.pointer(reference) {
            Some(target) => schema = target,
            None => break,
        }
    }
    schema.clone()
}

fn fields(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, field)| (name.as_str(), field))
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "anything".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "paths": { "/v1/orders": { "post": {
                "parameters": [{ "name": "after", "in": "query", "required": false, "schema": { "type": "string" } }],
                "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/New" } } } },
                "responses": { "201": {
                    "headers": { "location": {} },
                    "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Order" } } },
                } },
                "security": [{}],
            } } },
            "components": { "schemas": {
                "New": {
                    "type": "object",
                    "properties": {
                        "note": { "type": "string", "maxLength": 10 },
                        "kind": { "type": "string", "enum": ["a", "b"] },
                        "lines": { "type": "array", "maxItems": 5, "items": { "$ref": "#/components/schemas/Line" } },
                    },
                    "required": ["lines"],
                },
                "Line": { "type": "object", "properties": { "count": { "type": "integer", "minimum": 1 } } },
                "Order": { "type": "object", "properties": { "id": { "type": "string" } }, "required": ["id"] },
            } },
        })
    }

    fn found(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut new = document();
        change(&mut new);
        breaks(&document(), &new)
    }

    #[test]
    fn what_breaks_a_client_is_named() {
        let schemas = |new: &mut Value, path: &str, value: Value| {
            *new.pointer_mut(&format!("/components/schemas/{path}")).unwrap() = value;
        };
        let post = |new: &mut Value, path: &str, value: Value| {
            *new.pointer_mut(&format!("/paths/~1v1~1orders/post/{path}")).unwrap() = value;
        };
        let all = |word: &str, found: Vec<String>| {
            assert!(!found.is_empty() && found.iter().any(|line| line.contains(word)), "{word}: {found:?}");
        };
        all("is gone", found(|new| new["paths"] = json!({})));
        all("does not take the parameter after", found(|new| post(new, "parameters", json!([]))));
        all("needs the parameter after", found(|new| post(new, "parameters/0/required", json!(true))));
        all("never answers 201", found(|new| post(new, "responses", json!({}))));
        all("without the header location", found(|new| post(new, "responses/201/headers", json!({}))));
        all("another proof", found(|new| post(new, "security", json!([{ "bearer": [] }]))));
        all("note is gone", found(|new| schemas(new, "New/properties", json!({ "kind": {}, "lines": {} }))));
        all("note is required", found(|new| schemas(new, "New/required", json!(["lines", "note"]))));
        all("may not be b", found(|new| schemas(new, "New/properties/kind/enum", json!(["a"]))));
        all("narrower maxLength", found(|new| schemas(new, "New/properties/note/maxLength", json!(9))));
        all("narrower minimum", found(|new| schemas(new, "Line/properties/count/minimum", json!(2))));
        all(
            "was integer and is string",
            found(|new| schemas(new, "Line/properties/count/type", json!("string"))),
        );
        all("id is gone", found(|new| schemas(new, "Order/properties", json!({}))));
        all("id may be absent", found(|new| schemas(new, "Order/required", json!([]))));
    }

    #[test]
    fn what_is_added_breaks_nobody() {
        assert_eq!(found(|_| {}), Vec::<String>::new());
        assert_eq!(
            found(|new| {
                new["paths"]["/v1/more"] = json!({ "get": {} });
                new["components"]["schemas"]["New"]["properties"]["more"] = json!({ "type": "string" });
                new["components"]["schemas"]["New"]["properties"]["note"]["maxLength"] = json!(20);
                new["components"]["schemas"]["New"]["properties"]["kind"]["enum"] = json!(["a", "b", "c"]);
                new["components"]["schemas"]["New"]["required"] = json!([]);
                new["components"]["schemas"]["Order"]["properties"]["more"] = json!({ "type": "string" });
                new["paths"]["/v1/orders"]["post"]["responses"]["409"] = json!({});
            }),
            Vec::<String>::new()
        );
    }
}
