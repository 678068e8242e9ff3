//! Telemetry through its public doors.

mod log;
mod metrics;
mod spans;
