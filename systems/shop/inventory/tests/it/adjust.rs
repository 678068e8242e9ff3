//! Deliveries, counts and returns.

use mainstay_core::codes;

use crate::app::{TestApp, code, customer, reservation, staff, variant};

#[tokio::test]
async fn a_cause_counts_once() {
    let app = TestApp::start().await;
    for _ in 0..3 {
        app.adjust("refund:rfd_1", &[(variant(1), 2), (variant(2), 1), (variant(1), 2)]).await.unwrap();
        assert_eq!(app.level(variant(1)).await, (4, 0));
    }
    assert_eq!(code(app.adjust("refund:rfd_1", &[(variant(1), 5)]).await), "inventory.cause_reused");
    assert_eq!(app.told().await.len(), 2);
    app.adjust("refund:rfd_2", &[(variant(1), -4)]).await.unwrap();
    assert_eq!(app.level(variant(1)).await, (0, 0));
    app.assert_sound().await;
}

#[tokio::test]
async fn stock_never_falls_below_what_is_held() {
    let app = TestApp::start().await;
    app.adjust("delivery:1", &[(variant(1), 5), (variant(2), 5)]).await.unwrap();
    app.reserve(reservation(1), &[(variant(1), 3)]).await.unwrap();
    let refused = app.adjust("count:1", &[(variant(2), -1), (variant(1), -3)]).await.unwrap_err();
    assert_eq!(refused.code(), "inventory.out_of_stock");
    assert_eq!(refused.fields()[0].path, "adjustments[1].delta");
    assert_eq!(app.level(variant(2)).await, (5, 0), "all or none");
    app.adjust("count:1", &[(variant(1), -2)]).await.unwrap();
    assert_eq!(app.level(variant(1)).await, (3, 3));
    assert_eq!(code(app.adjust("count:2", &[(variant(9), -1)]).await), "inventory.out_of_stock");
    app.assert_sound().await;
}

#[tokio::test]
async fn absurd_adjustments_are_refused() {
    let app = TestApp::start().await;
    for delta in [0, i64::MAX, i64::MIN, 1_000_000_001] {
        assert!(app.adjust("delivery:1", &[(variant(1), delta)]).await.unwrap_err().is(&codes::INVALID));
    }
    assert!(app.adjust("", &[(variant(1), 1)]).await.unwrap_err().is(&codes::INVALID));
    assert!(app.adjust("delivery:1", &[]).await.unwrap_err().is(&codes::INVALID));
    let whole_warehouse = [(variant(1), 1_000_000_000); 500];
    for round in 0..2 {
        app.adjust(&format!("delivery:{round}"), &whole_warehouse).await.unwrap();
    }
    assert_eq!(code(app.adjust("delivery:2", &[(variant(1), 1)]).await), "inventory.out_of_stock");
    assert_eq!(app.level(variant(1)).await, (1_000_000_000_000, 0));
}

#[tokio::test]
async fn only_staff_and_services_adjust() {
    let app = TestApp::start().await;
    let person = app.ctx.with_principal(customer());
    assert!(
        app.adjust_as(&person, "delivery:1", &[(variant(1), 1)]).await.unwrap_err().is(&codes::FORBIDDEN)
    );
    app.adjust_as(&app.ctx.with_principal(staff()), "delivery:1", &[(variant(1), 1)]).await.unwrap();
}
