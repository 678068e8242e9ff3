//! The `[http]` section of the configuration.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use mainstay_core::Result;
use mainstay_core::config::BAD_CONFIGURATION;
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
    /// The listener for operators.
    pub admin: AdminOptions,
}

/// `[http.admin]`: the listener for operators, with the metrics and what else tells about the process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdminOptions {
    /// Address and port. Empty: 127.0.0.1, 1000 above the public port, or a free port when that one is free. Default:
    /// empty.
    pub listen: String,
    /// A file with a token of at least 32 characters, readable by its owner only, which every request must bring as
    /// `Authorization: Bearer`. Needed where others can reach the address. Default: empty.
    pub token_file: PathBuf,
}

/// How far above the public port the operators' one is: two processes on one machine with different public ports then
/// differ here too.
const ADMIN_PORT_ABOVE: u16 = 1_000;

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
            admin: AdminOptions::default(),
        }
    }
}

impl Options {
    /// Where operators come in.
    ///
    /// # Errors
    /// `core.bad_configuration` when `http.admin.listen` is no address.
    pub fn admin_address(&self) -> Result<SocketAddr> {
        if !self.admin.listen.is_empty() {
            return self.admin.listen.parse().map_err(|_| {
                BAD_CONFIGURATION.error(format!(
                    "http.admin.listen is {:?}; write an address and a port, such as 127.0.0.1:9080",
                    self.admin.listen
                ))
            });
        }
        let port = match self.listen.port() {
            0 => 0,
            port => port.checked_add(ADMIN_PORT_ABOVE).unwrap_or(port - ADMIN_PORT_ABOVE),
        };
        Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }

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
