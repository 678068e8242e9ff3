//! The way in over HTTP: one listener, one visible list of layers, and what handlers need to stay thin.
//!
//! A service hands over an [`axum::Router`]; [`App`] puts the layers around it (see `layers.rs`, one comment a layer)
//! and [`App::bind`] a listener in front, which speaks HTTP/1.1 and, with prior knowledge, HTTP/2. Every refusal
//! leaves as `application/problem+json` (RFC 9457) with the code of a [`mainstay_core::Code`], whose page is at its
//! `type`. This crate knows no route of any service, and who a credential belongs to is asked of an
//! [`Authenticator`].

pub mod app;
pub mod authenticator;
pub mod catalogue;
pub mod codes;
pub mod door;
mod endpoints;
pub mod extract;
pub mod health;
pub mod idempotency;
mod layers;
mod listener;
mod metrics;
pub mod options;
pub mod problem;
pub mod session;
mod visit;

pub use app::{App, Parts};
pub use authenticator::Authenticator;
pub use catalogue::Catalogue;
pub use codes::CODES;
pub use door::{Door, OperatorGuard};
pub use extract::{
    Body, ClientAddress, Condition, Ctx, IdempotencyKey, Path, PathId, Query, SessionToken, Standing, etag,
};
pub use health::{Health, Weight};
pub use listener::{Bound, Drained};
pub use options::{AdminOptions, Options};
pub use problem::{Problem, status_of};
pub use session::{SessionEnded, SessionIssued};
