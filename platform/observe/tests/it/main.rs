//! The store through its front doors.

mod api;
mod attacks;
mod bounds;
mod metrics;
mod receive;
mod search;
mod world;
