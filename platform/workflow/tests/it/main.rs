//! Sagas and aggregates on a real database, with time in the test's hand.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod aggregates;
mod archive;
mod conformance;
mod crashes;
mod definitions;
mod failures;
mod inspection;
mod lab;
mod leases;
mod limits;
mod projections;
mod pruning;
mod recorders;
mod runs;
mod sharing;
mod storage;
mod unwritten;
mod waiting;
