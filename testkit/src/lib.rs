//! What tests stand on: throw-away databases and harnesses. A dev-dependency only.
//!
//! Everything here panics when it cannot do its work, with the whole chain of causes: there is nobody to answer to.

pub mod database;
#[cfg(feature = "services")]
pub mod front_doors;
pub mod saga;

pub use database::TestDatabase;
#[cfg(feature = "services")]
pub use front_doors::{Answer, FrontDoors};
