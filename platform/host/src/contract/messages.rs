//! Messages of a contract by their names: what JSON makes of them, what their authors say of them, and samples.

use std::collections::BTreeMap;

use mainstay_core::{Result, codes};
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};
use serde_json::{Map, Value, json};

/// Messages within messages; a contract of ours has four. A message within itself ends here.
const DEPTH_MAX: usize = 8;

// A message's own number in a file, in the path of its comment.
const MESSAGE_TYPE: i32 = 4;

/// Every message and enum of some files.
#[derive(Default)]
pub(crate) struct Messages {
    messages: BTreeMap<String, DescriptorProto>,
    enums: BTreeMap<String, EnumDescriptorProto>,
    texts: BTreeMap<String, String>,
}

impl Messages {
    pub(crate) fn of(files: &FileDescriptorSet) -> Self {
        let mut known = Self::default();
        for file in &files.file {
            let package = file.package();
            for each in &file.enum_type {
                known.enums.insert(format!("{package}.{}", each.name()), each.clone());
            }
            for message in &file.message_type {
                known.add(package, message);
            }
            for location in file.source_code_info.iter().flat_map(|info| &info.location) {
                if let [MESSAGE_TYPE, place] = location.path.as_slice()
                    && let Some(message) =
                        usize::try_from(*place).ok().and_then(|place| file.message_type.get(place))
                {
                    let words: Vec<&str> = location.leading_comments().split_whitespace().collect();
                    known.texts.insert(format!("{package}.{}", message.name()), words.join(" "));
                }
            }
        }
        known
    }

    fn add(&mut self, scope: &str, message: &DescriptorProto) {
        let name = format!("{scope}.{}", message.name());
        for each in &message.enum_type {
            self.enums.insert(format!("{name}.{}", each.name()), each.clone());
        }
        for inner in &message.nested_type {
            self.add(&name, inner);
        }
        self.messages.insert(name, message.clone());
    }

