//! The `[http]` section of the configuration.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use mainstay_core::Result;
use mainstay_core::config::BAD_CONFIGURATION;
use mainstay_resilience::Rate;
use serde::{Deserialize, Serialize};

use crate::forwarded::ForwardedHeader;
use crate::layers::Versions;

/// Where to listen, and the bounds of what is taken in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// The longest path and query. Default: 8192.
    pub uri_limit_bytes: usize,
    /// Requests worked on at once; the next is refused with 503. Default: 1024.
    pub in_flight_max: usize,
    /// Connections open at once; the next waits in the system's backlog. Default: 10000.
    pub connections_max: usize,
    /// How long the drain goes on accepting after readiness was withdrawn, so that a balancer notices. Default: 0.
    pub drain_lead_ms: u64,
    /// How long the drain waits for requests in flight. Default: 10000.
    pub drain_timeout_ms: u64,
    /// Marks cookies `Secure` and sends Strict-Transport-Security: for installations behind TLS. With `http.tls` it is
    /// so by itself. Default: false.
    pub secure: bool,
    /// Networks of the proxies in front, such as `["10.0.0.0/8"]`: only they are believed where a request came from.
    /// Default: none.
    pub trusted_proxies: Vec<IpNet>,
    /// The header in which they tell it, `x-forwarded-for` or `forwarded`; the other is not read. Default:
    /// `x-forwarded-for`.
    pub forwarded_header: ForwardedHeader,
    /// The trusted proxies pass on connections as they are, each with a header of the PROXY protocol (1 or 2) in front,
    /// which is required of them. Default: false.
    pub proxy_protocol: bool,
    /// The listener for operators.
    pub admin: AdminOptions,
    /// Which pages of other origins may read answers.
    pub cors: CorsOptions,
    /// How often somebody may ask.
    pub rates: RateOptions,
    /// Making answers smaller.
    pub compression: CompressionOptions,
    /// A line for each request.
    pub access_log: AccessLogOptions,
    /// Speaking TLS without a proxy in front.
    pub tls: TlsOptions,
    /// The versions of the interface that there are, by number.
    pub versions: BTreeMap<String, VersionOptions>,
    /// Origins of other sites whose pages may change something with a visitor's cookie, such as
    /// `https://shop.example.org`. Default: none.
    pub trusted_origins: Vec<String>,
}

/// `[http.admin]`: the listener for operators, with the metrics and what else tells about the process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdminOptions {
    /// Address and port. Empty: 127.0.0.1, 1000 above the public port (below it where there is no such port), or a free
    /// port when that one is free. Default: empty.
    pub listen: String,
    /// A file with a token of at least 32 characters, readable by its owner only, which every request must bring as
    /// `Authorization: Bearer`, one for the metrics too. Probes, the contract and the pages of error codes tell nothing
    /// that is not public, and need none. Needed where others can reach the address. Default: empty.
    pub token_file: PathBuf,
}

/// `[http.cors]`: which pages of other origins may read answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CorsOptions {
    /// Origins such as `https://shop.example`, `https://*.shop.example`, or `*` for all. Default: none.
    pub origins: Vec<String>,
    /// They may send and get cookies; then each must be named. Default: false.
    pub credentials: bool,
    /// Headers that their requests may have.
    pub headers: Vec<String>,
    /// Headers that they may read beside the harmless ones.
    pub expose: Vec<String>,
    /// How long a browser remembers the rules. Default: 600.
    pub max_age_seconds: u64,
}

impl Default for CorsOptions {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            origins: Vec::new(),
            credentials: false,
            headers: names(&[
                "authorization",
                "content-type",
                "idempotency-key",
                "if-match",
                "if-none-match",
                "mainstay-version",
                "traceparent",
            ]),
            expose: names(&["etag", "link", "location", "mainstay-trace", "ratelimit", "retry-after"]),
            max_age_seconds: 600,
        }
    }
}

/// `[http.rates]`: how often somebody may ask. A route may have a rate of its own besides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateOptions {
    /// Of one address (of one /64 with IPv6), such as `200/s burst 400`, or `off`. Default: `200/s burst 400`.
    pub address: Rate,
    /// Of one account, wherever it asks from. Default: `100/s burst 200`.
    pub caller: Rate,
    /// Networks that these two do not count: of this machine, where a proxy stands or a person sits. Default:
    /// `["127.0.0.0/8", "::1/128"]`.
    pub exempt: Vec<IpNet>,
    /// Addresses and accounts that are remembered in memory; beyond it who asked least is forgotten. Default: 65536.
    pub keys_max: usize,
}

impl Default for RateOptions {
    fn default() -> Self {
        let this_machine = [
            IpNet::new(Ipv4Addr::new(127, 0, 0, 0).into(), 8),
            IpNet::new([0, 0, 0, 0, 0, 0, 0, 1].into(), 128),
        ];
        Self {
            address: Rate::per_second(200).with_burst(400),
            caller: Rate::per_second(100).with_burst(200),
            exempt: this_machine.into_iter().flatten().collect(),
            keys_max: mainstay_resilience::limits::KEYS_DEFAULT,
        }
    }
}

/// `[http.compression]`: making answers smaller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CompressionOptions {
    /// Compress what a caller can read compressed, with brotli or gzip. Default: true.
    pub enabled: bool,
    /// Below this it costs more time than it saves. Default: 1024.
    pub min_bytes: u64,
}

impl Default for CompressionOptions {
    fn default() -> Self {
        Self { enabled: true, min_bytes: 1_024 }
    }
}

/// `[http.access_log]`: a line for each request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccessLogOptions {
    /// A file, `stdout`, or empty for none. A file that is moved away is opened anew. Default: empty.
    pub file: PathBuf,
    /// The share of requests that get a line, 0 to 1. Default: 1.
    pub sample: f64,
}

