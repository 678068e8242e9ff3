//! Internal tokens: how a principal crosses from one service to the next.
//!
//! A caller signs a token for one callee; it holds for [`LIFETIME`]. The tag is HMAC-SHA-256 under a key of the pair
//! (issuer, audience), which costs a microsecond where an Ed25519 signature and its check cost sixty. Keys form a
//! tree: root → audience → issuer. A callee holds its own audience key and can check every caller's token; a caller
//! holds the pair's key for each callee that it declares, and can speak to nobody else and for nobody else.
//!
//! Each call has a token of its own: keeping them for the next call of the same principal cost as much as signing and
//! checking anew, for principals who call a few times and are followed by others.
//!
//! Rejected: JSON Web Tokens (an algorithm field that the attacker writes, and five times the bytes), and opaque
//! tokens that each callee would have to look up.

mod claims;
mod keys;
mod minter;
mod verifier;

use std::time::Duration;

pub use claims::Claims;
pub use keys::TokenKeys;
pub use minter::Minter;
pub use verifier::Verifier;

/// How long a token holds. One that names a longer life is refused, whoever signed it.
pub const LIFETIME: Duration = Duration::from_secs(60);

/// How far the wall clocks of two machines may be apart.
pub const CLOCK_SKEW: Duration = Duration::from_secs(5);
