//! What we read of strangers ourselves: no input makes a parser panic, and what it says holds.

use std::net::IpAddr;

use mainstay_core::TraceContext;
use mainstay_http::accept::{accepts, coding};
use mainstay_http::etag::{ETag, Tags};
use mainstay_http::forwarded::{forwarded_for, node};
use mainstay_http::proxy_protocol::{HEADER_MAX, Preface, read};
use mainstay_http::{is_plain, media_version, version_of};
use proptest::prelude::*;

/// Text of the sort that gets near to being right.
fn nearly() -> impl Strategy<Value = String> {
    let words = prop_oneof![
        Just("*".to_owned()),
        Just("/".to_owned()),
        Just(";q=".to_owned()),
        Just(",".to_owned()),
        Just("\"".to_owned()),
        Just("W/".to_owned()),
        Just("for=".to_owned()),
        Just("[".to_owned()),
        Just("]".to_owned()),
        Just("::1".to_owned()),
        Just("10.0.0.1".to_owned()),
        Just("%2e".to_owned()),
        Just("..".to_owned()),
        Just("application/json".to_owned()),
        Just("gzip".to_owned()),
        Just("/v1".to_owned()),
        Just("application/vnd.mainstay.v1+json".to_owned()),
        Just("00-4bf92f3577b34da6a3ce929d0e0e4736-".to_owned()),
        Just("0.5".to_owned()),
        ".{0,3}",
    ];
    proptest::collection::vec(words, 0..24).prop_map(|words| words.concat())
}

/// A path as the most generous reader would have it: unescaped, until nothing is left to unescape.
fn generously(path: &str) -> String {
    let mut text = path.replace('\\', "/");
    for (code, plain) in [("%2e", "."), ("%2E", "."), ("%2f", "/"), ("%2F", "/"), ("%5c", "/"), ("%5C", "/")]
    {
        text = text.replace(code, plain);
    }
    text
}

proptest! {
    #[test]
    fn text_of_any_sort_is_read_or_refused(text in prop_oneof![nearly(), any::<String>()]) {
        let _ = (accepts(&text, "application/json"), accepts("*/*", &text), coding(&text));
        let _ = (forwarded_for(&text), node(&text), version_of(&text), text.parse::<TraceContext>());
        if let Some(tag) = ETag::parse(&text) {
            prop_assert_eq!(tag.to_string(), &text[..]);
            let header = tag.header();
            prop_assert_eq!(header.as_bytes(), text.as_bytes());
        }
        if let Tags::List(tags) = Tags::parse(&text) {
            prop_assert!(tags.len() <= 64);
        }
        if let Some(version) = media_version(&text) {
            prop_assert!(version.bytes().all(|byte| byte.is_ascii_digit()));
        }
        if is_plain(&text) {
            let seen = generously(&text);
            prop_assert!(!seen.split('/').any(|segment| segment == ".." || segment == "."), "{seen}");
            prop_assert!(!seen.bytes().any(|byte| byte < 0x20));
        }
    }

    #[test]
    fn addresses_survive_being_written(address in any::<IpAddr>(), port in any::<u16>()) {
        let plain = address.to_canonical();
        prop_assert_eq!(node(&address.to_string()), Some(plain));
        let with_port = std::net::SocketAddr::new(address, port).to_string();
        prop_assert_eq!(node(&with_port), Some(plain));
        let element = format!("proto=https;for=\"{with_port}\"");
        prop_assert_eq!(forwarded_for(&element), Some(plain));
    }

    #[test]
    fn a_preface_is_read_within_its_bounds(bytes in proptest::collection::vec(any::<u8>(), 0..700)) {
        for start in [&b""[..], b"PROXY ", b"PROXY TCP4 ", b"\r\n\r\n\0\r\nQUIT\n", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c"] {
            let whole = [start, &bytes].concat();
            match read(&whole) {
                Preface::Header { length, .. } => {
                    prop_assert!(length <= whole.len() && length <= HEADER_MAX);
                    prop_assert_eq!(read(&whole[..length]), read(&whole), "what follows does not matter");
                    prop_assert_eq!(read(&whole[..length - 1]), Preface::Incomplete);
                }
                Preface::Incomplete => prop_assert!(whole.len() < HEADER_MAX),
                Preface::Invalid => {}
            }
        }
    }
}
