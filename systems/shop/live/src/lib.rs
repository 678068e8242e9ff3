//! Live: pushes stock and orders to those who look at them, the moment that they change.
//!
//! | room | its messages | who may enter | slow subscribers |
//! |---|---|---|---|
//! | `stock:<variant>` | `{"available":12}`, the whole state | everybody | go on with the newest |
//! | `order:<order>` | `{"change":"paid", …}`, each counts | its buyer, and staff | are disconnected and resume |
//!
//! It follows the events of inventory and orders and pushes what a buyer may know of them; whose an order is, it asks
//! orders. It owns no business, no database and no truth: a page that was told to fetch anew fetches from the service
//! that owns the fact.

mod doors;
mod render;
mod service;

pub use mainstay_realtime::CODES;
pub use service::{Live, Needs};
