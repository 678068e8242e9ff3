//! SQLite behind the sql port: the conformance suite, then what is particular to files, disks and processes.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod conformance;
mod disk;
mod files;
mod processes;
mod room;
mod search;
mod support;
mod threads;
