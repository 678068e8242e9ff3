//! The host with services made for it: topology, readiness, leases and the drain, over real databases and sockets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod counter;
mod drain;
mod folder;
mod http;
mod starting;
mod topology;
mod upkeep;
