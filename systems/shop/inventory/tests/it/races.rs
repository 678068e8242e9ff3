//! Many at once: nothing is promised twice.

use futures::future::join_all;

use crate::app::{ReservationId, TestApp, VariantId, code, reservation, variant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_buyers_of_fifty_pieces_get_fifty() {
    let app = TestApp::start().await;
    app.adjust("delivery:1", &[(variant(1), 50)]).await.unwrap();
    let one = [(variant(1), 1)];
    let buyers = (0..200).map(|number| app.reserve(reservation(number), &one));
    let outcomes: Vec<String> = join_all(buyers).await.into_iter().map(code).collect();
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "done").count(), 50);
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "inventory.out_of_stock").count(), 150);
    assert_eq!(app.level(variant(1)).await, (50, 50));
    let winners: Vec<ReservationId> = (0..200)
        .zip(&outcomes)
        .filter(|(_, outcome)| *outcome == "done")
        .map(|(number, _)| reservation(number))
        .collect();
    for outcome in join_all(winners.iter().map(|id| app.commit(*id))).await {
        outcome.unwrap();
    }
    assert_eq!(app.level(variant(1)).await, (0, 0));
    app.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn carts_with_several_lines_of_one_variant_oversell_nothing() {
    let app = TestApp::start().await;
    app.adjust("delivery:1", &[(variant(1), 50), (variant(2), 50)]).await.unwrap();
    // Opposite orders of variants, and each variant twice: 3 of the one and 2 of the other in all.
    let carts: [Vec<(VariantId, u32)>; 2] = [
        vec![(variant(1), 1), (variant(2), 1), (variant(1), 2), (variant(2), 1)],
        vec![(variant(2), 2), (variant(1), 2), (variant(2), 1)],
    ];
    let buyers = (0..100usize).map(|number| app.reserve(reservation(number as u64), &carts[number % 2]));
    let outcomes = join_all(buyers).await;
    let (_, held_1) = app.level(variant(1)).await;
    let (_, held_2) = app.level(variant(2)).await;
    let sold =
        |kind: usize| outcomes.iter().skip(kind).step_by(2).filter(|outcome| outcome.is_ok()).count() as i64;
    assert_eq!(held_1, sold(0) * 3 + sold(1) * 2);
    assert_eq!(held_2, sold(0) * 2 + sold(1) * 3);
    assert!(held_1 <= 50 && held_2 <= 50 && held_1.max(held_2) > 47, "{held_1} and {held_2}");
    app.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeats_and_undos_at_once_end_in_one_state() {
    let app = TestApp::start().await;
    app.adjust("delivery:1", &[(variant(1), 10)]).await.unwrap();
    let one = [(variant(1), 1)];
    for number in 0..20 {
        let id = reservation(number);
        let (first, again, released) =
            tokio::join!(app.reserve(id, &one), app.reserve(id, &one), app.release(id));
        released.unwrap();
        for outcome in [first, again] {
            assert!(["done", "inventory.released"].contains(&code(outcome).as_str()));
        }
        assert_eq!(app.level(variant(1)).await, (10, 0));
        assert_eq!(code(app.commit(id).await), "inventory.released");
    }
    app.assert_sound().await;
}
