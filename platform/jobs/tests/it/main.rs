//! Jobs and schedules on a real database, and what is done to them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod conformance;
mod failures;
mod leases;
mod queue;
mod rates;
mod schedules;
mod support;
