//! Payments through its front doors: the contract on the network, webhooks and reports over HTTP; a provider that does
//! what the test says, and the real test provider over sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod app;
mod authorise;
mod capture;
mod ledger;
mod over_http;
mod provider;
mod reconcile;
mod refund;
mod storm;
mod void;
mod webhooks;
