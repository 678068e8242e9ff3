//! The `[http]` section of the configuration.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Where to listen, and the bounds of what is taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Address and port; port 0 takes a free one. Default: `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// A connection that has not sent a whole request head within this time is closed; so is an idle one. Default:
    /// 30000.
    pub header_timeout_ms: u64,
    /// A caller that takes nothing of its answer for this long is cut off. Default: 30000.
    pub write_timeout_ms: u64,
    /// From the head of a request to its answer; also the deadline of all work it causes. Default: 30000.
    pub request_timeout_ms: u64,
    /// The largest request body. Default: 1048576.
    pub body_limit_bytes: u64,
    /// Requests worked on at once; the next is refused with 503. Default: 1024.
    pub in_flight_max: usize,
    /// Connections open at once; the next waits in the system's backlog. Default: 10000.
    pub connections_max: usize,
    /// How long the drain goes on accepting after readiness was withdrawn, so that a balancer notices. Default: 0.
    pub drain_lead_ms: u64,
    /// How long the drain waits for requests in flight. Default: 10000.
    pub drain_timeout_ms: u64,
    /// Marks cookies `Secure` and sends Strict-Transport-Security: for installations behind TLS. Default: false.
    pub secure: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8_080)),
            header_timeout_ms: 30_000,
            write_timeout_ms: 30_000,
            request_timeout_ms: 30_000,
            body_limit_bytes: 1_048_576,
            in_flight_max: 1_024,
            connections_max: 10_000,
            drain_lead_ms: 0,
            drain_timeout_ms: 10_000,
            secure: false,
        }
    }
}

impl Options {
    pub(crate) fn header_timeout(&self) -> Duration {
        Duration::from_millis(self.header_timeout_ms)
    }

    pub(crate) fn write_timeout(&self) -> Duration {
        Duration::from_millis(self.write_timeout_ms)
    }

    pub(crate) fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    pub(crate) fn drain_lead(&self) -> Duration {
        Duration::from_millis(self.drain_lead_ms)
    }

    pub(crate) fn drain_timeout(&self) -> Duration {
        Duration::from_millis(self.drain_timeout_ms)
    }
}
