//! What must not leak: a type that cannot be printed, the root key of an installation, and sealed bytes for a table.
//!
//! One root key is made on the first start, and is replaced while everything runs ([`RootKey`]). Every other key is derived
//! from it by a label, or is random and sealed under a derived one. This crate keeps no table and talks to no vault; it hands out keys and refuses files that
//! others can read.

pub mod codes;
mod key;
mod keys;
mod root;
mod secret;
mod source;

pub use codes::CODES;
pub use key::Key;
pub use keys::{Keys, Made, PerKey};
pub use root::{KNOWN_BEFORE_MIN, LOOKED_AT_EVERY, RootKey, RootKeyShown};
pub use secret::Secret;
pub use source::SecretSource;
