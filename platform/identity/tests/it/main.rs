//! Identity through its public face.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access_tokens;
mod anonymous;
mod foreign_passwords;
mod opaque;
mod passwords;
mod rotation;
mod sessions;
mod tokens;
