//! Auth: who people are. Accounts of customers and staff, their sessions, their addresses.
//!
//! What it promises:
//! - *A session is a secret that only the client has.* Here is its SHA-256; whoever reads the database can log in as
//!   nobody. Passwords are Argon2id, computed on a bounded pool that refuses rather than queues without end.
//! - *A login tells nothing but yes or no.* An address without an account takes as long as a wrong password.
//! - *Registering and forgetting tell nothing.* Whether an address has an account, only its mailbox learns.
//! - *Revoked is revoked.* A session that was ended is refused in this process at once, and by every edge within
//!   [`Remembered::STALE_AT_MOST`](mainstay_identity::Remembered::STALE_AT_MOST). What lasts, such as an API key, is never
//!   made by a login that was ended. An access token holds to its end, five minutes at most; its refresh token ends at
//!   once.
//! - *Guessing is slow, and slows nobody else.* See `guesses.rs`.
//!
//! It does not decide what somebody may do, and it keeps no session of visitors: those are signed tokens.

mod actions;
mod app;
pub mod codes;
mod config;
mod events;
mod guesses;
mod http;
mod jobs;
mod letters;
mod migrations;
mod model;
mod rpc;
mod service;
mod sessions;
mod signing;
mod store;
mod tokens;
mod verification;

pub use codes::CODES;
pub use config::Config;
pub use letters::closed as closed_letters;
pub use migrations::MIGRATIONS;
pub use service::{Auth, Needs};
pub use sessions::PeerSessions;
pub use signing::{Replace, SigningKeys};

/// Parsers that nothing outside calls, opened for the suite that feeds them anything (`testkit/parsers`).
#[doc(hidden)]
pub mod parsers {
    pub use crate::model::Email;
}
