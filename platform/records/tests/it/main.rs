//! Files that are cut, damaged, endless or malicious.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attacks;
mod sheets;
