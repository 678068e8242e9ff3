//! Secrets of sessions, and who they stand for.

use std::sync::Arc;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Id, Principal, Result};
use mainstay_identity::codes::CREDENTIAL_REFUSED;
use mainstay_identity::{AnonymousSessions, Authenticator, Fingerprint, SessionSecret, Sessions};
use mainstay_secrets::RootKey;

struct One(Fingerprint, Principal);

#[async_trait]
impl Sessions for One {
    async fn resolve(&self, _: &Context, fingerprint: Fingerprint) -> Result<Principal> {
        if fingerprint == self.0 {
            return Ok(self.1.clone());
        }
        Err(CREDENTIAL_REFUSED.error("nobody has that session"))
    }
}

#[test]
fn a_secret_survives_text_and_shows_nowhere_else() {
    let secret = SessionSecret::generate();
    let text = secret.to_text();
    assert_eq!(SessionSecret::parse(&text).unwrap().fingerprint(), secret.fingerprint());
    assert_ne!(SessionSecret::generate().fingerprint(), secret.fingerprint());
    let shown = format!("{secret:?} {:?}", secret.fingerprint());
    assert!(!shown.contains(&text[4..]), "{shown}");
    for text in ["", "mss_", "mss_AAAA", "mss_****", &text[1..], &text[..text.len() - 1]] {
        assert!(SessionSecret::parse(text).is_none(), "{text}");
    }
}

#[tokio::test]
async fn a_credential_becomes_a_principal_or_is_refused() {
    let clock = Clock::system();
    let ctx = Context::background("shop.auth");
    let staff = Principal::Staff(Id::from_bytes([1; 16]));
    let secret = SessionSecret::generate();
    let keeper = Arc::new(One(secret.fingerprint(), staff.clone()));
    let anonymous = AnonymousSessions::new(&RootKey::from_bytes([7; 32]));
    let authenticator = Authenticator::new(anonymous, keeper, clock);

    assert_eq!(authenticator.identify(&ctx, &secret.to_text()).await.unwrap(), staff.into());
    let (session, token) = authenticator.begin_anonymous();
    assert_eq!(authenticator.identify(&ctx, &token).await.unwrap().principal, Principal::Anonymous(session));
    let unknown = SessionSecret::generate().to_text();
    for text in ["", "x", "anon.", "acc_00000000000000000000000001", unknown.as_str()] {
        assert!(authenticator.identify(&ctx, text).await.unwrap_err().is(&CREDENTIAL_REFUSED), "{text}");
    }
}
