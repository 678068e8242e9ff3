//! Orders from its front doors, with its peers as fakes that remember what was done to them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod archive;
mod fakes;
mod sagas;
