//! A provider of card payments that exists only for trying things out: a small durable HTTP server of its own, which
//! charges nobody.
//!
//! It keeps the promises of a good provider: an answer leaves after its bytes are synced, every operation is
//! idempotent by its key, webhooks are signed and repeated until they are taken, and its list of charges is the truth
//! that a shop reconciles with. And it can be told, by the token that pays, to behave like the bad days of one: see
//! [`Token`]. It tells by webhook only what an answer did not tell already.
//!
//! It refuses to know the shop: the two meet over HTTP only, and the format on the wire is written down here and in
//! the shop's adapter, as it would be with a real provider.

mod api;
mod challenge;
mod codes;
mod deciding;
mod migrations;
mod model;
mod refusal;
mod server;
mod signature;
mod store;
mod webhooks;

pub use migrations::MIGRATIONS;
pub use model::{Charge, Status, Token};
pub use server::{Options, Shared, TestProvider};
pub use signature::sign;
