//! The store through its front doors.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod api;
mod attacks;
mod bounds;
mod metrics;
mod receive;
mod search;
mod world;
