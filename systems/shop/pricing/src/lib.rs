//! Pricing: what things cost. Price lists by currency, tax by destination, flat shipping methods.
//!
//! The rule that prices a basket is pure and stands in `model/quote.rs`; all else only brings it its figures. It
//! decides nothing about what is sold or whether it is there, and it takes no money.

mod actions;
pub mod codes;
mod config;
mod events;
mod http;
mod metrics;
mod migrations;
mod model;
mod rpc;
mod service;
mod store;

pub use codes::CODES;
pub use config::Config;
pub use migrations::MIGRATIONS;
pub use service::{Needs, Pricing};
