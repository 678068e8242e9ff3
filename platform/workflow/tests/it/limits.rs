//! Bounds: so many runs in flight, the others in the table, in their order.

use std::sync::Arc;

use mainstay_workflow::{Options, RunState};
use tokio::sync::Notify;

use crate::lab::{Lab, Plan};

#[tokio::test]
async fn no_more_runs_are_in_flight_than_allowed_and_all_get_their_turn() {
    let lab = Lab::with(Options { in_flight: 2, ..Options::default() }).await;
    let gate = Arc::new(Notify::new());
    lab.script.plan("a", (0..5).map(|_| Plan::Gate(Arc::clone(&gate))));
    let mut runs = Vec::new();
    for _ in 0..5 {
        runs.push(lab.start().await);
    }
    lab.asked("do a", 2).await;
    for begun in 2..5 {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        assert_eq!(lab.script.count("do a"), begun);
        gate.notify_one();
        // Time stands still: the place that is freed is what lets the next one in.
        lab.asked("do a", begun + 1).await;
    }
    gate.notify_waiters();
    for run in &runs[..3] {
        assert_eq!(lab.still(*run, RunState::has_ended).await.state, RunState::Done);
    }
    gate.notify_one();
    gate.notify_one();
    for run in runs {
        assert_eq!(lab.still(run, RunState::has_ended).await.state, RunState::Done);
    }
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_run_that_sleeps_takes_no_place() {
    let lab = Lab::with(Options { in_flight: 1, ..Options::default() }).await;
    let until = lab.test.clock.now() + std::time::Duration::from_secs(600);
    lab.script.plan("a", [Plan::WaitFor("paid", until)]);
    let sleeper = lab.start().await;
    lab.still(sleeper, |state| matches!(state, RunState::Waiting { .. })).await;
    // The plan waits for whoever comes next too, so it is taken back.
    lab.signal(sleeper, "paid").await;
    lab.still(sleeper, RunState::has_ended).await;
    let other = lab.start().await;
    assert_eq!(lab.still(other, RunState::has_ended).await.state, RunState::Done);
    lab.engine.stop().await;
}

#[tokio::test]
async fn many_sleepers_that_wake_at_once_all_wake() {
    let lab = Lab::with(Options { in_flight: 8, ..Options::default() }).await;
    let until = lab.test.clock.now() + std::time::Duration::from_secs(600);
    lab.script.plan("a", (0..200).map(|_| Plan::Insist("never", until)));
    let mut runs = Vec::new();
    for _ in 0..200 {
        runs.push(lab.start().await);
    }
    for run in &runs {
        lab.still(*run, |state| matches!(state, RunState::Waiting { .. })).await;
    }
    lab.test.manual.advance(std::time::Duration::from_secs(600));
    for run in runs {
        assert_eq!(lab.settle(run).await.state, RunState::Done);
    }
    assert_eq!(lab.script.count("do a"), 400);
    lab.engine.stop().await;
}
