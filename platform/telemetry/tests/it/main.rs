//! Telemetry through its public doors.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod again;
mod collector;
mod lines;
mod log;
mod metrics;
mod spans;
mod tail;
