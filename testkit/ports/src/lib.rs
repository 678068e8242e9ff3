//! Addresses to listen at that stay a test's own while nothing listens there. A dev-dependency only.
//!
//! A port that was free a moment ago is anybody's: beside a suite that opens and leaves thousands of connections, some
//! other test has it before the one that asked. On Linux every address of 127.0.0.0/8 is this machine, so each process
//! takes one that no other has, and its ports with it; connections to elsewhere leave from 127.0.0.1.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// The loopback address that is this process's own, by its number. 127.0.0.1 where a system has no other.
#[must_use]
pub fn own_host() -> Ipv4Addr {
    if cfg!(target_os = "linux") {
        // Numbers of processes have at most 22 bits (`PID_MAX_LIMIT`), so the second part is 64 to 127.
        let [_, high, middle, low] = std::process::id().to_be_bytes();
        Ipv4Addr::new(127, 64 | high, middle, low)
    } else {
        Ipv4Addr::LOCALHOST
    }
}

/// An address of [`own_host`] at which nothing listens: what a test starts there, stops and starts again finds it free.
///
/// # Panics
/// When this machine has no port left.
#[must_use]
pub fn free_address() -> SocketAddr {
    TcpListener::bind((own_host(), 0)).and_then(|listener| listener.local_addr()).expect("a free port")
}
