//! The way in, through its front door: most tests call the layers directly, those about connections over sockets.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod bodies;
mod connections;
mod drain;
mod endpoints;
mod idempotency;
mod load;
mod observation;
mod operators;
mod problems;
mod sessions;
mod site;
