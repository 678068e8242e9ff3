//! Calls between services, over both transports.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod conformance;
mod dead_peers;
mod drain;
mod event_log;
mod event_log_suite;
mod observing;
mod outsiders;
mod routing;
mod world;
