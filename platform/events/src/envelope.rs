//! An event on its way: the attributes of CloudEvents 1.0 around bytes that nobody opens before the handler.
//!
//! | CloudEvents | here | |
//! |---|---|---|
//! | `id`, `source` | `id`, `source` | together the identity that the inbox keeps |
//! | `type` | `event_type` | |
//! | `partitionkey` (extension) | `key` | order holds within it |
//! | `time` | `time` | the producer's wall clock; orders nothing |
//! | `traceparent` (extension) | `trace` | |
//! | `sequence` (extension) | `position` | |
//! | `datacontenttype` | always `application/protobuf` | |
//! | `data` | `data` | |

use std::fmt;
use std::sync::Arc;

use data_encoding::BASE64;
use mainstay_core::{Id, Timestamp, TraceContext};

use crate::event::EventKind;

/// A place in a producer's log. Ascends without gaps over all topics of the producer; 0 is before the first event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Position(pub i64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// One event as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    pub position: Position,
    pub id: Id<EventKind>,
    /// The producer, such as `shop.inventory`.
    pub source: Arc<str>,
    pub event_type: String,
    /// Events of one key are handled in the order in which they were written.
    pub key: String,
    pub time: Timestamp,
    /// The trace of the work that wrote it.
    pub trace: Option<TraceContext>,
    /// The encoded message.
    pub data: Vec<u8>,
}

impl Envelope {
    /// The event in CloudEvents' JSON format, for people and for the world outside. The bytes stay as they are, in
    /// base 64.
    pub fn to_cloudevent(&self) -> serde_json::Value {
        let mut event = serde_json::json!({
            "specversion": "1.0",
            "id": self.id,
            "source": &*self.source,
            "type": self.event_type,
            "partitionkey": self.key,
            "time": self.time,
            "sequence": self.position.to_string(),
            "datacontenttype": "application/protobuf",
            "data_base64": BASE64.encode(&self.data),
        });
        if let Some(trace) = self.trace {
            event["traceparent"] = trace.traceparent().into();
        }
        event
    }
}

/// What a feed hands over at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Oldest first, positions ascending. May be empty.
    pub events: Vec<Envelope>,
    /// The log was read up to here. Beyond the last event when what followed belongs to other topics, so that a
    /// consumer of a rare topic does not read the others' events again.
    pub through: Position,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_form_has_what_cloudevents_requires() {
        let trace = TraceContext { trace_id: 1, span_id: 2, sampled: true };
        let envelope = Envelope {
            position: Position(7),
            id: Id::from_bytes([1; 16]),
            source: "shop.orders".into(),
            event_type: "shop.orders.v1.OrderEvent".into(),
            key: "ord_1".into(),
            time: Timestamp::from_micros(0),
            trace: Some(trace),
            data: vec![0xff, 0],
        };
        let json = envelope.to_cloudevent();
        for required in ["specversion", "id", "source", "type"] {
            assert!(json[required].is_string(), "{required}");
        }
        assert_eq!(json["data_base64"], "/wA=");
        assert_eq!(json["traceparent"], "00-00000000000000000000000000000001-0000000000000002-01");
        let untraced = Envelope { trace: None, ..envelope }.to_cloudevent();
        assert!(untraced.get("traceparent").is_none());
    }
}
