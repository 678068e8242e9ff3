//! Between the wire's events and the log's.

use std::sync::Arc;

use mainstay_core::{Error, Id, Result, Timestamp};
use mainstay_events::{Envelope, Page, Position};

use super::{Envelope as WireEnvelope, FollowResponse};

impl From<Envelope> for WireEnvelope {
    fn from(envelope: Envelope) -> Self {
        Self {
            position: envelope.position.0,
            id: envelope.id.to_vec(),
            source: envelope.source.as_ref().to_owned(),
            r#type: envelope.event_type,
            key: envelope.key,
            time_micros: envelope.time.as_micros(),
            traceparent: envelope.trace.map_or_else(String::new, |trace| trace.traceparent()),
            data: envelope.data,
        }
    }
}

impl TryFrom<WireEnvelope> for Envelope {
    type Error = Error;

    /// `core.invalid` when the id has not 16 bytes. A trace that cannot be read is none.
    fn try_from(wire: WireEnvelope) -> Result<Self> {
        Ok(Self {
            position: Position(wire.position),
            id: Id::try_from_slice(&wire.id)?,
            source: Arc::from(wire.source),
            event_type: wire.r#type,
            key: wire.key,
            time: Timestamp::from_micros(wire.time_micros),
            trace: wire.traceparent.parse().ok(),
            data: wire.data,
        })
    }
}

impl From<Page> for FollowResponse {
    fn from(page: Page) -> Self {
        Self { through: page.through.0, events: page.events.into_iter().map(Into::into).collect() }
    }
}

impl TryFrom<FollowResponse> for Page {
    type Error = Error;

    fn try_from(wire: FollowResponse) -> Result<Self> {
        let events = wire.events.into_iter().map(TryInto::try_into).collect::<Result<Vec<Envelope>>>()?;
        Ok(Self { events, through: Position(wire.through) })
    }
}

#[cfg(test)]
mod tests {
    use mainstay_core::TraceContext;

    use super::*;

    #[test]
    fn a_page_survives_the_wire() {
        let envelope = Envelope {
            position: Position(7),
            id: Id::from_bytes([1; 16]),
            source: "shop.orders".into(),
            event_type: "shop.orders.v1.OrderEvent".into(),
            key: "ord_1".into(),
            time: Timestamp::from_micros(-1),
            trace: Some(TraceContext { trace_id: 1, span_id: 2, sampled: true }),
            data: vec![0xff, 0],
        };
        let untraced = Envelope { position: Position(8), trace: None, data: Vec::new(), ..envelope.clone() };
        let page = Page { events: vec![envelope, untraced], through: Position(9) };
        assert_eq!(Page::try_from(FollowResponse::from(page.clone())).unwrap(), page);
    }

    #[test]
    fn a_malformed_id_is_refused() {
        assert!(Envelope::try_from(WireEnvelope { id: vec![1; 15], ..Default::default() }).is_err());
    }
}
