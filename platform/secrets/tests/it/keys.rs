//! Derived keys and sealed bytes.

use mainstay_secrets::{Key, RootKey, Secret, codes};

#[test]
fn a_label_names_one_key_for_ever() {
    let root = RootKey::from_bytes([7; 32]);
    assert_eq!(root.derive("token").in_use().as_bytes(), root.derive("token").in_use().as_bytes());
    assert_ne!(root.derive("token").in_use().as_bytes(), root.derive("webhook").in_use().as_bytes());
    assert_ne!(
        root.derive("token").in_use().as_bytes(),
        RootKey::from_bytes([8; 32]).derive("token").in_use().as_bytes()
    );
    // A fixed value: derived keys are at rest in every installation, so a change of the derivation must be noticed.
    assert_eq!(
        data_encoding::HEXLOWER.encode(root.derive("token").in_use().as_bytes()),
        "864817830bdb9cc046854b1259a89a43d9f6908aba3287676a4cfbee8a7591ee"
    );
}

#[test]
fn what_is_sealed_opens_whole_or_not_at_all() {
    let key = Key::generate().unwrap();
    let sealed = key.seal("payments/webhook/1", b"whsec").unwrap();
    assert_eq!(key.open("payments/webhook/1", &sealed).unwrap().expose(), b"whsec");
    assert_ne!(key.seal("payments/webhook/1", b"whsec").unwrap(), sealed, "each time under a new nonce");

    assert!(key.open("payments/webhook/2", &sealed).unwrap_err().is(&codes::SEAL_BROKEN));
    assert!(Key::generate().unwrap().open("payments/webhook/1", &sealed).is_err());
    for byte in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[byte] ^= 1;
        assert!(key.open("payments/webhook/1", &altered).is_err(), "byte {byte}");
        assert!(key.open("payments/webhook/1", &sealed[..byte]).is_err(), "cut at {byte}");
    }
}

#[test]
fn nothing_prints_a_secret() {
    let secret = Secret::new("tok_live_1".to_owned());
    let key = Key::from_bytes([0xab; 32]);
    let root = RootKey::from_bytes([0xab; 32]);
    for text in [format!("{secret:?}"), format!("{key:?}"), format!("{root:?}")] {
        assert!(!text.contains("tok_live") && !text.contains("171") && !text.contains("ab"), "{text}");
    }
}
