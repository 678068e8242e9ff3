//! How webhooks are signed: `t=<seconds>,v1=<hex of HMAC-SHA256 over "<seconds>.<body>">`.
//!
//! The time is inside the signature, so that a recorded webhook cannot be sent again later under a newer time.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use mainstay_core::{Result, Timestamp, codes};
use sha2::Sha256;

/// The header that carries a signature.
pub const HEADER: &str = "provider-signature";

/// The value of the signature header for `body`, sent at `at`.
pub fn sign(secret: &[u8], at: Timestamp, body: &[u8]) -> Result<String> {
    let seconds = at.as_micros().div_euclid(1_000_000);
    let mut mac = Hmac::<Sha256>::new_from_slice(secret)
        .map_err(|error| codes::INTERNAL.because("the webhook secret cannot sign", error))?;
    mac.update(seconds.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    Ok(format!("t={seconds},v1={}", HEXLOWER.encode(&mac.finalize().into_bytes())))
}
