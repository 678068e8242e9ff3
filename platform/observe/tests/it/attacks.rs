//! Floods, a full disk, and a kill in the middle of a write.

use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::Ordering;

use mainstay_observe::store::TraceQuery;
use mainstay_telemetry::Told;

use crate::world::{World, span, with};

/// Set to the number of a child's first trace, so that no child writes on in another's traces.
const FIRST: &str = "MAINSTAY_TEST_FIRST_TRACE";

fn trace(number: u128) -> Told {
    let spans = (1..=20).map(|n| with(span(number, n, (n > 1).then_some(1), "work"), "number", n));
    Told::Spans(spans.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_taken_in_or_dropped_and_each_span_is_accounted_for() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::open(folder.path()).await;
    let sent = 200_000_u64;
    for number in 0..u128::from(sent / 20) {
        let told = trace(number);
        world.own.push(told.weight(), told);
        if number % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let own = std::sync::Arc::clone(&world.own);
    let store = world.store.clone();
    world.writer.end().await;
    let kept = store.figures().spans.load(Ordering::Relaxed);
    assert_eq!(kept + own.dropped(), sent);
    assert!(kept >= 20_000, "{kept}");
    let found = store.traces(&world.ctx, TraceQuery::default()).await.unwrap();
    assert!(found.iter().all(|trace| trace.spans == 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_costs_what_comes_in_and_nothing_else() {
    match mainstay_disks::folder() {
        Some(folder) => on_the_small_disk(&folder).await,
        None => mainstay_disks::run_on_small_disk(
            "attacks::a_full_disk_costs_what_comes_in_and_nothing_else",
            4 * 1024 * 1024,
        ),
    }
}

async fn on_the_small_disk(folder: &Path) {
    let world = World::open(folder).await;
    world.tell_all([trace(1)]).await;
    let ballast = folder.join("ballast");
    std::fs::write(&ballast, vec![0; 8 * 1024 * 1024]).unwrap_err();
    let refused = || world.store.figures().refused.load(Ordering::Relaxed);
    let mut number = 2;
    while refused() == 0 {
        let told = trace(number);
        // A queue that is full is as good as a disk that is.
        world.own.push(told.weight(), told);
        number += 1;
        tokio::task::yield_now().await;
    }
    // What was there before is still found while nothing can be written.
    let found = world.store.trace(&world.ctx, &format!("{:032x}", 1)).await.unwrap();
    assert_eq!(found.spans, 20);

    std::fs::remove_file(&ballast).unwrap();
    let before = world.store.figures().spans.load(Ordering::Relaxed);
    while world.store.figures().spans.load(Ordering::Relaxed) == before {
        let told = trace(number);
        world.own.push(told.weight(), told);
        number += 1;
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_the_middle_of_a_write_leaves_nothing_half_written() {
    if let Some(folder) = mainstay_disks::folder() {
        // Writes until it is killed.
        let world = World::open(&folder).await;
        let first: u128 = std::env::var(FIRST).unwrap().parse().unwrap();
        for number in first.. {
            while world.own.depth() > 10_000 {
                tokio::task::yield_now().await;
            }
            let told = trace(number);
            world.own.push(told.weight(), told);
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let test = "attacks::a_kill_in_the_middle_of_a_write_leaves_nothing_half_written";
    let mut kept = 0;
    for round in 0..3 {
        let mut child = mainstay_disks::again(test, "true", folder.path())
            .env(FIRST, (1 + round * 1_000_000_000_u64).to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Until it has written some: the log of the database grows.
        let log = folder.path().join("mainstay.observe.db-wal");
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
        let before = size(&log);
        while size(&log) < before + 200_000 && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(5));
            if size(&log) > 3_000_000 {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();

        let world = World::open(folder.path()).await;
        let found =
            world.store.traces(&world.ctx, TraceQuery { limit: Some(200), ..TraceQuery::default() }).await;
        let found = found.unwrap();
        assert!(!found.is_empty(), "round {round}");
        for trace in &found {
            assert_eq!(trace.spans, 20);
            assert_eq!(world.store.trace(&world.ctx, &trace.trace).await.unwrap().spans, 20);
        }
        // What the index knows is what the tables have.
        let by_word = TraceQuery { q: Some("work".into()), limit: Some(200), ..TraceQuery::default() };
        assert_eq!(world.store.traces(&world.ctx, by_word).await.unwrap().len(), found.len());
        kept = kept.max(found.len());
        world.writer.end().await;
    }
    assert!(kept > 0);
}
