//! The hub through its front door: a real listener, a client that others wrote, and bytes that no client would send.

mod attacks;
mod conformance;
mod crowd;
mod resuming;
mod sockets;
mod streams;
mod world;
