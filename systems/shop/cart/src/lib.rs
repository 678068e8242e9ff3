//! The cart: what a buyer means to buy, where it goes, and what will pay for it.
//!
//! Carts belong to a visitor's session or a customer's account and to nobody else; for others they do not exist.
//! Changes that come at once all count, because each reads and writes the cart in one transaction. A checkout locks a
//! cart while it buys it, and a login brings a visitor's cart along. It reserves nothing and prices nothing: what it
//! shows as a total is pricing's answer at that moment.

mod actions;
pub mod codes;
mod config;
mod events;
mod http;
mod jobs;
mod metrics;
mod migrations;
mod model;
mod rpc;
mod service;
mod store;

pub use codes::CODES;
pub use config::Config;
pub use migrations::MIGRATIONS;
pub use service::{Cart, Needs};
pub use store::aged;

/// Parsers that nothing outside calls, opened for the suite that feeds them anything (`testkit/parsers`).
#[doc(hidden)]
pub mod parsers {
    pub use crate::model::{PaymentToken, check_shipping_method};
}
