//! Tokens of visitors: stateless, so everything hangs on the tag and the time.

use std::time::Duration;

use mainstay_core::{Clock, Id, Timestamp};
use mainstay_identity::AnonymousSessions;
use mainstay_identity::session::ANONYMOUS_LIFETIME;
use mainstay_secrets::RootKey;
use proptest::prelude::*;

const START: Timestamp = Timestamp::from_micros(1_900_000_000_000_000);

fn sessions() -> AnonymousSessions {
    AnonymousSessions::new(&RootKey::from_bytes([7; 32]))
}

#[test]
fn a_token_holds_until_its_time_is_over() {
    let (clock, time) = Clock::manual(START);
    let (id, token) = sessions().begin(&clock);
    assert_eq!(sessions().verify(&token, &clock).unwrap(), id);
    time.advance(ANONYMOUS_LIFETIME);
    assert_eq!(sessions().verify(&token, &clock).unwrap(), id);
    time.advance(Duration::from_secs(1));
    assert!(sessions().verify(&token, &clock).is_err());
    time.set_wall(START - Duration::from_secs(3_600));
    assert!(sessions().verify(&token, &clock).is_ok(), "a clock that was set back costs nobody a cart");
}

#[test]
fn another_installation_refuses_it() {
    let (clock, _) = Clock::manual(START);
    let (_, token) = sessions().begin(&clock);
    assert!(AnonymousSessions::new(&RootKey::from_bytes([8; 32])).verify(&token, &clock).is_err());
}

proptest! {
    #[test]
    fn a_changed_byte_is_noticed(place in 0_usize..64, letter in "[A-Za-z0-9_-]") {
        let (clock, _) = Clock::manual(START);
        let (_, token) = sessions().begin(&clock);
        let mut bytes = token.clone().into_bytes();
        let place = 5 + place % (bytes.len() - 5);
        bytes[place] = letter.as_bytes()[0];
        prop_assume!(bytes != token.as_bytes());
        let forged = String::from_utf8(bytes).unwrap();
        prop_assert!(sessions().verify(&forged, &clock).is_err());
    }

    #[test]
    fn an_id_alone_is_no_token(id in any::<[u8; 16]>(), noise in "\\PC{0,80}") {
        let (clock, _) = Clock::manual(START);
        let id = Id::<mainstay_core::Session>::from_bytes(id);
        for text in [id.to_string(), format!("anon.{id}"), format!("anon.{noise}"), noise.clone()] {
            prop_assert!(sessions().verify(&text, &clock).is_err());
        }
    }
}