impl Default for AccessLogOptions {
    fn default() -> Self {
        Self { file: PathBuf::new(), sample: 1.0 }
    }
}

/// `[http.tls]`: speaking TLS without a proxy in front. Both files or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsOptions {
    /// The certificate and those that vouch for it, PEM. Default: empty, no TLS.
    pub certificate: PathBuf,
    /// Its key, PEM, readable by its owner only. Default: empty.
    pub key: PathBuf,
    /// How often the files are looked at; changed ones are taken into use without a restart. Default: 10.
    pub reload_seconds: u64,
}

impl Default for TlsOptions {
    fn default() -> Self {
        Self { certificate: PathBuf::new(), key: PathBuf::new(), reload_seconds: 10 }
    }
}

impl TlsOptions {
    pub fn is_on(&self) -> bool {
        !self.certificate.as_os_str().is_empty() || !self.key.as_os_str().is_empty()
    }
}

/// `[http.versions.<number>]`: what is announced about a version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VersionOptions {
    /// Since when it is old, RFC 3339, such as `2027-06-30T00:00:00Z`. Default: empty, it is not.
    pub deprecated: String,
    /// When it ends, in the same form. Default: empty, not known.
    pub sunset: String,
    /// Where one reads what to use instead. Default: empty.
    pub link: String,
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
            uri_limit_bytes: 8_192,
            in_flight_max: 1_024,
            connections_max: 10_000,
            drain_lead_ms: 0,
            drain_timeout_ms: 10_000,
            secure: false,
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedHeader::default(),
            proxy_protocol: false,
            admin: AdminOptions::default(),
            cors: CorsOptions::default(),
            rates: RateOptions::default(),
            compression: CompressionOptions::default(),
            access_log: AccessLogOptions::default(),
            tls: TlsOptions::default(),
            versions: BTreeMap::from([("1".to_owned(), VersionOptions::default())]),
            trusted_origins: Vec::new(),
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
            // Only a port near the upper end has none above it, and then there is one below.
            port => port.checked_add(ADMIN_PORT_ABOVE).unwrap_or_else(|| port - ADMIN_PORT_ABOVE),
        };
        Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }

    /// Whether something can be served by these bounds: one that is zero would refuse everything, or wait for nothing.
    ///
    /// # Errors
    /// `core.bad_configuration` with the key.
    pub fn check(&self) -> Result<()> {
        let bounds = [
            ("header_timeout_ms", self.header_timeout_ms, "30000"),
            ("write_timeout_ms", self.write_timeout_ms, "30000"),
            ("request_timeout_ms", self.request_timeout_ms, "30000"),
            ("body_limit_bytes", self.body_limit_bytes, "1048576"),
            ("uri_limit_bytes", self.uri_limit_bytes as u64, "8192"),
            ("in_flight_max", self.in_flight_max as u64, "1024"),
            ("connections_max", self.connections_max as u64, "10000"),
            ("rates.keys_max", self.rates.keys_max as u64, "65536"),
            ("tls.reload_seconds", self.tls.reload_seconds, "10"),
        ];
        match bounds.iter().find(|(_, value, _)| *value == 0) {
            None => Versions::new(&self.versions).map(drop),
            Some((key, _, usual)) => Err(BAD_CONFIGURATION.error(format!(
                "http.{key} is 0, with which nothing could be served; write a number above it, such as {usual}"
            ))),
        }
    }

    /// Whether what callers see is TLS.
    pub fn is_secure(&self) -> bool {
        self.secure || self.tls.is_on()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_have_a_port_beside_every_public_one() {
        for (public, operators) in [
            (0, 0),
            (1, 1_001),
            (80, 1_080),
            (443, 1_443),
            (8_080, 9_080),
            (64_535, 65_535),
            (64_536, 63_536),
            (65_535, 64_535),
        ] {
            let listen = SocketAddr::from((Ipv4Addr::UNSPECIFIED, public));
            let address = Options { listen, ..Options::default() }.admin_address().unwrap();
            assert_eq!(address, SocketAddr::from((Ipv4Addr::LOCALHOST, operators)), "{public}");
        }
    }

    #[test]
    fn a_bound_of_nothing_is_refused_by_its_name() {
        Options::default().check().unwrap();
        for (key, change) in [
            ("http.header_timeout_ms", (|options| options.header_timeout_ms = 0) as fn(&mut Options)),
            ("http.write_timeout_ms", |options| options.write_timeout_ms = 0),
            ("http.request_timeout_ms", |options| options.request_timeout_ms = 0),
            ("http.body_limit_bytes", |options| options.body_limit_bytes = 0),
            ("http.uri_limit_bytes", |options| options.uri_limit_bytes = 0),
            ("http.in_flight_max", |options| options.in_flight_max = 0),
            ("http.connections_max", |options| options.connections_max = 0),
            ("http.rates.keys_max", |options| options.rates.keys_max = 0),
            ("http.tls.reload_seconds", |options| options.tls.reload_seconds = 0),
        ] {
            let mut options = Options::default();
            change(&mut options);
            let error = options.check().unwrap_err();
            assert!(error.is(&BAD_CONFIGURATION) && error.message().starts_with(key), "{error}");
        }
    }

    #[test]
    fn a_version_that_cannot_be_used_is_refused_before_anything_starts() {
        let version = VersionOptions { sunset: "next year".into(), ..VersionOptions::default() };
        let options = Options { versions: BTreeMap::from([("1".into(), version)]), ..Options::default() };
        let error = options.check().unwrap_err();
        assert!(
            error.is(&BAD_CONFIGURATION) && error.message().contains("http.versions.1.sunset"),
            "{error}"
        );
    }
}