    /// What stands above the message in its file.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", String::as_str)
    }

    /// Adds the message's schema, and those of all messages in it.
    pub(crate) fn schemas(&self, name: &str, to: &mut Map<String, Value>) {
        let Some(message) = self.messages.get(name) else { return };
        if to.contains_key(name) {
            return;
        }
        // Held open against a message within itself.
        to.insert(name.to_owned(), Value::Null);
        let properties: Map<String, Value> = message
            .field
            .iter()
            .map(|field| {
                let one = self.schema(field, to);
                let schema = match field.label() {
                    Label::Repeated => json!({ "type": "array", "items": one }),
                    Label::Optional | Label::Required => one,
                };
                (field.json_name().to_owned(), schema)
            })
            .collect();
        let mut schema = json!({ "type": "object", "properties": properties });
        if !self.text(name).is_empty() {
            schema["description"] = self.text(name).into();
        }
        to.insert(name.to_owned(), schema);
    }

    // The mapping of https://protobuf.dev/programming-guides/json/.
    fn schema(&self, field: &FieldDescriptorProto, to: &mut Map<String, Value>) -> Value {
        match field.r#type() {
            Type::Bool => json!({ "type": "boolean" }),
            Type::String => json!({ "type": "string" }),
            Type::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
            Type::Double | Type::Float => json!({ "type": "number" }),
            Type::Int32 | Type::Sint32 | Type::Sfixed32 => json!({ "type": "integer" }),
            Type::Uint32 | Type::Fixed32 => json!({ "type": "integer", "minimum": 0 }),
            Type::Int64 | Type::Sint64 | Type::Sfixed64 | Type::Uint64 | Type::Fixed64 => {
                json!({ "type": "string", "pattern": "^-?[0-9]+$" })
            }
            Type::Enum => {
                let values = self.enums.get(full_name(field)).map(|each| &each.value);
                let names: Vec<&str> = values.into_iter().flatten().map(|value| value.name()).collect();
                json!({ "type": "string", "enum": names })
            }
            Type::Message | Type::Group => {
                self.schemas(full_name(field), to);
                json!({ "$ref": format!("#/components/schemas/{}", full_name(field)) })
            }
        }
    }

    /// Encoded messages with every field set; one for each member of its alternatives.
    pub(crate) fn samples(&self, name: &str) -> Result<Vec<Vec<u8>>> {
        let message = self.message(name)?;
        let members = message.field.iter().filter(|field| is_alternative(field)).count().max(1);
        (0..members).map(|member| self.sample(message, member, 0)).collect()
    }

    fn message(&self, name: &str) -> Result<&DescriptorProto> {
        self.messages.get(name).ok_or_else(|| codes::INTERNAL.error(format!("{name} is in no descriptors")))
    }

    fn sample(&self, message: &DescriptorProto, member: usize, depth: usize) -> Result<Vec<u8>> {
        let mut fields: Vec<&FieldDescriptorProto> =
            message.field.iter().filter(|field| !is_alternative(field)).collect();
        fields.extend(message.field.iter().filter(|field| is_alternative(field)).nth(member));
        // As prost writes them, so that the bytes can be compared.
        fields.sort_by_key(|field| field.number());
        let mut bytes = Vec::new();
        for field in fields {
            self.value(field, depth, &mut bytes)?;
        }
        Ok(bytes)
    }

    fn value(&self, field: &FieldDescriptorProto, depth: usize, to: &mut Vec<u8>) -> Result<()> {
        let number = field.number();
        let tag = u32::try_from(number).unwrap_or_default();
        // Differs by field, so that two that are exchanged are noticed.
        let figure = u64::from(tag) + 1;
        let mut delimited = |value: &[u8]| {
            encode_key(tag, WireType::LengthDelimited, to);
            encode_varint(value.len() as u64, to);
            to.extend_from_slice(value);
        };
        match field.r#type() {
            Type::String => delimited(format!("text {number}").as_bytes()),
            Type::Bytes => delimited(&[u8::try_from(number).unwrap_or(u8::MAX); 16]),
            Type::Message | Type::Group if depth >= DEPTH_MAX => {}
            Type::Message | Type::Group => {
                let inner = self.sample(self.message(full_name(field))?, 0, depth + 1)?;
                delimited(&inner);
            }
            kind if field.label() == Label::Repeated => delimited(&packed(kind, figure)),
            kind => {
                encode_key(tag, wire_type(kind), to);
                to.extend_from_slice(&packed(kind, figure));
            }
        }
        Ok(())
    }
}

/// A member of a set of alternatives; the set that proto3 makes for one optional field is none.
fn is_alternative(field: &FieldDescriptorProto) -> bool {
    field.oneof_index.is_some() && !field.proto3_optional()
}

fn full_name(field: &FieldDescriptorProto) -> &str {
    field.type_name().trim_start_matches('.')
}

fn wire_type(kind: Type) -> WireType {
    match kind {
        Type::Double | Type::Fixed64 | Type::Sfixed64 => WireType::SixtyFourBit,
        Type::Float | Type::Fixed32 | Type::Sfixed32 => WireType::ThirtyTwoBit,
        _ => WireType::Varint,
    }
}

fn packed(kind: Type, figure: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    match kind {
        Type::Double => bytes.extend_from_slice(&(figure as f64).to_le_bytes()),
        Type::Float => bytes.extend_from_slice(&(figure as f32).to_le_bytes()),
        Type::Fixed64 | Type::Sfixed64 => bytes.extend_from_slice(&figure.to_le_bytes()),
        Type::Fixed32 | Type::Sfixed32 => {
            bytes.extend_from_slice(&u32::try_from(figure).unwrap_or(u32::MAX).to_le_bytes());
        }
        // One is true, and the first value of every enum that says something.
        Type::Bool | Type::Enum => encode_varint(1, &mut bytes),
        _ => encode_varint(figure, &mut bytes),
    }
    bytes
}
