//! Secrets through their public doors.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod keys;
mod root;
mod rotation;
mod sources;
