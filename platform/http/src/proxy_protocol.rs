//! The PROXY protocol, versions 1 and 2: who is behind a balancer that passes connections on as they are.
//!
//! It is read before anything else, only of networks that the configuration trusts, and of those it is required.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// A line of version 1 has 107 bytes at the most, with its end.
const LINE_MAX: usize = 107;

/// What version 2 may carry behind the addresses; balancers send some dozens of bytes.
const EXTRAS_MAX: usize = 512;

/// More bytes than this are never waited for.
pub const HEADER_MAX: usize = 16 + EXTRAS_MAX;

/// What the first bytes of a connection are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preface {
    /// More has to come before it can be said.
    Incomplete,
    /// A header of so many bytes. Without a source the connection is the balancer's own.
    Header { length: usize, source: Option<IpAddr> },
    /// Something else.
    Invalid,
}

/// Reads what there is.
pub fn read(bytes: &[u8]) -> Preface {
    let shared = bytes.len().min(SIGNATURE.len());
    if bytes[..shared] == SIGNATURE[..shared] {
        return if bytes.len() < SIGNATURE.len() { Preface::Incomplete } else { read_binary(bytes) };
    }
    const WORD: &[u8; 6] = b"PROXY ";
    let shared = bytes.len().min(WORD.len());
    if bytes[..shared] != WORD[..shared] {
        return Preface::Invalid;
    }
    match bytes.iter().take(LINE_MAX).position(|byte| *byte == b'\n') {
        Some(end) => read_line(&bytes[..=end]),
        None if bytes.len() >= LINE_MAX => Preface::Invalid,
        None => Preface::Incomplete,
    }
}

fn read_line(line: &[u8]) -> Preface {
    let length = line.len();
    let parse = || {
        let text = std::str::from_utf8(line).ok()?.strip_suffix("\r\n")?;
        let mut words = text.split(' ').skip(1);
        let source = match words.next()? {
            "UNKNOWN" => return Some(None),
            "TCP4" => IpAddr::V4(words.next()?.parse::<Ipv4Addr>().ok()?),
            "TCP6" => IpAddr::V6(words.next()?.parse::<Ipv6Addr>().ok()?),
            _ => return None,
        };
        let destination = words.next()?.parse::<IpAddr>().ok()?;
        let ports = [words.next()?, words.next()?];
        let is_whole = destination.is_ipv4() == source.is_ipv4()
            && ports.iter().all(|port| port.parse::<u16>().is_ok())
            && words.next().is_none();
        is_whole.then_some(Some(source.to_canonical()))
    };
    match parse() {
        Some(source) => Preface::Header { length, source },
        None => Preface::Invalid,
    }
}

fn read_binary(bytes: &[u8]) -> Preface {
    let Some(head) = bytes.get(12..16) else { return Preface::Incomplete };
    let extras = usize::from(u16::from_be_bytes([head[2], head[3]]));
    if head[0] >> 4 != 2 || extras > EXTRAS_MAX {
        return Preface::Invalid;
    }
    let length = 16 + extras;
    let Some(addresses) = bytes.get(16..length) else { return Preface::Incomplete };
    let source = match (head[0] & 15, head[1]) {
        // LOCAL: a health check of the balancer itself.
        (0, _) => None,
        (1, 0x11 | 0x12) if extras >= 12 => {
            addresses.first_chunk::<4>().map(|four| IpAddr::V4(Ipv4Addr::from(*four)))
        }
        (1, 0x21 | 0x22) if extras >= 36 => {
            addresses.first_chunk::<16>().map(|all| IpAddr::V6(Ipv6Addr::from(*all)).to_canonical())
        }
        // Unspecified and local sockets have no address to tell.
        (1, 0x00 | 0x31 | 0x32) => None,
        _ => return Preface::Invalid,
    };
    Preface::Header { length, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(length: usize, source: &str) -> Preface {
        Preface::Header { length, source: source.parse().ok() }
    }

    #[test]
    fn lines_of_version_1() {
        let line = b"PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\nGET / HTTP/1.1\r\n";
        assert_eq!(read(line), header(45, "192.0.2.1"));
        assert_eq!(read(b"PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n"), header(40, "2001:db8::1"));
        assert_eq!(read(b"PROXY UNKNOWN\r\n"), header(15, ""));
        assert_eq!(read(b"PROXY UNKNOWN whatever it says\r\n"), header(32, ""));
        for cut in 0..45 {
            assert_eq!(read(&line[..cut]), Preface::Incomplete, "{cut}");
        }
        for wrong in [
            "GET / HTTP/1.1\r\n".to_owned(),
            "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\n".to_owned(),
            "PROXY TCP4 2001:db8::1 198.51.100.1 1 2\r\n".to_owned(),
            "PROXY TCP4 192.0.2.1 2001:db8::1 1 2\r\n".to_owned(),
            "PROXY TCP4 192.0.2.1 198.51.100.1 65536 443\r\n".to_owned(),
            "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 3\r\n".to_owned(),
            "PROXY TCP4 192.0.2.01 198.51.100.1 1 2\r\n".to_owned(),
            "PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n".to_owned(),
            format!("PROXY UNKNOWN {}\r\n", "x".repeat(200)),
        ] {
            assert_eq!(read(wrong.as_bytes()), Preface::Invalid, "{wrong}");
        }
    }

    #[test]
    fn headers_of_version_2() {
        let v2 = |command: u8, family: u8, rest: &[u8]| {
            let mut bytes = SIGNATURE.to_vec();
            bytes.extend([0x20 | command, family]);
            bytes.extend(u16::try_from(rest.len()).unwrap().to_be_bytes());
            bytes.extend(rest);
            bytes
        };
        let four = [192, 0, 2, 1, 198, 51, 100, 1, 0, 1, 0, 2];
        assert_eq!(read(&v2(1, 0x11, &four)), header(28, "192.0.2.1"));
        assert_eq!(read(&v2(1, 0x11, &[&four[..], &[9; 20]].concat())), header(48, "192.0.2.1"));
        assert_eq!(read(&v2(0, 0x00, &[])), header(16, ""));
        let mut six = [0; 36];
        six[15] = 1;
        assert_eq!(read(&v2(1, 0x21, &six)), header(52, "::1"));
        let whole = v2(1, 0x11, &four);
        for cut in 0..whole.len() {
            assert_eq!(read(&whole[..cut]), Preface::Incomplete, "{cut}");
        }
        for wrong in [v2(1, 0x11, &four[..8]), v2(2, 0x11, &four), v2(1, 0x44, &four), v2(1, 0x11, &[0; 600])]
        {
            assert_eq!(read(&wrong), Preface::Invalid);
        }
        let mut version = v2(1, 0x11, &four);
        version[12] = 0x11;
        assert_eq!(read(&version), Preface::Invalid);
    }
}
