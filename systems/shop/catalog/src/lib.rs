//! The catalogue: what is sold. Products with their variants, their pictures, their slugs.
//!
//! It owns what a thing is and whether it can be bought. What it costs is pricing's, how many there are inventory's.
//! A picture that staff send is kept in the store of objects, in a few sizes; an address of elsewhere is kept as text.

mod actions;
pub mod codes;
mod events;
mod http;
mod messages;
mod metrics;
mod migrations;
mod model;
mod render;
mod rpc;
mod service;
mod store;

pub use codes::CODES;
pub use migrations::MIGRATIONS;
pub use service::{Catalog, Needs};
