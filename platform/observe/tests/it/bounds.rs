//! The store keeps to its size and its age, the oldest leaving first.

use std::sync::atomic::Ordering;
use std::time::Duration;

use mainstay_core::{Clock, Timestamp};
use mainstay_observe::store::{Bounds, LineQuery, TraceQuery};
use mainstay_telemetry::Told;
use tracing::Level;

use crate::world::{World, line, span, with};

/// Names and values that no compression makes small.
fn noisy(trace: u128) -> Told {
    let noise =
        |n: u128| format!("{:032x}", (trace + n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
    let spans = (0..20)
        .map(|n| with(span(trace, n + 1, None, &noise(n.into())), "noise", noise(100 + u128::from(n))));
    Told::Spans(spans.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_size_is_kept_and_the_oldest_leave() {
    let folder = tempfile::tempdir().unwrap();
    let bounds = Bounds { age: Duration::from_secs(86_400), bytes: 3_000_000 };
    let world = World::with(folder.path(), &Clock::system(), bounds).await;
    let figures = world.store.figures();
    let mut trace = 1;
    while figures.expired.load(Ordering::Relaxed) < 500 {
        assert!(trace < 100_000, "nothing leaves");
        world.tell_all((0..200).map(|n| noisy(trace + n))).await;
        trace += 200;
    }
    // What still waits is written.
    let (store, ctx) = (world.store.clone(), world.ctx.clone());
    world.writer.end().await;
    let bytes = store.figures().bytes.load(Ordering::Relaxed);
    assert!(bytes < 4_500_000, "{bytes}");
    // The latest is there and findable, the first is not.
    let latest = store.traces(&ctx, TraceQuery { limit: Some(1), ..TraceQuery::default() }).await.unwrap();
    assert_eq!(latest[0].trace, format!("{:032x}", trace - 1));
    let word = Some(format!("{:032x}", 2_u128.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)));
    let first = store.traces(&ctx, TraceQuery { q: word, ..TraceQuery::default() }).await.unwrap();
    assert!(first.iter().all(|found| found.trace != format!("{:032x}", 1)), "{first:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_old_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, manual) = Clock::manual(Timestamp::from_micros(1_900_000_000_000_000));
    let bounds = Bounds { age: Duration::from_secs(60), bytes: 100_000_000 };
    let world = World::with(folder.path(), &clock, bounds).await;
    let tell = async |message: &str| {
        let mut written = world.store.written();
        let told = line(message, Level::INFO, None);
        assert!(world.own.push(1, told));
        // The writer gathers by the clock.
        while !written.has_changed().unwrap() {
            manual.advance(Duration::from_millis(250));
            tokio::task::yield_now().await;
        }
        written.mark_unchanged();
    };
    tell("early").await;
    manual.advance(Duration::from_secs(61));
    tell("late").await;
    loop {
        manual.advance(Duration::from_millis(250));
        let lines = world.store.lines(&world.ctx, LineQuery::default()).await.unwrap();
        if lines.len() == 1 {
            assert_eq!(lines[0].message, "late");
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(world.store.figures().expired.load(Ordering::Relaxed) >= 1);
}
