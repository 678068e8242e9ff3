//! Letting go, before, during and after everything else.

use shop_payments::codes;
use shop_payments::model::Charge;
use shop_payments_contracts::PaymentState;

use crate::app::{AMOUNT, TestApp, code, nap, payment, refund};
use crate::provider::{Call, Fault};

#[tokio::test]
async fn a_void_is_durable_at_once_and_done_by_its_job() {
    let app = TestApp::start().await;
    for (number, token) in [(1, "tok_ok"), (2, "tok_challenge"), (3, "tok_slow")] {
        app.authorise(payment(number), token).await.unwrap();
        for _ in 0..2 {
            assert_eq!(code(app.void(payment(number)).await), "voided", "{token}");
        }
        while app.provider.account(payment(number)).unwrap().charge != Charge::Voided {
            nap().await;
        }
    }
    assert_eq!(app.told(payment(1)).await, [(PaymentState::Authorised, 0), (PaymentState::Voided, 0)]);
    app.pass_until(async || app.reconcile(false).await.differences.is_empty()).await;
    app.assert_sound().await;
}

#[tokio::test]
async fn a_void_before_its_authorise_wins() {
    let app = TestApp::start().await;
    for _ in 0..2 {
        assert_eq!(code(app.void(payment(1)).await), "voided");
    }
    assert!(app.authorise(payment(1), "tok_ok").await.unwrap_err().is(&codes::VOIDED));
    assert_eq!(app.provider.calls(Call::Authorise), 0);
    assert_eq!(code(app.get(payment(1)).await), "voided");
    assert_eq!(code(app.refund(payment(1), refund(1), 1).await), "payments.voided");
}

#[tokio::test]
async fn an_authorisation_that_lands_after_the_void_is_voided_there() {
    let app = TestApp::start().await;
    let gate = app.provider.gate(Call::Authorise);
    let void = async {
        while app.provider.calls(Call::Authorise) == 0 {
            nap().await;
        }
        assert_eq!(code(app.void(payment(1)).await), "voided");
        gate.add_permits(1);
    };
    let (authorised, ()) = tokio::join!(app.authorise(payment(1), "tok_ok"), void);
    assert!(authorised.unwrap_err().is(&codes::VOIDED));
    while app.provider.account(payment(1)).unwrap().charge != Charge::Voided {
        nap().await;
    }
    assert!(app.authorise(payment(1), "tok_ok").await.unwrap_err().is(&codes::VOIDED));
    app.assert_sound().await;
}

#[tokio::test]
async fn an_authorisation_whose_answer_was_lost_is_found_and_voided() {
    let app = TestApp::start().await;
    app.provider.fail(Call::Authorise, Fault::AnswerLost);
    app.provider.fail(Call::Find, Fault::RequestLost);
    assert!(app.authorise(payment(1), "tok_ok").await.is_err());
    assert_eq!(app.provider.sums().0, AMOUNT, "money is held that nobody here knows of");
    app.void(payment(1)).await.unwrap();
    while app.provider.account(payment(1)).unwrap().charge != Charge::Voided {
        nap().await;
    }
    app.assert_sound().await;
}

#[tokio::test]
async fn a_void_of_what_was_captured_gives_back_what_is_left() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_ok").await.unwrap();
    app.capture(payment(1)).await.unwrap();
    app.refund(payment(1), refund(1), 300).await.unwrap();
    app.void(payment(1)).await.unwrap();
    let back = app.until(payment(1), |payment| payment.refunded.as_ref().unwrap().minor == AMOUNT).await;
    assert_eq!(back.state(), PaymentState::Voided);
    assert_eq!(app.provider.account(payment(1)).unwrap().refunds.len(), 2);
    assert_eq!(app.booked().await, (AMOUNT, AMOUNT));
    app.void(payment(1)).await.unwrap();
    assert_eq!(code(app.refund(payment(1), refund(2), 1).await), "payments.exceeds");
    app.assert_sound().await;
}

#[tokio::test]
async fn a_provider_that_is_away_is_tried_until_it_is_back() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_ok").await.unwrap();
    for _ in 0..5 {
        app.provider.fail(Call::Void, Fault::RequestLost);
    }
    assert_eq!(code(app.void(payment(1)).await), "voided", "a void does not wait for the provider");
    app.pass_until(async || app.provider.account(payment(1)).unwrap().charge == Charge::Voided).await;
    assert_eq!(app.provider.calls(Call::Void), 6);
    app.pass_until(async || app.reconcile(false).await.differences.is_empty()).await;
    app.assert_sound().await;
}

#[tokio::test]
async fn a_refund_at_the_providers_desk_does_not_stop_the_void() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_ok").await.unwrap();
    app.capture(payment(1)).await.unwrap();
    app.provider.change(payment(1), |account| {
        account.refunds.push(("desk-7".into(), crate::app::pounds(250)));
    });
    app.void(payment(1)).await.unwrap();
    app.pass_until(async || app.provider.sums().2 == AMOUNT).await;
    app.pass_until(async || app.booked().await == (AMOUNT, AMOUNT)).await;
    app.assert_sound().await;
}
