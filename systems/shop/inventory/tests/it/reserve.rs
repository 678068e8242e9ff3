//! Reserve, Commit and Release: once, again, out of order, and with absurd input.

use mainstay_core::{Context, Timestamp, codes};
use mainstay_rpc::{answer, request};
use shop_inventory_contracts::codes::{OUT_OF_STOCK, RELEASED};
use shop_inventory_contracts::{ReserveLine, ReserveRequest};

use crate::app::{TestApp, code, customer, reservation, variant};

#[tokio::test]
async fn a_checkout_reserves_and_commits_and_every_step_may_come_again() {
    let app = TestApp::start().await;
    app.adjust("delivery:1", &[(variant(1), 10), (variant(2), 5)]).await.unwrap();
    let lines = [(variant(1), 2), (variant(2), 5), (variant(1), 1)];
    for _ in 0..2 {
        app.reserve(reservation(1), &lines).await.unwrap();
        assert_eq!(app.level(variant(1)).await, (10, 3), "several lines of one variant count together");
        assert_eq!(app.level(variant(2)).await, (5, 5));
    }
    for _ in 0..2 {
        app.commit(reservation(1)).await.unwrap();
        assert_eq!(app.level(variant(1)).await, (7, 0));
        assert_eq!(app.level(variant(2)).await, (0, 0));
    }
    app.reserve(reservation(1), &lines).await.unwrap();
    assert_eq!(app.level(variant(1)).await, (7, 0), "a late repeat of Reserve takes nothing");
    assert_eq!(code(app.release(reservation(1)).await), "inventory.committed");
    app.assert_sound().await;

    let causes: Vec<(String, i64, i64)> =
        app.told().await.into_iter().map(|event| (event.cause, event.on_hand, event.held)).collect();
    let named = |what: &str| format!("{what}:{}", reservation(1));
    assert_eq!(
        causes,
        [
            ("delivery:1".into(), 10, 0),
            ("delivery:1".into(), 5, 0),
            (named("reserve"), 10, 3),
            (named("reserve"), 5, 5),
            (named("commit"), 7, 0),
            (named("commit"), 0, 0),
        ],
        "each change is told once, and repeats are not"
    );
}

#[tokio::test]
async fn all_lines_or_none_and_each_short_one_is_named() {
    let app = TestApp::start().await;
    app.adjust("delivery:1", &[(variant(1), 10), (variant(2), 1)]).await.unwrap();
    let lines = [(variant(1), 2), (variant(3), 1), (variant(2), 1), (variant(2), 1)];
    let refused = app.reserve(reservation(1), &lines).await.unwrap_err();
    assert!(refused.is(&OUT_OF_STOCK));
    assert!(!refused.is_temporary());
    let mut fields: Vec<_> =
        refused.fields().iter().map(|field| (field.path.as_str(), field.message.as_str())).collect();
    fields.sort();
    assert_eq!(fields, [("lines[1].quantity", "none are left"), ("lines[2].quantity", "only 1 left")]);
    assert_eq!(app.level(variant(1)).await, (10, 0), "the line that was there was not taken");
    assert_eq!(app.told().await.len(), 2, "a refusal tells nothing");
    // The id is free again: nothing was recorded under it.
    app.reserve(reservation(1), &[(variant(1), 2)]).await.unwrap();
    app.assert_sound().await;
}

#[tokio::test]
async fn a_release_gives_back_once() {
    let app = TestApp::start().await;
    app.adjust("delivery:1", &[(variant(1), 3)]).await.unwrap();
    app.reserve(reservation(1), &[(variant(1), 3)]).await.unwrap();
    for _ in 0..2 {
        app.release(reservation(1)).await.unwrap();
        assert_eq!(app.level(variant(1)).await, (3, 0));
    }
    assert!(app.commit(reservation(1)).await.unwrap_err().is(&RELEASED));
    assert!(app.reserve(reservation(1), &[(variant(1), 3)]).await.unwrap_err().is(&RELEASED));
    app.assert_sound().await;
}

#[tokio::test]
async fn a_release_that_overtakes_its_reserve_wins() {
    let app = TestApp::start().await;
    app.adjust("delivery:1", &[(variant(1), 3)]).await.unwrap();
    app.release(reservation(1)).await.unwrap();
    app.release(reservation(1)).await.unwrap();
    let late = app.reserve(reservation(1), &[(variant(1), 1)]).await.unwrap_err();
    assert!(late.is(&RELEASED));
    assert!(!late.is_temporary(), "the saga must not try for ever");
    assert_eq!(app.level(variant(1)).await, (3, 0));
}

#[tokio::test]
async fn one_id_is_for_one_set_of_lines() {
    let app = TestApp::start().await;
    app.adjust("delivery:1", &[(variant(1), 9)]).await.unwrap();
    app.reserve(reservation(1), &[(variant(1), 2)]).await.unwrap();
    let other = app.reserve(reservation(1), &[(variant(1), 3)]).await;
    assert_eq!(code(other), "inventory.reservation_reused");
    assert_eq!(app.level(variant(1)).await, (9, 2));
    assert_eq!(code(app.commit(reservation(2)).await), "inventory.reservation_unknown");
}

#[tokio::test]
async fn absurd_requests_are_refused_and_change_nothing() {
    let app = TestApp::start().await;
    app.adjust("delivery:1", &[(variant(1), 9)]).await.unwrap();
    for lines in [vec![], vec![(variant(1), 0)], vec![(variant(1), u32::MAX)], vec![(variant(1), 1); 501]] {
        assert!(app.reserve(reservation(1), &lines).await.unwrap_err().is(&codes::INVALID));
    }
    for when in [i64::MIN, 0] {
        let past = app.reserve_until(reservation(1), &[(variant(1), 1)], Timestamp::from_micros(when)).await;
        assert_eq!(code(past), "inventory.hold_expired");
    }
    let endless =
        app.reserve_until(reservation(1), &[(variant(1), 1)], Timestamp::from_micros(i64::MAX)).await;
    assert!(endless.unwrap_err().is(&codes::INVALID));
    let message = ReserveRequest {
        reservation_id: reservation(1).to_vec(),
        lines: vec![ReserveLine { variant_id: b"short".to_vec(), quantity: 1 }],
        expires_at_micros: app.later().as_micros(),
    };
    let refused = answer(app.client().reserve(request(&app.ctx, message)).await).unwrap_err();
    assert_eq!(refused.fields()[0].path, "lines[0].variant_id");
    assert_eq!(app.level(variant(1)).await, (9, 0));
}

#[tokio::test]
async fn a_person_may_not_reserve_past_the_checkout() {
    let app = TestApp::start().await;
    app.adjust("delivery:1", &[(variant(1), 9)]).await.unwrap();
    let person: Context = app.ctx.with_principal(customer());
    let message = ReserveRequest {
        reservation_id: reservation(1).to_vec(),
        lines: vec![ReserveLine { variant_id: variant(1).to_vec(), quantity: 1 }],
        expires_at_micros: app.later().as_micros(),
    };
    let refused = answer(app.client().reserve(request(&person, message)).await).unwrap_err();
    assert!(refused.is(&codes::FORBIDDEN));
}
