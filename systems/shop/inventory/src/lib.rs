//! Inventory: how many pieces there are, and who holds some.
//!
//! A checkout reserves, then commits or releases; deliveries, counts and returns adjust. Stock is never negative and
//! never promised twice: the rules say so in `model`, each change is one guarded statement in `store`, the schema's
//! checks say it again, and [`audit`] proves it from the books. It knows no product, no price and no order.

mod actions;
pub mod codes;
mod events;
mod http;
mod metrics;
mod migrations;
mod model;
mod rpc;
mod service;
mod store;
mod sweeper;

pub use actions::audit;
pub use codes::CODES;
pub use migrations::MIGRATIONS;
pub use model::{Breach, Level};
pub use service::{Inventory, Needs};
