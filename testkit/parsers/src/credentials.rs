//! What somebody shows to say who they are, and what services show to each other.
//!
//! Half of these parsers stand behind a signature, so the target signs: what is read there must hold whatever it says.

use std::sync::OnceLock;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use mainstay_core::{Clock, Context, Id, Principal, TenantId, Timestamp, TraceContext};
use mainstay_identity::access_token::LIFETIME;
use mainstay_identity::parsers::password_record;
use mainstay_identity::{
    AccessVerifier, AnonymousSessions, ApiKey, Credential, RefreshToken, SessionSecret, SigningKey,
    TokenKeys, Verifier,
};
use mainstay_secrets::{Key, RootKey, Secret};
use ring::signature::Ed25519KeyPair;
use sha2::Sha256;

use crate::choose;

const SEED: [u8; 32] = [7; 32];
const CALLER: &str = "shop.orders";
const CALLEE: &str = "shop.payments";

/// Seconds since 1970 at which all of this happens.
const NOW: i64 = 1_900_000_000;

/// What is made once: keys are dear.
struct World {
    clock: Clock,
    anonymous: AnonymousSessions,
    signing: SigningKey,
    pair: Ed25519KeyPair,
    access: AccessVerifier,
    tokens: TokenKeys,
    verifier: Verifier,
    pair_key: Key,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let root = RootKey::from_bytes([3; 32]);
        let (clock, _) = Clock::manual(Timestamp::from_micros(NOW * 1_000_000));
        let tokens = TokenKeys::new(&root);
        let (Ok(signing), Ok(pair), Ok(verifier)) = (
            SigningKey::from_seed(&Secret::new(SEED)),
            Ed25519KeyPair::from_seed_unchecked(&SEED),
            tokens.verifier(CALLEE, &clock),
        ) else {
            panic!("keys that are always right")
        };
        World {
            anonymous: AnonymousSessions::new(&root),
            signing,
            pair,
            access: AccessVerifier::new("https://shop.example", "shop", clock.clone()),
            verifier,
            // What `TokenKeys` derives for the pair; that both agree is asserted before it is used.
            pair_key: root.derive("identity/internal-tokens/1").derive(CALLEE).derive(CALLER).in_use(),
            tokens,
            clock,
        }
    })
}

pub fn feed(bytes: &[u8]) {
    let Some((choice, rest)) = choose(bytes, 9) else { return };
    match choice {
        0 => calls(rest),
        1 => signed_calls(rest),
        2 => visitors(rest),
        3 => raw_calls(rest),
        _ => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            match choice {
                4 => shown(text),
                5 => opaque(text),
                6 => access(text),
                7 => signed_access(text),
                _ => drop(password_record(text)),
            }
        }
    }
}

/// A cookie's or bearer's value. What is taken is the one way of writing it.
fn shown(text: &str) {
    let world = world();
    match Credential::read(text, &world.anonymous, &world.clock) {
        Ok(Credential::Anonymous(id)) => assert_eq!(world.anonymous.token(id), text),
        Ok(Credential::Secret(secret)) => assert_eq!(*secret.to_text(), text),
        Ok(Credential::ApiKey(key)) => assert_eq!(*key.to_text(), text),
        Ok(Credential::AccessToken) => assert!(AccessVerifier::resembles(text)),
        Err(_) => {}
    }
}

fn opaque(text: &str) {
    if let Some(token) = RefreshToken::parse(text) {
        assert_eq!(*token.to_text(), text);
        assert!(ApiKey::parse(text).is_none(), "a token of one kind is none of another");
    }
    if let Some(secret) = SessionSecret::parse(text) {
        assert_eq!(*secret.to_text(), text);
    }
}

/// A visitor's token of any id is right as it is, and wrong with any letter changed.
fn visitors(bytes: &[u8]) {
    let Some((id, &[place, letter, ..])) = bytes.split_first_chunk::<16>() else { return };
    let world = world();
    let id = Id::from_bytes(*id);
    let token = world.anonymous.token(id);
    if let Ok(found) = world.anonymous.verify(&token, &world.clock) {
        assert_eq!(found, id);
    }
    let mut bent = token.clone().into_bytes();
    let place = usize::from(place) % bent.len();
    bent[place] = letter & 0x7f;
    let Ok(bent) = String::from_utf8(bent) else { return };
    assert!(bent == token || world.anonymous.verify(&bent, &world.clock).is_err(), "{bent}");
}

/// Nobody but us makes an access token.
fn access(text: &str) {
    let world = world();
    let _ = AccessVerifier::key_id(text);
    assert!(world.access.verify(text, world.signing.public()).is_err(), "a forged access token");
}

/// A header and claims in two lines, signed with the right key; an empty line is a right one.
fn signed_access(text: &str) {
    let world = world();
    let kid = world.signing.public().id();
    let right = format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{kid}"}}"#);
    let (header, claims) = text.split_once('\n').unwrap_or(("", text));
    let header = if header.is_empty() { right.as_str() } else { header };
    let mut token = BASE64URL_NOPAD.encode(header.as_bytes());
    token.push('.');
    BASE64URL_NOPAD.encode_append(claims.as_bytes(), &mut token);
    let signature = world.pair.sign(token.as_bytes());
    token.push('.');
    BASE64URL_NOPAD.encode_append(signature.as_ref(), &mut token);
    let Ok(read) = world.access.verify(&token, world.signing.public()) else { return };
    assert!(header.contains("EdDSA") && header.contains(kid));
    assert!(claims.contains("https://shop.example"));
    assert!(read.expires > read.issued && read.expires.since(read.issued) <= LIFETIME);
}

/// Bytes of an internal token that nobody signed.
fn calls(bytes: &[u8]) {
    let header = format!("Bearer {}", BASE64URL_NOPAD.encode(bytes));
    assert!(world().verifier.verify(header.as_bytes()).is_err(), "a forged internal token");
}

fn raw_calls(bytes: &[u8]) {
    assert!(world().verifier.verify(bytes).is_err(), "a forged authorization");
}

/// Claims of any bytes with a right tag: what is taken names its signer and is for us, and now.
fn signed_calls(claims: &[u8]) {
    let world = world();
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(world.pair_key.as_bytes()) else { return };
    mac.update(claims);
    let bytes = [claims, &mac.finalize().into_bytes()].concat();
    let header = format!("bearer {}", BASE64URL_NOPAD.encode(&bytes));
    if let Ok(read) = world.verifier.verify(header.as_bytes()) {
        assert_eq!((read.issuer.as_str(), read.audience.as_str()), (CALLER, CALLEE));
        let life = read.expires.since(read.issued);
        assert!(read.expires > read.issued && life <= mainstay_identity::token::LIFETIME);
    }
    minted();
}

/// That the key of this target is the one that services sign with; asked once.
fn minted() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let world = world();
        let principal = Principal::Service(CALLER.into());
        let ctx = Context::new(TenantId::SOLE, principal, TraceContext::root(false));
        let Ok(minter) = world.tokens.minter(CALLER, CALLEE, &world.clock) else { panic!("right names") };
        let header = minter.authorization(&ctx);
        let bytes = BASE64URL_NOPAD.decode(&header[7..]).unwrap_or_default();
        let (claims, tag) = bytes.split_at(bytes.len() - 32);
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(world.pair_key.as_bytes()) else { return };
        mac.update(claims);
        assert!(mac.verify_slice(tag).is_ok(), "services sign with another key than this target");
    });
}
