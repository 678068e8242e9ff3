//! The binary and the whole shop, from outside.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod shop;
