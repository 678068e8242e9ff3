//! Whether a webhook is the provider's, and was sent just now.
//!
//! The signature is an HMAC-SHA256 over the time and the body. The time bounds how long a recorded webhook could be
//! sent again; within that bound the event's id does.

use std::time::Duration;

use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, KeyInit, Mac};
use mainstay_core::{Error, Result, Timestamp};
use sha2::Sha256;

use crate::codes;
use crate::secrets::SharedSecret;

/// The header that carries the signature.
pub const HEADER: &str = "provider-signature";

/// How far the provider's clock and ours may be apart, with the time on the way.
pub const TOLERANCE: Duration = Duration::from_secs(300);

// A signature is under a hundred characters; what is longer is not looked at.
const MAX_HEADER_BYTES: usize = 512;

/// What the provider signs webhooks with.
pub struct WebhookSecret(SharedSecret);

impl WebhookSecret {
    pub fn new(secret: impl Into<SharedSecret>) -> Self {
        Self(secret.into())
    }

    /// `payments.webhook_signature` unless `signature` is `t=<seconds>,v1=<hex>` of this body under this secret, made
    /// within [`TOLERANCE`] of `now`. The comparison takes the same time whatever differs.
    pub fn verify(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<()> {
        let (seconds, tags) = parse(signature).ok_or_else(forged)?;
        let at = Timestamp::from_micros(seconds.checked_mul(1_000_000).ok_or_else(forged)?);
        if now.since(at) > TOLERANCE || at.since(now) > TOLERANCE {
            return Err(codes::SIGNATURE.error("the webhook was not signed just now"));
        }
        for secret in self.0.each() {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).map_err(|error| {
                mainstay_core::codes::INTERNAL.because("the webhook secret is not usable", error)
            })?;
            mac.update(seconds.to_string().as_bytes());
            mac.update(b".");
            mac.update(body);
            // Several tags are sent while the provider changes its secret; one that fits is enough.
            if tags.iter().any(|tag| mac.clone().verify_slice(tag).is_ok()) {
                return Ok(());
            }
        }
        Err(forged())
    }
}

fn parse(signature: &str) -> Option<(i64, Vec<Vec<u8>>)> {
    if signature.len() > MAX_HEADER_BYTES {
        return None;
    }
    let mut seconds = None;
    let mut tags = Vec::new();
    for part in signature.split(',') {
        match part.trim().split_once('=')? {
            ("t", digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                seconds = Some(digits.parse().ok()?);
            }
            ("v1", hex) => tags.push(HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?),
            _ => {}
        }
    }
    Some((seconds?, tags))
}

fn forged() -> Error {
    codes::SIGNATURE.error("the webhook's signature is not the provider's")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"id":"evt_1"}"#;

    fn secret() -> WebhookSecret {
        WebhookSecret::new("whsec_test")
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn the_providers_own_signature_is_taken_for_five_minutes_either_way() {
        let signature = shop_test_provider::sign(b"whsec_test", at(10_000), BODY).unwrap();
        for now in [10_000, 10_300, 9_700] {
            secret().verify(&signature, BODY, at(now)).unwrap();
        }
        for now in [10_301, 9_699, 0, i64::MAX / 1_000_000] {
            assert!(secret().verify(&signature, BODY, at(now)).unwrap_err().is(&codes::SIGNATURE), "{now}");
        }
    }

    #[test]
    fn one_of_several_tags_is_enough() {
        let signature = shop_test_provider::sign(b"whsec_test", at(10_000), BODY).unwrap();
        let old = shop_test_provider::sign(b"whsec_old", at(10_000), BODY).unwrap();
        let both = format!("{signature},{}", old.split_once(',').unwrap().1);
        secret().verify(&both, BODY, at(10_000)).unwrap();
        assert!(secret().verify(&old, BODY, at(10_000)).is_err());
    }

    #[test]
    fn what_is_forged_bent_or_missing_is_refused() {
        let signature = shop_test_provider::sign(b"whsec_test", at(10_000), BODY).unwrap();
        let tag = signature.split_once("v1=").unwrap().1;
        let moved = signature.replace("t=10000", "t=10001");
        let short = signature[..signature.len() - 2].to_owned();
        let odd = signature[..signature.len() - 1].to_owned();
        let cases = [
            "",
            "t=",
            "v1=",
            "t=10000",
            "t=10000,v1=",
            "t=10000,v1=zz",
            "t=-10000,v1=00",
            "t=+10000,v1=00",
            "t=99999999999999999999,v1=00",
            "t=9223372036854775807,v1=00",
            "garbage",
            "=",
            ",,,",
            &moved,
            &short,
            &odd,
            &format!("v1={tag}"),
            &format!("t=10000,v0={tag}"),
            &format!("{signature}{}", "0".repeat(600)),
        ];
        for case in cases {
            assert!(secret().verify(case, BODY, at(10_000)).unwrap_err().is(&codes::SIGNATURE), "{case}");
        }
        let mut bent = BODY.to_vec();
        bent[3] ^= 1;
        assert!(secret().verify(&signature, &bent, at(10_000)).is_err());
    }
}
