//! Access tokens: what holds, and every way to forge, confuse or outlive one.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use mainstay_core::{Clock, Id, ManualClock, Result, Timestamp};
use mainstay_identity::access_token::{CLOCK_SKEW, JwkSet, LIFETIME};
use mainstay_identity::codes::ACCESS_TOKEN_REFUSED;
use mainstay_identity::{AccessClaims, AccessSigner, AccessVerifier, SigningKey};
use proptest::prelude::*;
use ring::signature::Ed25519KeyPair;
use serde_json::{Value, json};

const ISSUER: &str = "https://shop.example";
const AUDIENCE: &str = "shop";
const START: i64 = 1_800_000_000;

struct Issuer {
    key: SigningKey,
    pair: Ed25519KeyPair,
    signer: AccessSigner,
    verifier: AccessVerifier,
    time: ManualClock,
}

impl Issuer {
    fn new() -> Self {
        let (clock, time) = Clock::manual(Timestamp::from_micros(START * 1_000_000));
        let (key, seed) = SigningKey::generate().unwrap();
        Self {
            pair: Ed25519KeyPair::from_seed_unchecked(seed.expose()).unwrap(),
            key,
            signer: AccessSigner::new(ISSUER, AUDIENCE, clock.clone()),
            verifier: AccessVerifier::new(ISSUER, AUDIENCE, clock),
            time,
        }
    }

    fn token(&self) -> String {
        let (token, _) = self
            .signer
            .sign(&self.key, Id::from_bytes([1; 16]), "customer", Id::from_bytes([2; 16]))
            .unwrap();
        token.expose().clone()
    }

    fn verify(&self, token: &str) -> Result<AccessClaims> {
        self.verifier.verify(token, self.key.public())
    }

    /// A token of our own key with other words in it.
    fn bent(&self, bend: impl FnOnce(&mut Value, &mut Value)) -> String {
        let mut header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": self.key.public().id()});
        let mut claims = claims_of(&self.token());
        bend(&mut header, &mut claims);
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        format!("{signed}.{}", BASE64URL_NOPAD.encode(self.pair.sign(signed.as_bytes()).as_ref()))
    }

    #[track_caller]
    fn refuses(&self, token: &str, why: &str) {
        match self.verify(token) {
            Err(error) => assert!(error.is(&ACCESS_TOKEN_REFUSED), "{why}: {error:?}"),
            Ok(claims) => panic!("{why}: {claims:?}"),
        }
    }
}

fn encode(value: &Value) -> String {
    BASE64URL_NOPAD.encode(value.to_string().as_bytes())
}

fn claims_of(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap()).unwrap()
}

#[test]
fn a_token_says_whom_it_stands_for_until_it_expires() {
    let issuer = Issuer::new();
    let token = issuer.token();
    let claims = issuer.verify(&token).unwrap();
    assert_eq!((claims.account, claims.role.as_str()), (Id::from_bytes([1; 16]), "customer"));
    assert_eq!(AccessVerifier::key_id(&token).unwrap(), issuer.key.public().id());
    issuer.time.advance(LIFETIME + CLOCK_SKEW - Duration::from_millis(1));
    issuer.verify(&token).unwrap();
    issuer.time.advance(Duration::from_millis(1));
    issuer.refuses(&token, "expired");
}

#[test]
fn the_untouched_token_made_by_hand_holds() {
    let issuer = Issuer::new();
    issuer.verify(&issuer.bent(|_, _| {})).unwrap();
}

#[test]
fn claims_that_do_not_fit_are_refused_although_the_signature_does() {
    let issuer = Issuer::new();
    let far = START + 10_000;
    let bent: [(&str, Value); 16] = [
        ("iss", json!("https://evil.example")),
        ("iss", json!([ISSUER])),
        ("aud", json!("another")),
        ("aud", json!(["shop", "another"])),
        ("aud", json!("")),
        ("exp", json!(START - 6)),
        ("exp", json!(far)),
        ("exp", json!("9999999999")),
        ("exp", json!(null)),
        ("exp", json!(1e300)),
        ("exp", json!(i64::MAX)),
        ("nbf", json!(START + 6)),
        ("iat", json!(START + 6)),
        ("iat", json!(i64::MIN)),
        ("sub", json!("ord_00000000000000000000000001")),
        ("sid", json!(7)),
    ];
    for (name, value) in bent {
        let token = issuer.bent(|_, claims| claims[name] = value.clone());
        issuer.refuses(&token, &format!("{name} {value}"));
    }
    for name in ["iss", "aud", "sub", "sid", "exp", "nbf", "iat", "role"] {
        let without = |_: &mut Value, claims: &mut Value| {
            claims.as_object_mut().unwrap().remove(name);
        };
        issuer.refuses(&issuer.bent(without), &format!("without {name}"));
    }
}

