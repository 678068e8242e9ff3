//! The binary and the whole shop, from outside: started as a process, asked over HTTP, stopped by signals.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod absurd;
mod buying;
mod commands;
mod configuration;
mod contracts;
mod first_order;
mod imports;
mod load;
mod names;
mod process;
mod releases;
mod replay;
mod schemathesis;
mod secure;
mod seeing;
mod shop;
mod signals;
