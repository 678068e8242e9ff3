//! What services ask.

use mainstay_core::{Context, Id, Principal};
use mainstay_rpc::{answer, request};
use shop_auth_contracts::{GetAccountRequest, ResolveSessionRequest, Role};

use crate::app::{PASSWORD, TestApp};

#[tokio::test]
async fn staff_is_ensured_once_and_by_services_only() {
    let app = TestApp::start().await;
    let first = app.ensure(&app.ctx, "grace@example.com", Role::Staff).await.unwrap();
    assert_eq!(app.ensure(&app.ctx, "Grace@example.com", Role::Customer).await.unwrap(), first);
    let account = Id::try_from_slice(&first).unwrap();
    for who in [
        Principal::Staff(account),
        Principal::Customer(account),
        Principal::Anonymous(Id::from_bytes([1; 16])),
    ] {
        let ctx = app.ctx.with_principal(who.clone());
        let refused = app.ensure(&ctx, "eve@example.com", Role::Staff).await.unwrap_err();
        assert_eq!(refused.code(), "core.forbidden", "{who}");
    }
    let refused = app.ensure(&app.ctx, "eve@example.com", Role::Unspecified).await.unwrap_err();
    assert_eq!(refused.code(), "core.invalid");
    let login = app.log_in("grace@example.com", PASSWORD).await;
    assert_eq!(login.body["account"]["role"], "staff", "it stays what it was made");
}

#[tokio::test]
async fn ensured_at_once_is_one_account() {
    let app = TestApp::start().await;
    let calls = (0..8).map(|_| app.ensure(&app.ctx, "grace@example.com", Role::Staff));
    let ids = futures::future::join_all(calls).await;
    let first = ids[0].as_ref().unwrap().clone();
    assert!(ids.into_iter().all(|id| id.unwrap() == first));
}

#[tokio::test]
async fn what_is_no_fingerprint_stands_for_nobody() {
    let app = TestApp::start().await;
    let (_, session) = app.customer("ada@example.com").await;
    for bytes in [vec![], vec![0; 32], vec![0; 31], vec![7; 100_000], session.into_bytes()] {
        let message = ResolveSessionRequest { secret_sha256: bytes };
        let refused = answer(app.client().resolve_session(request(&app.ctx, message)).await).unwrap_err();
        assert_eq!(refused.code(), "auth.session_unknown");
    }
}

#[tokio::test]
async fn an_account_is_told_to_its_owner_staff_and_services() {
    let app = TestApp::start().await;
    let (account, _) = app.customer("ada@example.com").await;
    let account: Id<mainstay_core::Account> = account.parse().unwrap();
    let other = Id::from_bytes([9; 16]);
    let cases = [
        (app.ctx.principal().clone(), true),
        (Principal::Staff(other), true),
        (Principal::Customer(account), true),
        (Principal::Customer(other), false),
        (Principal::Anonymous(Id::from_bytes([1; 16])), false),
    ];
    for (who, told) in cases {
        let ctx = Context::background("shop.orders").with_principal(who.clone());
        let message = GetAccountRequest { account_id: account.to_vec() };
        let outcome = answer(app.client().get_account(request(&ctx, message)).await);
        match outcome {
            Ok(found) => assert!(told && found.email == "ada@example.com", "{who}"),
            Err(error) => assert!(!told && error.code() == "auth.unknown_account", "{who} {error:?}"),
        }
    }
    for bytes in [other.to_vec(), vec![1]] {
        let message = GetAccountRequest { account_id: bytes };
        assert!(answer(app.client().get_account(request(&app.ctx, message)).await).is_err());
    }
}
