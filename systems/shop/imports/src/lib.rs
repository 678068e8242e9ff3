//! Imports: files of goods on their way into the shop.
//!
//! Lines are staged here in batches and checked one by one, then applied by a durable job, batch by batch, through the
//! contracts of catalogue, pricing and inventory. It owns what is on its way and nothing else: what a product, a price or
//! a level is, those services say. What ended is kept for a while, and so is what nobody continues. It is apart from
//! them so that a million lines in staging do not share a writer with the pages of the shop.

mod actions;
mod apply;
mod codes;
mod config;
mod forget;
mod job;
mod migrations;
mod model;
mod rpc;
mod service;
mod store;

pub use apply::Peers;
pub use codes::CODES;
pub use config::Config;
pub use migrations::MIGRATIONS;
pub use model::COLUMNS;
pub use service::{Imports, Needs};
pub use store::aged;

/// Parsers that nothing outside calls, opened for the suite that feeds them anything (`testkit/parsers`).
#[doc(hidden)]
pub mod parsers {
    pub use crate::model::{Content, Reader};
}
