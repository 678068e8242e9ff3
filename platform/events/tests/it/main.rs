//! Producers and consumers of events on a real database, and what is done to them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod conformance;
mod consumers;
mod leases;
mod outbox;
mod parking;
mod retention;
mod support;
