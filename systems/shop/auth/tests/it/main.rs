//! Auth through its front doors: people over HTTP with real cookies and tokens, services over the contract.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accounts;
mod addresses;
mod api_keys;
mod app;
mod contract;
mod passwords;
mod sessions;
mod tokens;
