//! Holds that run out, on a clock that the test moves.

use std::time::Duration;

use mainstay_core::{Clock, Shutdown};

use crate::app::{HOLD, TestApp, code, reservation, variant};

/// Moves time until `done` says so; a sweep that never comes fails the test. The millisecond of real time between two
/// steps is for the threads of the database.
async fn sweep_until(app: &TestApp, mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..5_000 {
        if done().await {
            return;
        }
        app.test.manual.advance(Duration::from_millis(100));
        Clock::system().sleep(Duration::from_millis(1)).await;
    }
    panic!("nothing was swept");
}

#[tokio::test]
async fn a_hold_that_runs_out_goes_back_and_is_told() {
    let app = TestApp::start().await;
    app.adjust("delivery:1", &[(variant(1), 5), (variant(2), 5)]).await.unwrap();
    app.reserve(reservation(1), &[(variant(1), 5), (variant(2), 1)]).await.unwrap();
    app.reserve_until(reservation(2), &[(variant(2), 1)], app.later() + HOLD).await.unwrap();
    let shutdown = Shutdown::new();
    app.begin_loops(&shutdown);
    assert_eq!(code(app.reserve(reservation(3), &[(variant(1), 1)]).await), "inventory.out_of_stock");
    app.test.manual.advance(HOLD);
    sweep_until(&app, async || app.level(variant(1)).await == (5, 0)).await;
    assert_eq!(app.level(variant(2)).await, (5, 1), "the other hold has time left");
    app.reserve(reservation(3), &[(variant(1), 1)]).await.unwrap();
    let cause = format!("expire:{}", reservation(1));
    assert_eq!(app.told().await.iter().filter(|event| event.cause == cause).count(), 2);
    app.assert_sound().await;
    shutdown.request();
}

#[tokio::test]
async fn an_expired_hold_is_committed_if_the_pieces_are_still_there() {
    let app = expired(5).await;
    app.commit(reservation(1)).await.unwrap();
    app.commit(reservation(1)).await.unwrap();
    assert_eq!(app.level(variant(1)).await, (2, 0));
    app.assert_sound().await;
}

#[tokio::test]
async fn an_expired_hold_whose_pieces_are_gone_is_refused() {
    let app = expired(5).await;
    app.reserve(reservation(2), &[(variant(1), 3)]).await.unwrap();
    let refused = app.commit(reservation(1)).await.unwrap_err();
    assert_eq!(refused.code(), "inventory.hold_expired");
    assert!(!refused.is_temporary());
    assert_eq!(app.level(variant(1)).await, (5, 3));
    // The saga goes back: its release of what is no longer held succeeds and frees nothing of the other's.
    app.release(reservation(1)).await.unwrap();
    assert_eq!(app.level(variant(1)).await, (5, 3));
    assert_eq!(code(app.commit(reservation(1)).await), "inventory.released");
    app.assert_sound().await;
}

#[tokio::test]
async fn a_reserve_that_comes_again_after_its_hold_ran_out_holds_again() {
    let app = expired(5).await;
    app.reserve(reservation(1), &[(variant(1), 3)]).await.unwrap();
    assert_eq!(app.level(variant(1)).await, (5, 3));
    app.commit(reservation(1)).await.unwrap();
    app.assert_sound().await;
}

#[tokio::test]
async fn a_wall_clock_that_steps_back_gives_nothing_back_early() {
    let app = TestApp::start().await;
    app.adjust("delivery:1", &[(variant(1), 5)]).await.unwrap();
    app.reserve(reservation(1), &[(variant(1), 5)]).await.unwrap();
    let shutdown = Shutdown::new();
    app.begin_loops(&shutdown);
    app.test.manual.set_wall(app.clock().now() - HOLD);
    for _ in 0..50 {
        app.test.manual.advance(Duration::from_secs(1));
        Clock::system().sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(app.level(variant(1)).await, (5, 5));
    shutdown.request();
}

#[tokio::test]
async fn what_came_to_nothing_is_forgotten_in_the_end_and_what_was_sold_is_not() {
    let app = TestApp::start().await;
    app.adjust("delivery:1", &[(variant(1), 5)]).await.unwrap();
    app.reserve(reservation(1), &[(variant(1), 1)]).await.unwrap();
    app.commit(reservation(1)).await.unwrap();
    app.release(reservation(2)).await.unwrap();
    let shutdown = Shutdown::new();
    app.begin_loops(&shutdown);
    app.test.manual.advance(Duration::from_secs(31 * 24 * 60 * 60));
    sweep_until(&app, async || code(app.reserve(reservation(2), &[(variant(1), 1)]).await) == "done").await;
    app.commit(reservation(1)).await.unwrap();
    app.assert_sound().await;
    shutdown.request();
}

/// An app in which reservation 1, of 3 pieces, has run out and was swept.
async fn expired(stock: i64) -> TestApp {
    let app = TestApp::start().await;
    app.adjust("delivery:1", &[(variant(1), stock)]).await.unwrap();
    app.reserve(reservation(1), &[(variant(1), 3)]).await.unwrap();
    let shutdown = Shutdown::new();
    app.begin_loops(&shutdown);
    app.test.manual.advance(HOLD);
    sweep_until(&app, async || app.level(variant(1)).await == (stock, 0)).await;
    shutdown.request();
    app
}
