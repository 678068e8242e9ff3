//! Taking what was set aside.

use shop_payments_contracts::PaymentState;

use crate::app::{AMOUNT, TestApp, code, payment};
use crate::provider::{Call, Fault};

#[tokio::test]
async fn a_capture_is_booked_and_told_once() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_ok").await.unwrap();
    assert_eq!(app.booked().await, (0, 0), "what is only held is not booked");
    for _ in 0..3 {
        assert_eq!(code(app.capture(payment(1)).await), "captured");
    }
    assert_eq!(app.provider.calls(Call::Capture), 1);
    assert_eq!(app.booked().await, (AMOUNT, 0));
    assert_eq!(app.told(payment(1)).await, [(PaymentState::Authorised, 0), (PaymentState::Captured, 0)]);
    app.assert_sound().await;
}

#[tokio::test]
async fn what_is_not_authorised_is_not_captured() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_decline").await.unwrap();
    app.authorise(payment(2), "tok_challenge").await.unwrap();
    app.authorise(payment(3), "tok_slow").await.unwrap();
    app.authorise(payment(4), "tok_ok").await.unwrap();
    app.void(payment(4)).await.unwrap();
    app.void(payment(5)).await.unwrap();
    for (number, refusal) in [
        (1, "payments.declined"),
        (2, "payments.not_authorised"),
        (3, "payments.provider_outcome_unknown"),
        (4, "payments.voided"),
        (5, "payments.voided"),
        (6, "payments.unknown_payment"),
    ] {
        assert_eq!(code(app.capture(payment(number)).await), refusal, "{number}");
    }
    assert_eq!(app.provider.calls(Call::Capture), 0);
    assert_eq!(app.booked().await, (0, 0));
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_and_a_lost_request_repeated() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_ok").await.unwrap();
    app.provider.fail(Call::Capture, Fault::RequestLost);
    assert!(app.capture(payment(1)).await.unwrap_err().is_temporary());
    app.provider.fail(Call::Capture, Fault::AnswerLost);
    app.provider.fail(Call::Find, Fault::AnswerLost);
    assert!(app.capture(payment(1)).await.unwrap_err().is_temporary());
    app.provider.fail(Call::Capture, Fault::AnswerLost);
    assert_eq!(code(app.capture(payment(1)).await), "captured");
    assert_eq!(app.booked().await, (AMOUNT, 0));
    app.assert_sound().await;
}

#[tokio::test]
async fn what_was_voided_at_the_provider_is_known_when_the_capture_fails() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_ok").await.unwrap();
    app.provider.change(payment(1), |account| account.charge = shop_payments::model::Charge::Voided);
    assert_eq!(code(app.capture(payment(1)).await), "payments.voided");
    assert_eq!(code(app.get(payment(1)).await), "voided");
    app.assert_sound().await;
}

#[tokio::test]
async fn captures_at_once_are_one_capture() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_ok").await.unwrap();
    let calls = (0..16).map(|_| app.capture(payment(1)));
    for outcome in futures::future::join_all(calls).await {
        assert_eq!(code(outcome), "captured");
    }
    assert_eq!(app.booked().await, (AMOUNT, 0));
    app.assert_sound().await;
}

#[tokio::test]
async fn a_capture_that_a_void_overtakes_goes_back_in_full() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_ok").await.unwrap();
    let gate = app.provider.gate(Call::Capture);
    let capture = app.capture(payment(1));
    let overtake = async {
        while app.provider.calls(Call::Capture) == 0 {
            crate::app::nap().await;
        }
        // The void of what is being captured fails at the provider only after the capture has come through.
        let void_gate = app.provider.gate(Call::Void);
        assert_eq!(code(app.void(payment(1)).await), "voided");
        gate.add_permits(100);
        void_gate.add_permits(100);
    };
    let (captured, ()) = tokio::join!(capture, overtake);
    let back = app.until(payment(1), |payment| {
        payment.refunded.as_ref().is_some_and(|refunded| refunded.minor == AMOUNT)
    });
    match code(captured).as_str() {
        "payments.voided" => assert_eq!(back.await.state(), PaymentState::Voided),
        other => panic!("{other}"),
    }
    assert_eq!(app.booked().await, (AMOUNT, AMOUNT));
    app.assert_sound().await;
}

#[tokio::test]
async fn a_capture_whose_caller_died_is_found_by_the_sweep() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_ok").await.unwrap();
    app.provider.fail(Call::Capture, Fault::AnswerLost);
    app.provider.fail(Call::Find, Fault::RequestLost);
    assert!(app.capture(payment(1)).await.unwrap_err().is_temporary());
    app.pass_until(async || app.booked().await == (AMOUNT, 0)).await;
    assert_eq!(app.provider.calls(Call::Capture), 1);
    app.assert_sound().await;
}
