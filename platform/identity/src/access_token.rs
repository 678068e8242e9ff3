//! Access tokens: what a program of a customer's shows instead of a session, readable by anybody who has the public
//! keys.
//!
//! They are JSON Web Tokens (RFC 7519) in the profile of RFC 9068, signed with Ed25519 (RFC 8037). One algorithm, and
//! the key alone decides on it: the header's `alg` is compared, never obeyed, so that `none` and the confusion of a
//! public key with a shared secret have nowhere to begin. A key's id is its own thumbprint (RFC 7638).
//!
//! A token holds for [`LIFETIME`] and cannot be taken back within it; what can be taken back is the refresh token that
//! buys the next one. Between services, [`token`](crate::token) is used instead: those need not be read by strangers, and
//! cost a microsecond.

mod claims;
mod key;
mod keys;
mod signer;
mod verifier;

use std::time::Duration;

pub use claims::AccessClaims;
pub use key::{SigningKey, VerifyingKey};
pub use keys::{Jwk, JwkSet};
pub use signer::AccessSigner;
pub use verifier::AccessVerifier;

/// How long an access token holds: the longest that somebody whose rights were taken away keeps them.
pub const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// How far the wall clocks of two machines may be apart.
pub const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// The one algorithm, in the words of the header.
pub(crate) const ALGORITHM: &str = "EdDSA";

/// The type that RFC 9068 gives an access token, so that no other token of ours is taken for one.
pub(crate) const TYPE: &str = "at+jwt";
