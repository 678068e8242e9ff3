//! Setting money aside.

use mainstay_core::{Currency, Money};
use shop_payments::codes;
use shop_payments_contracts::PaymentState;

use crate::app::{AMOUNT, TestApp, code, payment, pounds};
use crate::provider::{Call, Fault};

#[tokio::test]
async fn each_answer_of_the_provider_is_a_state() {
    let app = TestApp::start().await;
    for (number, token, state) in [
        (1, "tok_ok", PaymentState::Authorised),
        (2, "tok_decline", PaymentState::Declined),
        (3, "tok_challenge", PaymentState::Challenge),
        (4, "tok_slow", PaymentState::Pending),
    ] {
        let authorised = app.authorise(payment(number), token).await.unwrap();
        assert_eq!(authorised.state(), state, "{token}");
        assert_eq!(authorised.amount, Some(pounds(AMOUNT).into()));
        assert_eq!(authorised.challenge_url.is_empty(), state != PaymentState::Challenge);
        assert_eq!(authorised.decline_reason.is_empty(), state != PaymentState::Declined);
        assert_eq!(
            app.get(payment(number)).await.unwrap(),
            authorised,
            "what was answered is what is stored"
        );
    }
    assert_eq!(app.told(payment(1)).await, [(PaymentState::Authorised, 0)]);
    assert_eq!(app.told(payment(4)).await, []);
    app.assert_sound().await;
}

#[tokio::test]
async fn a_repeat_asks_nobody_and_another_amount_is_refused() {
    let app = TestApp::start().await;
    let first = app.authorise(payment(1), "tok_ok").await.unwrap();
    assert_eq!(app.authorise(payment(1), "tok_decline").await.unwrap(), first);
    assert_eq!(app.provider.calls(Call::Authorise), 1);
    let dearer = app.authorise_amount(payment(1), "tok_ok", pounds(AMOUNT + 1)).await;
    assert!(dearer.unwrap_err().is(&codes::ID_REUSED));
    let dollars = app.authorise_amount(payment(1), "tok_ok", Money::new(AMOUNT, Currency::USD)).await;
    assert!(dollars.unwrap_err().is(&codes::ID_REUSED));
    assert_eq!(app.told(payment(1)).await.len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for_by_its_key() {
    let app = TestApp::start().await;
    app.provider.fail(Call::Authorise, Fault::AnswerLost);
    assert_eq!(code(app.authorise(payment(1), "tok_ok").await), "authorised");
    assert_eq!((app.provider.calls(Call::Authorise), app.provider.calls(Call::Find)), (1, 1));
    app.assert_sound().await;
}

#[tokio::test]
async fn a_request_that_is_lost_is_unknown_and_the_next_one_asks_first() {
    let app = TestApp::start().await;
    app.provider.fail(Call::Authorise, Fault::RequestLost);
    let error = app.authorise(payment(1), "tok_ok").await.unwrap_err();
    assert!(error.is(&codes::PROVIDER_UNKNOWN) && error.is_temporary());
    assert_eq!(code(app.get(payment(1)).await), "pending");
    // Answer and question are lost, but the charge is there: it must not be made twice.
    app.provider.fail(Call::Authorise, Fault::AnswerLost);
    app.provider.fail(Call::Find, Fault::RequestLost);
    assert!(app.authorise(payment(1), "tok_ok").await.unwrap_err().is_temporary());
    let calls = app.provider.calls(Call::Authorise);
    assert_eq!(code(app.authorise(payment(1), "tok_ok").await), "authorised");
    assert!(app.provider.calls(Call::Authorise) <= calls + 1);
    app.assert_sound().await;
}

#[tokio::test]
async fn calls_at_once_are_one_payment() {
    let app = TestApp::start().await;
    let calls = (0..16).map(|_| app.authorise(payment(1), "tok_ok"));
    for outcome in futures::future::join_all(calls).await {
        assert_eq!(code(outcome), "authorised");
    }
    assert_eq!(app.told(payment(1)).await, [(PaymentState::Authorised, 0)]);
    app.assert_sound().await;
}

#[tokio::test]
async fn nonsense_reaches_no_provider() {
    let app = TestApp::start().await;
    let outcomes = [
        app.authorise_amount(payment(1), "tok_ok", pounds(0)).await,
        app.authorise_amount(payment(1), "tok_ok", pounds(-1)).await,
        app.authorise(payment(1), "").await,
        app.authorise(payment(1), &"x".repeat(501)).await,
    ];
    for outcome in outcomes {
        assert_eq!(code(outcome), "core.invalid");
    }
    assert_eq!(code(app.get(payment(1)).await), "payments.unknown_payment");
    assert_eq!(app.provider.calls(Call::Authorise), 0);
}

#[tokio::test]
async fn what_nobody_asked_about_again_is_found_by_the_sweep() {
    let app = TestApp::start().await;
    app.provider.fail(Call::Authorise, Fault::AnswerLost);
    app.provider.fail(Call::Find, Fault::RequestLost);
    assert!(app.authorise(payment(1), "tok_ok").await.is_err());
    app.pass_until(async || code(app.get(payment(1)).await) == "authorised").await;
    app.assert_sound().await;
}

#[tokio::test]
async fn what_never_arrived_is_declined_in_the_end_and_believed_if_it_comes_still() {
    let app = TestApp::start().await;
    app.provider.fail(Call::Authorise, Fault::RequestLost);
    assert!(app.authorise(payment(1), "tok_ok").await.is_err());
    app.pass_until(async || code(app.get(payment(1)).await) == "declined").await;
    assert_eq!(app.get(payment(1)).await.unwrap().decline_reason, "never_arrived");
    app.assert_sound().await;
}

#[tokio::test]
async fn what_is_never_decided_is_let_go() {
    let app = TestApp::start().await;
    assert_eq!(code(app.authorise(payment(1), "tok_slow").await), "pending");
    app.pass_until(async || code(app.get(payment(1)).await) == "voided").await;
    assert_eq!(app.provider.calls(Call::Void), 1);
    app.assert_sound().await;
}
