//! Notifications from the orders' log to the mailbox: each event once, whatever fails on the way.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod app;
mod mails;
mod trouble;
