//! Orders: from a cart to a paid order, and back again when it must be.
//!
//! It owns the checkout and refund sagas, the orders as event-sourced aggregates with a copy of all that was agreed,
//! and the lists and reports that are projections of them. It does not know stock, money or carts: those belong to
//! the services that it asks.

pub mod actions;
pub mod checkout;
pub mod codes;
pub mod events;
mod http;
mod jobs;
pub mod migrations;
pub mod model;
pub mod peers;
pub mod refund;
mod rpc;
mod service;
pub mod store;

pub use codes::CODES;
pub use migrations::MIGRATIONS;
pub use peers::Peers;
pub use service::{Config, Needs, Orders};
