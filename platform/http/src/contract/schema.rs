//! Schemas of types, as contracts show them and as requests are checked against them.
//!
//! They come from the types' own serde attributes and doc comments. One thing is added to each text of a request that
//! has no pattern: no control characters, NUL first among them, which nobody types and which only do harm further in.

use mainstay_core::{Id, IdKind};
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

/// The pattern of a text of one line.
pub const LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";

/// The pattern of a text with lines: tabs and line ends are let in.
pub const TEXT: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$";

/// An id for examples.
pub fn example_id<K: IdKind>() -> String {
    Id::<K>::from_bytes(*b"\x01\x95\x00an example id").to_string()
}

/// Where a document keeps the schemas that have a name.
pub(crate) const COMPONENTS: &str = "#/components/schemas/";

/// Gives the schema of a type to a generator; what a description keeps of a type.
pub(crate) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

pub(crate) fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// Schemas of what is sent to us.
pub(crate) fn of_requests() -> SchemaGenerator {
    settings().for_deserialize().with_transform(RecursiveTransform(printable)).into_generator()
}

/// Schemas of what we answer.
pub(crate) fn of_answers() -> SchemaGenerator {
    settings().for_serialize().into_generator()
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.definitions_path = COMPONENTS.trim_start_matches('#').into();
            settings.meta_schema = None;
        })
        .with_transform(RecursiveTransform(without_formats_of_rust))
}

/// The whole schema of a request, with all that it refers to inside.
pub(crate) fn alone<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12()
        .for_deserialize()
        .with(|settings| settings.meta_schema = None)
        .with_transform(RecursiveTransform(printable))
        .into_generator();
    generator.into_root_schema_for::<T>().to_value()
}

fn printable(schema: &mut Schema) {
    let is_text = match schema.get("type") {
        Some(Value::String(kind)) => kind == "string",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "string"),
        _ => false,
    };
    let is_named = ["pattern", "enum", "const"].iter().any(|word| schema.get(*word).is_some());
    // A format such as date-time is stricter already; a password's is only how it is shown.
    let is_format = schema.get("format").is_some_and(|format| format != "password");
    if is_text && !is_named && !is_format {
        schema.insert("pattern".into(), LINE.into());
    }
}

/// `uint32` and its like tell nobody outside anything that the bounds do not.
fn without_formats_of_rust(schema: &mut Schema) {
    let is_rusts = schema.get("format").and_then(Value::as_str).is_some_and(|format| {
        matches!(
            format,
            "uint" | "uint8" | "uint16" | "uint32" | "uint64" | "int8" | "int16" | "int32" | "int64"
        )
    });
    if is_rusts {
        schema.remove("format");
    }
}

/// Applies the transforms of the generator to what it gives out inline, as it does to what it keeps.
pub(crate) fn finished(generator: &mut SchemaGenerator, schema: SchemaOf) -> Value {
    let mut schema = schema(generator);
    for transform in generator.transforms_mut() {
        transform.transform(&mut schema);
    }
    schema.to_value()
}
