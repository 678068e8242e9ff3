//! Forged, altered, expired, borrowed and future tokens are refused; a good one says what its caller said.

use std::time::Duration;

use mainstay_core::{Clock, Context, Id, ManualClock, Principal, TenantId, Timestamp, TraceContext};
use mainstay_identity::codes::{BAD_SERVICE_NAME, TOKEN_REFUSED};
use mainstay_identity::token::{CLOCK_SKEW, LIFETIME};
use mainstay_identity::{Minter, TokenKeys, Verifier};
use mainstay_secrets::RootKey;
use proptest::prelude::*;

const START: Timestamp = Timestamp::from_micros(1_900_000_000_000_000);

struct Pair {
    keys: TokenKeys,
    minter: Minter,
    verifier: Verifier,
    clock: Clock,
    time: ManualClock,
}

fn pair() -> Pair {
    let (clock, time) = Clock::manual(START);
    let keys = TokenKeys::new(&RootKey::from_bytes([7; 32]));
    Pair {
        minter: keys.minter("shop.orders", "shop.payments", &clock).unwrap(),
        verifier: keys.verifier("shop.payments", &clock).unwrap(),
        keys,
        clock,
        time,
    }
}

fn context(principal: Principal) -> Context {
    Context::new(TenantId::from_bytes([9; 16]), principal, TraceContext::root(false))
}

fn customer(number: u8) -> Principal {
    Principal::Customer(Id::from_bytes([number; 16]))
}

#[track_caller]
fn refused(verifier: &Verifier, authorization: &[u8]) {
    let error = verifier.verify(authorization).expect_err("a bad token passed");
    assert!(error.is(&TOKEN_REFUSED), "{error:?}");
}

#[test]
fn a_token_says_what_its_caller_said() {
    let pair = pair();
    for (principal, on_behalf_of) in [
        (Principal::Anonymous(Id::from_bytes([1; 16])), None),
        (customer(2), None),
        (Principal::Staff(Id::from_bytes([3; 16])), None),
        (Principal::Service("shop.orders".into()), Some(customer(4))),
    ] {
        let ctx = context(principal.clone()).with_on_behalf_of(on_behalf_of.clone());
        let claims = pair.verifier.verify(&pair.minter.authorization(&ctx)).unwrap();
        assert_eq!(claims.principal, principal);
        assert_eq!(claims.on_behalf_of, on_behalf_of);
        assert_eq!(claims.tenant, TenantId::from_bytes([9; 16]));
        assert_eq!((claims.issuer.as_str(), claims.audience.as_str()), ("shop.orders", "shop.payments"));
        assert_eq!(claims.expires.since(claims.issued), LIFETIME);
    }
}

#[test]
fn an_expired_token_is_refused_even_when_it_was_accepted_before() {
    let pair = pair();
    let token = pair.minter.authorization(&context(customer(1)));
    pair.verifier.verify(&token).unwrap();
    pair.time.advance(LIFETIME + CLOCK_SKEW - Duration::from_micros(1));
    pair.verifier.verify(&token).unwrap();
    pair.time.advance(Duration::from_micros(1));
    refused(&pair.verifier, &token);
    let fresh = pair.keys.verifier("shop.payments", &pair.clock).unwrap();
    refused(&fresh, &token);
}

#[test]
fn a_token_from_the_future_is_refused_and_a_step_back_of_the_clock_makes_a_new_one() {
    let pair = pair();
    let token = pair.minter.authorization(&context(customer(1)));
    pair.verifier.verify(&token).unwrap();
    pair.time.set_wall(START - CLOCK_SKEW - Duration::from_micros(1));
    refused(&pair.verifier, &token);
    let again = pair.minter.authorization(&context(customer(1)));
    assert_ne!(again, token);
    pair.verifier.verify(&again).unwrap();
}

#[test]
fn a_token_holds_for_its_callee_alone() {
    let pair = pair();
    let token = pair.minter.authorization(&context(customer(1)));
    refused(&pair.keys.verifier("shop.inventory", &pair.clock).unwrap(), &token);
    let other_root = TokenKeys::new(&RootKey::from_bytes([8; 32]));
    refused(&other_root.verifier("shop.payments", &pair.clock).unwrap(), &token);
}

#[test]
fn a_caller_cannot_sign_as_another_one() {
    let pair = pair();
    // A token of shop.cart in which the issuer's name is written over, of the same length.
    let cart = pair.keys.minter("shop.chart2", "shop.payments", &pair.clock).unwrap();
    let token = cart.authorization(&context(customer(1)));
    let text = std::str::from_utf8(&token).unwrap().strip_prefix("Bearer ").unwrap();
    let mut bytes = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
    let at = bytes.windows(11).position(|window| window == b"shop.chart2").unwrap();
    bytes[at..at + 11].copy_from_slice(b"shop.orders");
    let forged = format!("Bearer {}", data_encoding::BASE64URL_NOPAD.encode(&bytes));
    refused(&pair.verifier, forged.as_bytes());
}

#[test]
fn what_is_no_token_is_refused() {
    let pair = pair();
    for text in ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer !!!", "Bearer AA"] {
        refused(&pair.verifier, text.as_bytes());
    }
    refused(&pair.verifier, format!("Bearer {}", "A".repeat(100_000)).as_bytes());
}

#[test]
fn only_names_of_services_get_keys() {
    let pair = pair();
    for name in ["", "Shop.Orders", "shop orders", &"a".repeat(65)] {
        let error = pair.keys.verifier(name, &pair.clock).err().unwrap();
        assert!(error.is(&BAD_SERVICE_NAME), "{name}");
        assert!(pair.keys.minter("shop.orders", name, &pair.clock).is_err());
        assert!(pair.keys.minter(name, "shop.orders", &pair.clock).is_err());
    }
}

proptest! {
    #[test]
    fn a_changed_byte_is_noticed(place in 0_usize..1_000, letter in "[A-Za-z0-9_-]") {
        let pair = pair();
        let mut token = pair.minter.authorization(&context(customer(1))).to_vec();
        let place = 7 + place % (token.len() - 7);
        let letter = letter.as_bytes()[0];
        prop_assume!(token[place] != letter);
        token[place] = letter;
        prop_assert!(pair.verifier.verify(&token).is_err());
    }

    #[test]
    fn noise_is_refused_and_breaks_nothing(noise in proptest::collection::vec(any::<u8>(), 0..300)) {
        let pair = pair();
        let mut header = b"Bearer ".to_vec();
        header.extend_from_slice(data_encoding::BASE64URL_NOPAD.encode(&noise).as_bytes());
        prop_assert!(pair.verifier.verify(&header).is_err());
        prop_assert!(pair.verifier.verify(&noise).is_err());
    }
}
