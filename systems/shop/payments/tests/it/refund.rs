//! Giving back.

use shop_payments_contracts::PaymentState;

use crate::app::{AMOUNT, TestApp, code, payment, refund};
use crate::provider::{Call, Fault};

async fn captured() -> TestApp {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_ok").await.unwrap();
    app.capture(payment(1)).await.unwrap();
    app
}

#[tokio::test]
async fn parts_add_up_to_the_whole_and_no_further() {
    let app = captured().await;
    for (number, minor, sum) in [(1, 300, 300), (2, 600, 900), (1, 300, 900), (3, 100, 1_000)] {
        let payment = app.refund(payment(1), refund(number), minor).await.unwrap();
        assert_eq!(payment.refunded.unwrap().minor, sum);
    }
    assert_eq!(code(app.refund(payment(1), refund(4), 1).await), "payments.exceeds");
    assert_eq!(code(app.refund(payment(1), refund(1), 301).await), "payments.id_reused");
    assert_eq!(app.provider.calls(Call::Refund), 3);
    assert_eq!(app.booked().await, (AMOUNT, AMOUNT));
    let told = app.told(payment(1)).await;
    let refunded: Vec<i64> = told.iter().map(|(_, refunded)| *refunded).collect();
    assert_eq!(refunded, [0, 0, 300, 900, 1_000]);
    assert_eq!(told[4].0, PaymentState::Captured);
    app.assert_sound().await;
}

#[tokio::test]
async fn only_what_was_taken_goes_back() {
    let app = TestApp::start().await;
    assert_eq!(code(app.refund(payment(1), refund(1), 1).await), "payments.unknown_payment");
    app.authorise(payment(1), "tok_ok").await.unwrap();
    assert_eq!(code(app.refund(payment(1), refund(1), 1).await), "payments.not_captured");
    app.capture(payment(1)).await.unwrap();
    for minor in [0, -1, i64::MIN] {
        assert_eq!(code(app.refund(payment(1), refund(1), minor).await), "core.invalid");
    }
    for minor in [AMOUNT + 1, i64::MAX] {
        assert!(app.refund(payment(1), refund(1), minor).await.is_err());
    }
    assert_eq!(app.provider.calls(Call::Refund), 0);
    app.assert_sound().await;
}

#[tokio::test]
async fn refunds_at_once_never_exceed_what_was_taken() {
    let app = captured().await;
    let calls = (0..20).map(|number| app.refund(payment(1), refund(number), 300));
    let outcomes = futures::future::join_all(calls).await;
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(done, 3);
    assert!(outcomes.into_iter().filter_map(Result::err).all(|error| error.code() == "payments.exceeds"));
    assert_eq!(app.booked().await, (AMOUNT, 900));
    app.assert_sound().await;
}

#[tokio::test]
async fn what_is_lost_on_the_way_is_given_once() {
    let app = captured().await;
    app.provider.fail(Call::Refund, Fault::RequestLost);
    assert!(app.refund(payment(1), refund(1), 400).await.unwrap_err().is_temporary());
    // What is on its way counts, whoever asks meanwhile.
    assert_eq!(code(app.refund(payment(1), refund(2), 700).await), "payments.exceeds");
    app.provider.fail(Call::Refund, Fault::AnswerLost);
    assert_eq!(code(app.refund(payment(1), refund(1), 400).await), "captured");
    assert_eq!(app.provider.sums().2, 400);
    app.assert_sound().await;
}

#[tokio::test]
async fn a_refund_whose_caller_died_is_given_by_the_sweep() {
    let app = captured().await;
    app.provider.fail(Call::Refund, Fault::RequestLost);
    app.provider.fail(Call::Find, Fault::RequestLost);
    assert!(app.refund(payment(1), refund(1), 400).await.is_err());
    app.pass_until(async || app.booked().await == (AMOUNT, 400)).await;
    assert_eq!(code(app.refund(payment(1), refund(1), 400).await), "captured");
    app.assert_sound().await;
}

#[tokio::test]
async fn a_refund_that_the_provider_refuses_is_refused_for_good() {
    let app = captured().await;
    app.provider.change(payment(1), |account| {
        account.refunds.push(("desk-1".into(), crate::app::pounds(900)));
    });
    for _ in 0..2 {
        assert_eq!(code(app.refund(payment(1), refund(1), 400).await), "payments.refund_refused");
    }
    assert_eq!(app.provider.calls(Call::Refund), 1);
    assert_eq!(app.booked().await, (AMOUNT, 0));
}
