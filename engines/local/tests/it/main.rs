//! The local engines: their ports' suites, then what is particular to folders.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod blobs;
mod cache;
mod notify;
