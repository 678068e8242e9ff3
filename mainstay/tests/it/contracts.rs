//! The contracts as the repository keeps them: what changes is seen in review, and nothing breaks unseen.

use std::path::{Path, PathBuf};

use mainstay::commands::contracts::{broken, pretty};
use mainstay::systems;
use serde_json::{Value, json};

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts/kept")
}

const RENEW: &str = "cargo run -p mainstay -- contracts write contracts/kept";

#[test]
fn nothing_breaks_those_who_rely_on_what_is_kept() {
    assert_eq!(broken(&systems::contract(), &kept()).unwrap(), Vec::<String>::new());
}

#[test]
fn what_is_kept_is_what_the_binary_promises() {
    let contract = systems::contract();
    let same = |name: &str, now: &[u8]| {
        let kept = std::fs::read(kept().join(name)).unwrap_or_default();
        assert!(kept == now, "contracts/kept/{name} differs; if that is meant: {RENEW}");
    };
    same("openapi.json", pretty(&contract.openapi()).unwrap().as_bytes());
    same("asyncapi.json", pretty(&contract.asyncapi().unwrap()).unwrap().as_bytes());
    same("descriptors.bin", &contract.descriptors().unwrap());
}

#[test]
fn a_gone_field_of_an_event_is_noticed() {
    let contract = systems::contract();
    let event =
        contract.events().iter().find(|event| event.type_name == "shop.orders.v1.OrderEvent").unwrap();
    let samples = event.samples().unwrap();
    assert_eq!(samples.len(), 5, "one for each fact");
    assert!(samples.iter().all(|sample| event.still_reads(sample)));
    // A field that nobody knows, number 99: as if it had been taken out of the message.
    let mut unknown = samples[0].clone();
    unknown.extend_from_slice(&[0x98, 0x06, 0x01]);
    assert!(!event.still_reads(&unknown));
}

/// Reads the declarations off the sources, so that none can be forgotten.
#[test]
fn every_topic_is_in_a_contract() {
    let systems = Path::new(env!("CARGO_MANIFEST_DIR")).join("../systems/shop");
    let known = systems::contract().asyncapi().unwrap()["channels"].clone();
    let mut count = 0;
    for crate_ in std::fs::read_dir(systems).unwrap().flatten() {
        let Ok(text) = std::fs::read_to_string(crate_.path().join("src/topic.rs")) else { continue };
        for declared in text.split("Topic::new(\"").skip(1) {
            let name = declared.split('"').next().unwrap();
            assert!(known.get(name).is_some(), "{name} is in no service's contract");
            count += 1;
        }
    }
    assert!(count >= 5);
}

#[test]
fn operations_have_names_of_their_own() {
    let document = systems::contract().openapi();
    let mut names: Vec<String> = operations(&document).map(|(_, one)| text(&one["operationId"])).collect();
    let count = names.len();
    assert!(count > 20);
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "{names:?}");
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(!name.ends_with(|last: char| last.is_ascii_digit()), "two types are called {name}");
    }
    for (place, operation) in operations(&document) {
        assert!(!text(&operation["summary"]).is_empty(), "{place} says nothing of itself");
        let answers = operation["responses"].as_object().unwrap();
        assert!(answers.keys().any(|status| status.starts_with('2')), "{place} never succeeds");
    }
}

/// What is sent to the shop is bounded, in every field and every parameter.
#[test]
fn every_text_list_and_number_that_is_sent_is_bounded() {
    let document = systems::contract().openapi();
    let mut unbounded = Vec::new();
    for (place, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if parameter["in"] != "header" {
                let place = format!("{place} {}", text(&parameter["name"]));
                bounded(&document, &parameter["schema"], &place, &mut unbounded);
            }
        }
        let body = &operation["requestBody"]["content"]["application/json"];
        if !body.is_null() {
            bounded(&document, &body["schema"], &place, &mut unbounded);
            assert!(!body["example"].is_null(), "{place} has no example of its body");
        }
    }
    assert_eq!(unbounded, Vec::<String>::new());
}

#[test]
fn every_body_and_every_answer_has_an_example_that_its_schema_allows() {
    let document = systems::contract().openapi();
    let mut faults = Vec::new();
    for (place, operation) in operations(&document) {
        let body = &operation["requestBody"]["content"]["application/json"];
        let answers = operation["responses"].as_object().unwrap().iter();
        let good = answers.filter(|(status, _)| status.starts_with('2'));
        let answered = good.map(|(_, answer)| &answer["content"]["application/json"]);
        for content in answered.chain([body]).filter(|content| !content.is_null()) {
            let mut schema = content["schema"].clone();
            schema["components"] = document["components"].clone();
            let validator = jsonschema::options().build(&schema).unwrap();
            let found = validator.iter_errors(&content["example"]);
            faults.extend(found.map(|fault| format!("{place}: {fault}")));
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

fn operations(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    document["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation))
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn bounded(document: &Value, schema: &Value, place: &str, unbounded: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        return bounded(document, document.pointer(&reference[1..]).unwrap(), place, unbounded);
    }
    let is = |kind: &str| {
        schema["type"] == kind || schema["type"].as_array().is_some_and(|all| all.contains(&json!(kind)))
    };
    let has = |word: &str| schema.get(word).is_some();
    if is("string") && !has("maxLength") && !has("enum") {
        unbounded.push(format!("{place}: a text"));
    }
    if is("string") && !has("pattern") && !has("enum") && !has("format") {
        unbounded.push(format!("{place}: a text with control characters"));
    }
    if is("integer") && !(has("minimum") && has("maximum")) {
        unbounded.push(format!("{place}: a number"));
    }
    if is("array") && !has("maxItems") {
        unbounded.push(format!("{place}: a list"));
    }
    if schema["additionalProperties"].is_object() {
        if !has("maxProperties") || schema["propertyNames"]["maxLength"].is_null() {
            unbounded.push(format!("{place}: fields"));
        }
        bounded(document, &schema["additionalProperties"], &format!("{place}.*"), unbounded);
    } else if is("object") && schema["additionalProperties"] != json!(false) {
        unbounded.push(format!("{place}: fields that nobody knows"));
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        bounded(document, field, &format!("{place}.{name}"), unbounded);
    }
    if has("items") {
        bounded(document, &schema["items"], &format!("{place}[]"), unbounded);
    }
    for each in schema["anyOf"].as_array().into_iter().flatten().filter(|each| each["type"] != "null") {
        bounded(document, each, place, unbounded);
    }
}
