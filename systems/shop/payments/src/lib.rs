//! Payments: money in and out through a provider, with a double-entry ledger.
//!
//! What it promises:
//! - *One effect.* Every call is idempotent by the id that the caller chose, towards callers and towards the provider;
//!   what timed out is asked about by its key before it is repeated.
//! - *A void always wins.* It is durable before it is answered. What the provider still does about the payment, however
//!   late, is voided or refunded in full by a job that does not give up.
//! - *Order does not matter.* Answers, webhooks and lists are words about facts that only ever add up (see [`model`]),
//!   so late, repeated and reordered ones end in the same state.
//! - *The books balance.* Each movement of money is booked in the write that learns of it, once for its cause, and no
//!   write commits that would leave them off by a penny.
//!
//! It keeps no card number and no token, knows no orders, and moves no money that nobody asked to move.

mod actions;
mod app;
pub mod codes;
mod events;
mod http;
mod metrics;
mod migrations;
pub mod model;
pub mod provider;
mod rpc;
mod secrets;
mod service;
mod settle;
mod store;
mod webhook;

pub use codes::CODES;
pub use migrations::MIGRATIONS;
pub use secrets::{ProviderSecrets, SharedSecret};
pub use service::{Config, Needs, Payments};

/// Parsers that nothing outside calls, opened for the suite that feeds them anything (`testkit/parsers`).
#[doc(hidden)]
pub mod parsers {
    pub use crate::provider::{Event, WireList};
    pub use crate::webhook::WebhookSecret;
}
