//! What services tell others, as AsyncAPI shows it, and samples of it that later releases must still read.

use mainstay_core::{Result, codes};
use mainstay_events::{Event, Topic};
use prost::Message;
use prost_types::FileDescriptorSet;
use serde_json::{Map, Value, json};

use crate::contract::messages::Messages;

/// One topic with the message that is told on it.
#[derive(Clone, Copy, Debug)]
pub struct EventContract {
    pub(crate) topic: &'static str,
    /// The message's full name.
    pub type_name: &'static str,
    pub(crate) descriptors: &'static [u8],
    reencode: fn(&[u8]) -> Option<Vec<u8>>,
}

impl EventContract {
    pub(crate) fn of<E: Event>(topic: &Topic<E>, descriptors: &'static [u8]) -> Self {
        Self { topic: topic.name(), type_name: E::TYPE, descriptors, reencode: reencode::<E> }
    }

    /// The service that tells it: the first two words of the topic.
    fn producer(&self) -> String {
        self.topic.split('.').take(2).collect::<Vec<_>>().join(".")
    }

    /// Messages with every field set, one for each alternative that the message has.
    pub fn samples(&self) -> Result<Vec<Vec<u8>>> {
        Messages::of(&files(self.descriptors)?).samples(self.type_name)
    }

    /// Whether a message that an earlier release wrote is still read whole: what is read from it and written again is
    /// the same. A field that is gone, has another number or another type loses something.
    pub fn still_reads(&self, sample: &[u8]) -> bool {
        (self.reencode)(sample).as_deref() == Some(sample)
    }
}

fn reencode<E: Event>(bytes: &[u8]) -> Option<Vec<u8>> {
    E::decode(bytes).ok().map(|event| event.encode_to_vec())
}

pub(crate) fn files(descriptors: &[u8]) -> Result<FileDescriptorSet> {
    FileDescriptorSet::decode(descriptors)
        .map_err(|error| codes::INTERNAL.because("descriptors of a contract cannot be read", error))
}

/// The document of AsyncAPI 3.0.
pub(crate) fn asyncapi(events: &[EventContract]) -> Result<Value> {
    let (mut channels, mut operations) = (Map::new(), Map::new());
    let (mut messages, mut schemas) = (Map::new(), Map::new());
    for event in events {
        let known = Messages::of(&files(event.descriptors)?);
        let text = known.text(event.type_name);
        known.schemas(event.type_name, &mut schemas);
        messages.insert(
            event.type_name.to_owned(),
            json!({
                "name": event.type_name,
                "contentType": "application/protobuf",
                "summary": text,
                "headers": { "$ref": "#/components/schemas/CloudEvent" },
                "payload": { "$ref": format!("#/components/schemas/{}", event.type_name) },
            }),
        );
        channels.insert(
            event.topic.to_owned(),
            json!({
                "address": event.topic,
                "description": text,
                "servers": [{ "$ref": "#/servers/producer" }],
                "messages": {
                    "event": { "$ref": format!("#/components/messages/{}", event.type_name) },
                },
            }),
        );
        let channel = json!({ "$ref": format!("#/channels/{}", event.topic) });
        operations.insert(
            format!("{}.tell", event.topic),
            json!({
                "action": "send",
                "channel": channel,
                "summary": format!("{} tells it in the transaction of the change.", event.producer()),
            }),
        );
    }
    schemas.insert("CloudEvent".to_owned(), cloud_event());
    Ok(json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Mainstay",
            "version": "1",
            "description": "Events are appended to their producer's log in the transaction of the change, and pulled from \
                            it: each consumer stores its position with its effect. Delivery is at least once, in order \
                            for each key. Payloads are protobuf; their schemas are those of proto3's JSON mapping, ids \
                            are 16 bytes.",
        },
        "defaultContentType": "application/protobuf",
        "servers": {
            "producer": {
                "host": "{producer}",
                "protocol": "grpc",
                "description": "The producer's `mainstay.v1.EventLog/Follow`, a stream from the position that is asked for.",
                "variables": { "producer": { "description": "The address of the service that tells the events." } },
            },
        },
        "channels": channels,
        "operations": operations,
        "components": { "messages": messages, "schemas": schemas },
    }))
}

fn cloud_event() -> Value {
    json!({
        "type": "object",
        "description": "The attributes of CloudEvents 1.0 that travel with each event.",
        "properties": {
            "id": { "type": "string", "description": "Unique with `source`; what makes a repeat harmless." },
            "source": { "type": "string", "description": "The service that tells it." },
            "type": { "type": "string", "description": "The message's full name." },
            "key": { "type": "string", "description": "Events of one key come in order." },
            "time": { "type": "string", "format": "date-time" },
            "traceparent": { "type": "string", "description": "The trace in which it happened." },
        },
        "required": ["id", "source", "type", "key", "time"],
    })
}
