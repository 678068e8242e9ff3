//! Who somebody is: tokens between services, passwords, and the credentials of browsers and programs: sessions, access
//! tokens, API keys.
//!
//! Only the edge turns a credential into a [`Principal`](mainstay_core::Principal); behind it the principal crosses
//! from service to service inside a token that its caller signs for its callee. This crate keeps no table and speaks
//! no transport: accounts and sessions are stored by the service that owns them, headers are read by `http` and `rpc`.
//! What somebody *may* do is not decided here.

pub mod codes;
mod mac;
pub mod token;

pub mod password;
pub mod session;

pub mod access_token;
pub mod opaque;

mod authenticator;
mod remembered;

pub use access_token::{AccessClaims, AccessSigner, AccessVerifier, SigningKey, VerifyingKey};
pub use authenticator::{Authenticator, Identified, Sessions};
pub use codes::CODES;
pub use opaque::{ApiKey, Opaque, OpaqueKind, RefreshToken};
pub use password::{Passwords, Verdict};
pub use remembered::Remembered;
pub use session::{AnonymousSessions, Credential, Fingerprint, SessionSecret};
pub use token::{Claims, Minter, TokenKeys, Verifier};

/// Parsers that nothing outside calls, opened for the suite that feeds them anything (`testkit/parsers`).
#[doc(hidden)]
pub mod parsers {
    /// Whether a password's record can be read, at a cost that a login may have.
    pub fn password_record(text: &str) -> mainstay_core::Result<()> {
        crate::password::read_record(text)
    }
}
