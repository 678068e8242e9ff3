//! Where a request came from, told by proxies: `X-Forwarded-For` or `Forwarded` (RFC 7239), believed only as far as
//! the chain is of networks that the configuration trusts.
//!
//! Anybody can write these headers. So the chain is walked from our end: as long as the one who speaks is trusted, what
//! it says about the one before it is believed; the first who is not trusted is the client. Only the one header that
//! the configuration names is read, or a caller could slip in the other.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// Proxies behind each other: more is a caller who plays.
const HOPS_MAX: usize = 16;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Which header the proxies in front of us write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ForwardedHeader {
    /// What most of them write.
    #[default]
    #[serde(rename = "x-forwarded-for")]
    XForwardedFor,
    /// RFC 7239.
    #[serde(rename = "forwarded")]
    Forwarded,
}

/// Whose word is taken.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    networks: Vec<IpNet>,
    header: ForwardedHeader,
}

impl Trust {
    pub fn new(networks: &[IpNet], header: ForwardedHeader) -> Self {
        Self { networks: networks.to_vec(), header }
    }

    pub fn includes(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// The client behind the connection from `peer`.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if self.networks.is_empty() || !self.includes(peer) {
            return peer;
        }
        let name = match self.header {
            ForwardedHeader::XForwardedFor => X_FORWARDED_FOR,
            ForwardedHeader::Forwarded => http::header::FORWARDED,
        };
        let mut client = peer;
        let values = headers.get_all(name).iter().rev().map(|value| value.to_str().unwrap_or(""));
        let chain = values.flat_map(|value| value.rsplit(','));
        for member in chain.take(HOPS_MAX) {
            let told = match self.header {
                ForwardedHeader::XForwardedFor => node(member.trim_ascii()),
                ForwardedHeader::Forwarded => forwarded_for(member),
            };
            // Behind what cannot be read everything could have been made up.
            let Some(told) = told else { break };
            client = told;
            if !self.includes(told) {
                break;
            }
        }
        client
    }
}

/// The address of `for=` in one element of `Forwarded`.
pub fn forwarded_for(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        if !name.trim_ascii().eq_ignore_ascii_case("for") {
            return None;
        }
        let value = value.trim_ascii();
        node(value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value))
    })
}

/// An address, with or without a port and brackets. IPv4 written as IPv6 is IPv4.
pub fn node(text: &str) -> Option<IpAddr> {
    let address = text
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()))
        .ok()
        .or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &[&str], header: ForwardedHeader, peer: &str, lines: &[&str]) -> String {
        let networks: Vec<IpNet> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        Trust::new(&networks, header).client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_the_word_of_a_trusted_network_is_taken() {
        let x = |trusted: &[&str], peer, lines: &[&str]| {
            client(trusted, ForwardedHeader::XForwardedFor, peer, lines)
        };
        let proxies = ["10.0.0.0/8", "::1/128"];
        assert_eq!(x(&[], "9.9.9.9", &["x-forwarded-for: 1.1.1.1"]), "9.9.9.9");
        assert_eq!(x(&proxies, "9.9.9.9", &["x-forwarded-for: 1.1.1.1"]), "9.9.9.9", "a stranger's word");
        assert_eq!(x(&proxies, "10.0.0.1", &["x-forwarded-for: 1.1.1.1"]), "1.1.1.1");
        assert_eq!(
            x(&proxies, "10.0.0.1", &["x-forwarded-for: 6.6.6.6, 1.1.1.1"]),
            "1.1.1.1",
            "what a caller wrote"
        );
        assert_eq!(x(&proxies, "10.0.0.1", &["x-forwarded-for: 1.1.1.1, 10.2.2.2"]), "1.1.1.1");
        assert_eq!(
            x(&proxies, "10.0.0.1", &["x-forwarded-for: 1.1.1.1", "x-forwarded-for: 2.2.2.2"]),
            "2.2.2.2"
        );
        assert_eq!(x(&proxies, "10.0.0.1", &["x-forwarded-for: 1.1.1.1, junk, 10.2.2.2"]), "10.2.2.2");
        assert_eq!(x(&proxies, "10.0.0.1", &["x-forwarded-for: [2001:db8::1]:80"]), "2001:db8::1");
        assert_eq!(x(&proxies, "10.0.0.1", &["x-forwarded-for: ::ffff:1.2.3.4"]), "1.2.3.4");
        assert_eq!(
            x(&proxies, "10.0.0.1", &["forwarded: for=6.6.6.6"]),
            "10.0.0.1",
            "the other header is not read"
        );
        let long = format!("x-forwarded-for: 6.6.6.6{}", ", 10.0.0.2".repeat(40));
        assert_eq!(x(&proxies, "10.0.0.1", &[&long]), "10.0.0.2");
    }

    #[test]
    fn forwarded_is_read_by_its_rules() {
        let f = |line| client(&["10.0.0.0/8"], ForwardedHeader::Forwarded, "10.0.0.1", &[line]);
        assert_eq!(f("forwarded: for=192.0.2.60;proto=http;by=203.0.113.43"), "192.0.2.60");
        assert_eq!(f("forwarded: For=\"[2001:db8:cafe::17]:4711\""), "2001:db8:cafe::17");
        assert_eq!(f("forwarded: for=6.6.6.6, for=1.1.1.1"), "1.1.1.1");
        assert_eq!(f("forwarded: for=unknown"), "10.0.0.1");
        assert_eq!(f("forwarded: for=_hidden, for=10.3.3.3"), "10.3.3.3");
        assert_eq!(f("forwarded: proto=https"), "10.0.0.1");
        assert_eq!(f("forwarded: for=\""), "10.0.0.1");
    }
}
