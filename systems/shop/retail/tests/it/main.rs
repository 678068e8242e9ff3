//! The mapping against files with every kind of dirt, and against the proof.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agrees;
mod dirt;
mod rules;
mod support;