#[test]
fn the_header_decides_nothing() {
    let issuer = Issuer::new();
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("None")),
        ("alg", json!("HS256")),
        ("alg", json!("ES256")),
        ("alg", json!(null)),
        ("typ", json!("JWT")),
        ("typ", json!("rt+jwt")),
        ("kid", json!("another")),
        ("kid", json!("../../keys/root")),
        ("kid", json!("")),
        ("crit", json!(["exp"])),
    ] {
        issuer.refuses(&issuer.bent(|header, _| header[name] = value.clone()), &format!("{name} {value}"));
    }
    // A key that the token brings itself is not looked at.
    let (theirs, seed) = SigningKey::generate().unwrap();
    let set = serde_json::to_value(JwkSet::new([theirs.public()])).unwrap();
    let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose()).unwrap();
    let header = json!({
        "alg": "EdDSA", "typ": "at+jwt", "kid": issuer.key.public().id(),
        "jwk": set["keys"][0], "jku": "https://evil.example/jwks.json",
    });
    let signed = format!("{}.{}", encode(&header), encode(&claims_of(&issuer.token())));
    let signature = BASE64URL_NOPAD.encode(pair.sign(signed.as_bytes()).as_ref());
    issuer.refuses(&format!("{signed}.{signature}"), "a key of its own");
}

#[test]
fn a_token_without_or_with_another_signature_is_refused() {
    let issuer = Issuer::new();
    let token = issuer.token();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    issuer.refuses(signed, "no signature");
    issuer.refuses(&format!("{signed}."), "an empty signature");
    issuer.refuses(&format!("{signed}.{}", "A".repeat(86)), "a signature of zeroes");
    // The confusion of a public key with a shared secret: a tag under the public key's bytes.
    use hmac::{Hmac, KeyInit, Mac};
    let header = json!({"alg": "HS256", "typ": "at+jwt", "kid": issuer.key.public().id()});
    let text = format!("{}.{}", encode(&header), encode(&claims_of(&token)));
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(issuer.key.public().as_bytes()).unwrap();
    mac.update(text.as_bytes());
    let tag = BASE64URL_NOPAD.encode(&mac.finalize().into_bytes());
    issuer.refuses(&format!("{text}.{tag}"), "a shared secret");
    let other = Issuer::new();
    issuer.refuses(&other.token(), "another issuer's key");
    for place in 0..signed.len() {
        let mut altered = token.clone().into_bytes();
        altered[place] = if altered[place] == b'A' { b'B' } else { b'A' };
        issuer.refuses(&String::from_utf8(altered).unwrap(), "one letter altered");
    }
    assert!(signature.len() == 86);
}

#[test]
fn the_key_set_has_what_a_stranger_needs_and_nothing_secret() {
    let (key, seed) = SigningKey::generate().unwrap();
    let text = serde_json::to_string(&JwkSet::new([key.public()])).unwrap();
    let set: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(set["keys"][0]["kid"], key.public().id());
    assert_eq!(set["keys"][0]["x"], BASE64URL_NOPAD.encode(key.public().as_bytes()));
    assert!(!text.contains(&BASE64URL_NOPAD.encode(seed.expose())) && set["keys"][0].get("d").is_none());
}

proptest! {
    #[test]
    fn nonsense_is_refused_and_nothing_worse(text in ".{0,300}") {
        prop_assert!(AccessVerifier::key_id(&text).is_err());
        prop_assert!(Issuer::new().verify(&text).is_err());
    }

    #[test]
    fn nonsense_between_dots_is_refused(parts in proptest::collection::vec("[A-Za-z0-9_-]{0,80}", 0..5)) {
        prop_assert!(Issuer::new().verify(&parts.join(".")).is_err());
    }
}
