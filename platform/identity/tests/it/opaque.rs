//! Opaque tokens: their text, and what is none.

use mainstay_identity::{ApiKey, RefreshToken};
use proptest::prelude::*;

#[test]
fn a_token_is_read_from_its_text_and_from_no_other() {
    let key = ApiKey::generate();
    let text = key.to_text();
    assert!(text.starts_with("msk_") && text.len() == 62, "{}", text.len());
    assert_eq!(ApiKey::parse(&text).unwrap().fingerprint(), key.fingerprint());
    for place in 0..text.len() {
        let mut altered = text.as_bytes().to_vec();
        altered[place] = if altered[place] == b'a' { b'b' } else { b'a' };
        assert!(ApiKey::parse(std::str::from_utf8(&altered).unwrap()).is_none(), "{place}");
    }
    for other in [text.to_uppercase(), format!("{} ", *text), text[..61].to_owned(), format!("{}a", *text)] {
        assert!(ApiKey::parse(&other).is_none(), "{other}");
    }
}

#[test]
fn a_token_of_one_kind_is_none_of_another() {
    let bytes = [9; 32];
    let key = ApiKey::from_bytes(bytes).to_text();
    let as_refresh = key.replace("msk_", "mrt_");
    assert!(RefreshToken::parse(&key).is_none());
    assert!(RefreshToken::parse(&as_refresh).is_none(), "the check value covers the mark");
}

#[test]
fn a_token_is_not_printed() {
    let key = ApiKey::from_bytes([9; 32]);
    let shown = format!("{key:?} {:?}", key.fingerprint());
    assert!(!shown.contains(&key.to_text()[4..12]), "{shown}");
}

proptest! {
    #[test]
    fn text_survives(bytes in any::<[u8; 32]>()) {
        let text = RefreshToken::from_bytes(bytes).to_text();
        let token = RefreshToken::parse(&text);
        prop_assert_eq!(token.map(|token| *token.as_bytes()), Some(bytes));
    }

    #[test]
    fn nonsense_is_none(text in "(msk_)?.{0,80}") {
        prop_assert!(ApiKey::parse(&text).is_none());
    }
}
