//! Everything at once, in random order, with losses: at the end provider, payments and books say the same.

use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::app::{AMOUNT, TestApp, payment, refund};
use crate::provider::{Call, Fault};

const PAYMENTS: u8 = 12;

#[derive(Clone, Debug)]
enum Act {
    Authorise(u8, &'static str),
    Capture(u8),
    Void(u8),
    Refund(u8, u8, i64),
    Fail(Call, Fault),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let id = 1..=PAYMENTS;
    let token = prop_oneof![4 => Just("tok_ok"), 1 => Just("tok_decline"), 1 => Just("tok_slow")];
    let call = prop_oneof![
        Just(Call::Authorise),
        Just(Call::Capture),
        Just(Call::Void),
        Just(Call::Refund),
        Just(Call::Find)
    ];
    let fault = prop_oneof![Just(Fault::RequestLost), Just(Fault::AnswerLost)];
    let act = prop_oneof![
        4 => (id.clone(), token).prop_map(|(id, token)| Act::Authorise(id, token)),
        4 => id.clone().prop_map(Act::Capture),
        1 => id.clone().prop_map(Act::Void),
        3 => (id, 1..=3u8, 1..=AMOUNT / 2).prop_map(|(id, number, minor)| Act::Refund(id, number, minor)),
        2 => (call, fault).prop_map(|(call, fault)| Act::Fail(call, fault)),
    ];
    prop::collection::vec(act, 150..200)
}

async fn perform(app: &TestApp, act: Act) {
    match act {
        Act::Authorise(id, token) => drop(app.authorise(payment(id), token).await),
        Act::Capture(id) => drop(app.capture(payment(id)).await),
        Act::Void(id) => drop(app.void(payment(id)).await),
        Act::Refund(id, number, minor) => {
            drop(app.refund(payment(id), refund(id * 10 + number), minor).await)
        }
        Act::Fail(call, fault) => app.provider.fail(call, fault),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_leaves_the_books_balanced() {
    let mut runner = TestRunner::default();
    for _ in 0..4 {
        let acts = acts().new_tree(&mut runner).unwrap().current();
        let app = TestApp::start().await;
        for chunk in acts.chunks(16) {
            futures::future::join_all(chunk.iter().cloned().map(|act| perform(&app, act))).await;
            let (taken, back) = app.booked().await;
            assert!(back <= taken, "{acts:?}");
            app.test.manual.advance(Duration::from_millis(500));
        }
        app.provider.heal();
        // The wind has dropped: what is unsettled settles by itself, without anybody asking again.
        app.pass_until(async || {
            let (_, captured, refunded) = app.provider.sums();
            app.booked().await == (captured, refunded) && app.reconcile(false).await.differences.is_empty()
        })
        .await;
        app.assert_sound().await;
        app.shutdown.request();
    }
}
