//! Comparing with the provider's own list.

use mainstay_core::{Context, Id, Principal};
use shop_payments::model::Charge;
use shop_payments_contracts::{DifferenceKind as Kind, ReconcileRequest};

use crate::app::{AMOUNT, TestApp, code, payment, pounds, refund};
use crate::provider::{Account, Call, Fault};

async fn kinds(app: &TestApp, mend: bool) -> Vec<(Kind, bool)> {
    let found = app.reconcile(mend).await;
    found.differences.iter().map(|difference| (difference.kind(), difference.mended)).collect()
}

#[tokio::test]
async fn who_agrees_has_no_differences_and_equal_totals() {
    let app = TestApp::start().await;
    for number in 1..=5 {
        app.authorise(payment(number), "tok_ok").await.unwrap();
        app.capture(payment(number)).await.unwrap();
    }
    app.refund(payment(1), refund(1), 300).await.unwrap();
    app.authorise(payment(6), "tok_decline").await.unwrap();
    let found = app.reconcile(true).await;
    assert_eq!((found.compared, found.differences.len(), found.unnamed), (6, 0, 0));
    let totals = &found.totals[0];
    assert_eq!(totals.currency, "GBP");
    for captured in [totals.captured_minor, totals.provider_captured_minor, totals.ledger_captured_minor] {
        assert_eq!(captured, 5 * AMOUNT);
    }
    for refunded in [totals.refunded_minor, totals.provider_refunded_minor, totals.ledger_refunded_minor] {
        assert_eq!(refunded, 300);
    }
}

#[tokio::test]
async fn what_the_provider_knows_better_is_named_and_mended() {
    let app = TestApp::start().await;
    // One whose authorisation was never heard of, one that was captured behind our back, one refunded at the desk.
    app.provider.fail(Call::Authorise, Fault::AnswerLost);
    app.provider.fail(Call::Find, Fault::RequestLost);
    assert!(app.authorise(payment(1), "tok_ok").await.is_err());
    app.authorise(payment(2), "tok_ok").await.unwrap();
    app.provider.change(payment(2), |account| account.charge = Charge::Captured);
    app.authorise(payment(3), "tok_ok").await.unwrap();
    app.capture(payment(3)).await.unwrap();
    app.provider.change(payment(3), |account| account.refunds.push(("desk-1".into(), pounds(100))));
    let expected = [(Kind::Behind, false), (Kind::Behind, false), (Kind::Refund, false)];
    assert_eq!(kinds(&app, false).await, expected);
    assert_eq!(kinds(&app, false).await, expected, "looking changes nothing");
    assert_eq!(kinds(&app, true).await, [(Kind::Behind, true), (Kind::Behind, true), (Kind::Refund, true)]);
    assert_eq!(kinds(&app, true).await, []);
    assert_eq!(app.booked().await, (2 * AMOUNT, 100));
    app.assert_sound().await;
}

#[tokio::test]
async fn money_that_should_have_been_let_go_is_let_go() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_ok").await.unwrap();
    app.void(payment(1)).await.unwrap();
    app.pass_until(async || app.provider.account(payment(1)).unwrap().charge == Charge::Voided).await;
    app.pass_until(async || kinds(&app, false).await.is_empty()).await;
    // As after a provider that lost its mind: what we both called voided is held again.
    app.provider.change(payment(1), |account| account.charge = Charge::Captured);
    let found = kinds(&app, true).await;
    assert!(found.contains(&(Kind::NotLetGo, true)), "{found:?}");
    assert_eq!(app.provider.sums(), (0, AMOUNT, AMOUNT));
    app.assert_sound().await;
}

#[tokio::test]
async fn what_only_a_person_can_judge_is_named_and_left_alone() {
    let app = TestApp::start().await;
    let foreign = Account { amount: pounds(77), charge: Charge::Captured, refunds: Vec::new() };
    app.provider.insert("invoice-9", foreign.clone());
    app.provider.insert(&payment(9).to_string(), foreign);
    app.authorise(payment(1), "tok_ok").await.unwrap();
    app.provider.remove(payment(1));
    app.authorise(payment(2), "tok_ok").await.unwrap();
    app.capture(payment(2)).await.unwrap();
    app.provider.change(payment(2), |account| account.charge = Charge::Authorised);
    app.authorise(payment(3), "tok_ok").await.unwrap();
    app.provider.change(payment(3), |account| account.amount = pounds(1));
    let mut found = kinds(&app, true).await;
    found.sort_by_key(|(kind, _)| *kind as i32);
    let expected = [Kind::UnknownHere, Kind::UnknownHere, Kind::UnknownThere, Kind::Ahead, Kind::Amount]
        .map(|kind| (kind, false));
    assert_eq!(found, expected);
    assert_eq!(code(app.get(payment(2)).await), "captured");
    assert_eq!(app.provider.sums().2, 0, "no money moved");
}

#[tokio::test]
async fn books_that_somebody_meddled_with_are_named() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_ok").await.unwrap();
    app.capture(payment(1)).await.unwrap();
    let ctx = Context::background("intruder");
    let spoil = "UPDATE ledger_balances SET debits = debits + 1 WHERE account = 'provider_clearing'";
    app.test.db.write(&ctx, move |tx| tx.execute(spoil, &[])).await.unwrap();
    assert_eq!(kinds(&app, true).await, [(Kind::Ledger, false)]);
    let forget = "UPDATE payments SET charge = 'authorised'";
    app.test.db.write(&ctx, move |tx| tx.execute(forget, &[])).await.unwrap();
    let found = kinds(&app, false).await;
    assert_eq!(found.iter().filter(|(kind, _)| *kind == Kind::Ledger).count(), 2, "{found:?}");
}

#[tokio::test]
async fn people_may_not_reconcile_unless_they_are_staff() {
    let app = TestApp::start().await;
    let account = Id::from_bytes([5; 16]);
    for (who, allowed) in [
        (Principal::Staff(account), true),
        (Principal::Customer(account), false),
        (Principal::Anonymous(Id::from_bytes([5; 16])), false),
    ] {
        let ctx = Context::background("shop.orders").with_principal(who.clone());
        let message = ReconcileRequest::default();
        let outcome = app.client().reconcile(mainstay_rpc::request(&ctx, message)).await;
        assert_eq!(outcome.is_ok(), allowed, "{who}");
    }
}
