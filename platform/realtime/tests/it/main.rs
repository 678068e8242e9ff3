//! The hub through its front door: a real listener, a client that others wrote, and bytes that no client would send.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attacks;
mod conformance;
mod crowd;
mod resuming;
mod sockets;
mod streams;
mod world;
