//! Identity through its public face.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod anonymous;
mod passwords;
mod sessions;
mod tokens;
