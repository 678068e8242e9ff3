//! What of the messages and calls between services would break those that were built on an earlier release.

use std::collections::BTreeMap;

use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet, ServiceDescriptorProto,
};

/// Sentences on what an old peer would stumble over. What is only added breaks nobody.
pub(crate) fn breaks(old: &FileDescriptorSet, new: &FileDescriptorSet) -> Vec<String> {
    let mut breaks = Vec::new();
    for file in &old.file {
        let Some(now) = new.file.iter().find(|now| now.name() == file.name()) else {
            breaks.push(format!("the file {} is gone", file.name()));
            continue;
        };
        messages(file.package(), &file.message_type, &now.message_type, &mut breaks);
        enums(file.package(), &file.enum_type, &now.enum_type, &mut breaks);
        services(file.package(), &file.service, &now.service, &mut breaks);
    }
    breaks
}

fn messages(scope: &str, old: &[DescriptorProto], new: &[DescriptorProto], breaks: &mut Vec<String>) {
    for message in old {
        let name = format!("{scope}.{}", message.name());
        let Some(now) = new.iter().find(|now| now.name() == message.name()) else {
            breaks.push(format!("the message {name} is gone"));
            continue;
        };
        let fields: BTreeMap<i32, &FieldDescriptorProto> =
            now.field.iter().map(|field| (field.number(), field)).collect();
        for field in &message.field {
            let (number, place) = (field.number(), format!("{name}.{}", field.name()));
            match fields.get(&number) {
                None => breaks
                    .push(format!("the field {place} ({number}) is gone: keep it, unused, or reserve it")),
                Some(other) if other.name() != field.name() => {
                    breaks.push(format!("{number} of {name} was {} and is {}", field.name(), other.name()));
                }
                Some(other) => {
                    if (other.r#type(), other.type_name()) != (field.r#type(), field.type_name()) {
                        breaks.push(format!("the field {place} has another type"));
                    }
                    if other.label() != field.label() {
                        breaks.push(format!("the field {place} was one and is several, or the reverse"));
                    }
                    if other.oneof_index.is_some() != field.oneof_index.is_some() {
                        breaks.push(format!("the field {place} went into or out of a set of alternatives"));
                    }
                }
            }
        }
        messages(&name, &message.nested_type, &now.nested_type, breaks);
        enums(&name, &message.enum_type, &now.enum_type, breaks);
    }
}

fn enums(scope: &str, old: &[EnumDescriptorProto], new: &[EnumDescriptorProto], breaks: &mut Vec<String>) {
    for each in old {
        let name = format!("{scope}.{}", each.name());
        let Some(now) = new.iter().find(|now| now.name() == each.name()) else {
            breaks.push(format!("the enum {name} is gone"));
            continue;
        };
        for value in &each.value {
            let same = |other: &&prost_types::EnumValueDescriptorProto| {
                other.number() == value.number() && other.name() == value.name()
            };
            if !now.value.iter().any(|other| same(&other)) {
                breaks.push(format!(
                    "{name}: {} ({}) is gone or means another number",
                    value.name(),
                    value.number()
                ));
            }
        }
    }
}

fn services(
    scope: &str,
    old: &[ServiceDescriptorProto],
    new: &[ServiceDescriptorProto],
    breaks: &mut Vec<String>,
) {
    for service in old {
        let name = format!("{scope}.{}", service.name());
        let Some(now) = new.iter().find(|now| now.name() == service.name()) else {
            breaks.push(format!("the service {name} is gone"));
            continue;
        };
        for method in &service.method {
            let place = format!("{name}/{}", method.name());
            match now.method.iter().find(|other| other.name() == method.name()) {
                None => breaks.push(format!("the call {place} is gone")),
                Some(other) => {
                    if (other.input_type(), other.output_type())
                        != (method.input_type(), method.output_type())
                    {
                        breaks.push(format!("the call {place} takes or answers another message"));
                    }
                    let streams = |method: &prost_types::MethodDescriptorProto| {
                        (method.client_streaming(), method.server_streaming())
                    };
                    if streams(other) != streams(method) {
                        breaks.push(format!("the call {place} streams where it did not, or the reverse"));
                    }
                }
            }
        }
    }
}
