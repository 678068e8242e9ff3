//! Stock is made what was counted.

use mainstay_core::codes;

use crate::app::{TestApp, customer, reservation, staff, variant};

#[tokio::test]
async fn a_cause_counts_each_variant_once() {
    let app = TestApp::start().await;
    app.adjust("delivery:1", &[(variant(1), 5), (variant(2), 5)]).await.unwrap();
    let counted = [(variant(3), 7), (variant(1), 4), (variant(2), 5), (variant(4), 0)];
    assert_eq!(app.count("import:1", &counted).await.unwrap(), []);
    for (number, pieces) in [(1, 4), (2, 5), (3, 7), (4, 0)] {
        assert_eq!(app.level(variant(number)).await, (pieces, 0));
    }
    let told = app.told().await;
    assert_eq!(told.len(), 4, "what did not change is not told: {told:?}");
    assert!(told[2..].iter().all(|event| event.cause == "import:1"));

    // Sold since: a repeat after a lost answer must not bring it back, whether the count had changed anything or not.
    app.adjust("sale:1", &[(variant(1), -1), (variant(2), -2)]).await.unwrap();
    assert_eq!(app.count("import:1", &counted).await.unwrap(), []);
    assert_eq!((app.level(variant(1)).await, app.level(variant(2)).await), ((3, 0), (3, 0)));
    assert_eq!(app.told().await.len(), 6);
    app.count("import:1", &[(variant(5), 1)]).await.unwrap();
    assert_eq!(app.level(variant(5)).await, (1, 0), "the rest of a cause comes later");
    app.count("import:2", &counted).await.unwrap();
    assert_eq!(app.level(variant(1)).await, (4, 0));
    app.assert_sound().await;

    // Among variants that a cause has not counted is one that it has, which was sold since.
    app.count("import:3", &[(variant(2), 9)]).await.unwrap();
    app.adjust("sale:2", &[(variant(2), -1)]).await.unwrap();
    let around: Vec<_> = [1, 2, 3, 6].map(|number| (variant(number), 9)).into();
    app.count("import:3", &around).await.unwrap();
    for (number, pieces) in [(1, 9), (2, 8), (3, 9), (6, 9)] {
        assert_eq!(app.level(variant(number)).await, (pieces, 0), "variant {number}");
    }
    app.assert_sound().await;
}

#[tokio::test]
async fn what_buyers_hold_is_told_and_the_rest_is_counted() {
    let app = TestApp::start().await;
    app.adjust("delivery:1", &[(variant(1), 5), (variant(2), 5)]).await.unwrap();
    app.reserve(reservation(1), &[(variant(1), 3)]).await.unwrap();
    let counted = [(variant(1), 2), (variant(2), 1)];
    assert_eq!(app.count("import:1", &counted).await.unwrap(), [variant(1)]);
    assert_eq!((app.level(variant(1)).await, app.level(variant(2)).await), ((5, 3), (1, 0)));
    assert_eq!(app.count("import:1", &counted).await.unwrap(), [variant(1)], "told again");
    app.release(reservation(1)).await.unwrap();
    assert_eq!(app.count("import:1", &counted).await.unwrap(), []);
    assert_eq!(app.level(variant(1)).await, (2, 0));
    app.assert_sound().await;
}

#[tokio::test]
async fn absurd_counts_are_refused_and_only_staff_and_services_count() {
    let app = TestApp::start().await;
    let many: Vec<_> = (0..2_001u32).map(|number| (reservation(number.into()).twin(), 1)).collect();
    for (cause, counted, field) in [
        ("", &[(variant(1), 1)][..], "cause"),
        ("import:1", &[], "counted"),
        ("import:1", &many, "counted"),
        ("import:1", &[(variant(1), 1), (variant(2), -1)], "counted[1].on_hand"),
        ("import:1", &[(variant(1), 1_000_000_001)], "counted[0].on_hand"),
        ("import:1", &[(variant(1), 1), (variant(2), 1), (variant(1), 1)], "counted"),
    ] {
        let error = app.count(cause, counted).await.unwrap_err();
        assert!(error.is(&codes::INVALID) && error.fields()[0].path == field, "{error:?}");
    }
    let person = app.ctx.with_principal(customer());
    assert!(app.count_as(&person, "c", &[(variant(1), 1)]).await.unwrap_err().is(&codes::FORBIDDEN));
    app.count_as(&app.ctx.with_principal(staff()), "c", &many[..2_000]).await.unwrap();
    app.assert_sound().await;
}
