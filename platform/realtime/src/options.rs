//! What a process takes of subscribers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Bounds and permissions of the realtime way in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Origins of pages that may connect beside the shop's own, such as `https://www.example.org`. Default: none.
    pub origins: Vec<String>,
    /// Connections at once, WebSockets and event streams together. Default: 50000.
    pub connections_max: usize,
    /// Connections at once of one session or account. Default: 50.
    pub connections_per_principal: usize,
    /// Connections at once from one address; for IPv6 from one /64. Default: 5000.
    pub connections_per_address: usize,
    /// Rooms that one connection follows. Default: 100.
    pub rooms_per_connection: usize,
    /// Seconds between heartbeats, at which it is also asked whether the session still holds. Default: 30.
    pub heartbeat_seconds: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            origins: Vec::new(),
            connections_max: 50_000,
            connections_per_principal: 50,
            connections_per_address: 5_000,
            rooms_per_connection: 100,
            heartbeat_seconds: 30,
        }
    }
}

impl Options {
    /// Ticks of the hub, a second each, between two heartbeats of a connection.
    pub(crate) fn heartbeat_ticks(&self) -> u32 {
        self.heartbeat_seconds.clamp(1, 300)
    }

    /// A peer that was silent for this many ticks is gone: it has left two pings unanswered.
    pub(crate) fn silent_ticks(&self) -> u32 {
        self.heartbeat_ticks() * 5 / 2
    }
}

/// The hub's own beat.
pub(crate) const TICK: Duration = Duration::from_secs(1);
