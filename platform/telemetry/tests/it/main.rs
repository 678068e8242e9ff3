//! Telemetry through its public doors.

mod again;
mod collector;
mod lines;
mod log;
mod metrics;
mod spans;
mod tail;
