//! The catalogue: what is sold. Products with their variants, the addresses of their pictures, their slugs.
//!
//! It owns what a thing is and whether it can be bought. What it costs is pricing's, how many there are inventory's.
//! It stores no picture, only where one is.

mod actions;
pub mod codes;
mod events;
mod http;
mod messages;
mod metrics;
mod migrations;
mod model;
mod rpc;
mod service;
mod store;

pub use codes::CODES;
pub use migrations::MIGRATIONS;
pub use service::{Catalog, Needs};
