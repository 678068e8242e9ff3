//! Calls between services, over both transports.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod conformance;
