//! Any sequence of requests, however wild, conserves the stock.

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::app::{HOLD, TestApp, reservation, variant};

#[derive(Clone, Debug)]
enum Request {
    Adjust { cause: u8, variant: u8, delta: i64 },
    Count { cause: u8, variant: u8, on_hand: i64 },
    Reserve { id: u64, lines: Vec<(u8, u32)> },
    Commit { id: u64 },
    Release { id: u64 },
    Wait,
}

fn a_request() -> impl Strategy<Value = Request> {
    prop_oneof![
        2 => (0u8..20, 0u8..3, -5i64..15).prop_map(|(cause, variant, delta)| Request::Adjust { cause, variant, delta }),
        2 => (0u8..4, 0u8..3, 0i64..15)
            .prop_map(|(cause, variant, on_hand)| Request::Count { cause, variant, on_hand }),
        4 => (0u64..12, prop::collection::vec((0u8..3, 1u32..4), 1..4))
            .prop_map(|(id, lines)| Request::Reserve { id, lines }),
        3 => (0u64..12).prop_map(|id| Request::Commit { id }),
        2 => (0u64..12).prop_map(|id| Request::Release { id }),
        1 => Just(Request::Wait),
    ]
}

#[test]
fn stock_is_conserved() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 24, ..Config::default() });
    let requests = prop::collection::vec(a_request(), 1..60);
    runner
        .run(&requests, |requests| {
            runtime.block_on(async {
                let app = TestApp::start().await;
                let shutdown = mainstay_core::Shutdown::new();
                app.begin_loops(&shutdown);
                for request in requests {
                    // Most are refused for one good reason or another; what counts is what they leave behind.
                    let _ = match request {
                        Request::Adjust { cause, variant: number, delta } => {
                            app.adjust(&format!("cause:{cause}"), &[(variant(number), delta)]).await
                        }
                        Request::Count { cause, variant: number, on_hand } => app
                            .count(&format!("count:{cause}"), &[(variant(number), on_hand)])
                            .await
                            .map(drop),
                        Request::Reserve { id, lines } => {
                            let lines: Vec<_> =
                                lines.iter().map(|&(number, quantity)| (variant(number), quantity)).collect();
                            app.reserve(reservation(id), &lines).await
                        }
                        Request::Commit { id } => app.commit(reservation(id)).await,
                        Request::Release { id } => app.release(reservation(id)).await,
                        Request::Wait => {
                            app.test.manual.advance(HOLD / 2 + Duration::from_secs(1));
                            Ok(())
                        }
                    };
                    app.assert_sound().await;
                }
                shutdown.request();
            });
            Ok(())
        })
        .unwrap();
}
