//! The cart through its front doors, with fakes of the services that it asks.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod app;
mod details;
mod events;
mod forget;
mod items;
mod links;
mod lock;
mod owners;
mod peers;
mod totals;
