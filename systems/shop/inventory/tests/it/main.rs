//! Inventory through its front doors: what peers call, what outsiders call, and the sweep.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod adjust;
mod app;
mod books;
mod count;
mod expiry;
mod http;
mod races;
mod reserve;
