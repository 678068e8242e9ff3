//! The provider through its front door: as a merchant over HTTP, with a shop that takes its webhooks.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod api;
mod provider;
mod shop;
mod tokens;
mod webhooks;
