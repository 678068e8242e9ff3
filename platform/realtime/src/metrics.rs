//! What is counted.

use mainstay_telemetry::{Counter, Gauge, Registry};

use crate::codes::Close;
use crate::frame::Format;

#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) sockets: Gauge,
    pub(crate) streams: Gauge,
    pub(crate) subscriptions: Gauge,
    pub(crate) rooms: Gauge,
    pub(crate) published: Counter,
    pub(crate) delivered: Counter,
    pub(crate) conflated: Counter,
    pub(crate) resets: Counter,
    pub(crate) refused: Counter,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> Self {
        let connections =
            |way| registry.gauge("realtime_connections", "Open connections by way", &[("way", way)]);
        Self {
            sockets: connections("websocket"),
            streams: connections("events"),
            subscriptions: registry.gauge(
                "realtime_subscriptions",
                "Rooms followed, over all connections",
                &[],
            ),
            rooms: registry.gauge("realtime_rooms", "Rooms that somebody follows", &[]),
            published: registry.counter("realtime_published", "Messages that reached the hub", &[]),
            delivered: registry.counter("realtime_delivered", "Messages handed to connections", &[]),
            conflated: registry.counter(
                "realtime_conflated",
                "Times that a slow subscriber went on with the newest message",
                &[],
            ),
            resets: registry.counter(
                "realtime_resets",
                "Times that a subscriber was told to fetch anew because what it missed is no longer kept",
                &[],
            ),
            refused: registry.counter("realtime_refused", "Subscriptions and connections refused", &[]),
            registry: registry.clone(),
        }
    }

    pub(crate) fn connections(&self, format: Format) -> &Gauge {
        match format {
            Format::WebSocket => &self.sockets,
            Format::Events => &self.streams,
        }
    }

    /// Looked up each time: a close is rare beside what a connection carries.
    pub(crate) fn closed(&self, close: Close) {
        let labels = [("reason", close.reason())];
        self.registry.counter("realtime_closed", "Connections closed from here, by reason", &labels).inc();
    }
}
