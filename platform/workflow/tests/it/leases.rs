//! Two processes on one database: one executes, and a holder that wakes late writes nothing.

use std::sync::Arc;
use std::time::Duration;

use mainstay_workflow::{Options, RunState};
use tokio::sync::Notify;

use crate::lab::{Engine, Lab, Plan, Script, definition};

#[tokio::test]
async fn only_the_one_that_leads_executes() {
    let lab = Lab::open().await;
    let run = lab.start().await;
    lab.still(run, RunState::has_ended).await;
    let beside = lab.test.beside().await;
    let idle = Script::default();
    let second = Engine::start_on(&beside, &lab.test.clock, definition(&idle), Options::default());
    let runs = [lab.start().await, lab.start().await];
    for run in runs {
        lab.still(run, RunState::has_ended).await;
    }
    assert!(idle.log().is_empty());
    second.stop().await;
    beside.close().await;
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_run_that_another_process_started_is_found_and_watched_across() {
    let lab = Lab::open().await;
    let first = lab.start().await;
    lab.still(first, RunState::has_ended).await;
    let beside = lab.test.beside().await;
    let other = Script::default();
    let second = Engine::start_on(&beside, &lab.test.clock, definition(&other), Options::default());
    let run = lab.new_run();
    let watch = second.saga.watch(run, |run| run.has_ended());
    let (saga, ctx) = (second.saga.clone(), lab.ctx.clone());
    beside.write(&lab.ctx, move |tx| saga.start(tx, &ctx, run, &Default::default())).await.unwrap();
    let waited = watch.until(&lab.ctx, Duration::from_secs(60));
    let time = async {
        loop {
            lab.pass(1).await;
        }
    };
    let seen = tokio::select! {
        seen = waited => seen.unwrap(),
        () = time => unreachable!("time does not end"),
    };
    assert_eq!(seen.state, RunState::Done);
    assert_eq!(lab.script.count("do a"), 2);
    assert!(other.log().is_empty());
    second.stop().await;
    beside.close().await;
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_holder_that_slept_through_its_lease_writes_nothing() {
    let lab = Lab::open().await;
    let gate = Arc::new(Notify::new());
    lab.script.plan("b", [Plan::Gate(Arc::clone(&gate))]);
    let run = lab.start().await;
    lab.logged("do b").await;
    // Somebody else has the lease by now, though nobody told this process.
    let fence = lab.test.db.write(&lab.ctx, |tx| {
        tx.execute("UPDATE mainstay_leases SET fence = fence + 1, expires_at = ?1", &[i64::MAX.into()])
    });
    assert_eq!(fence.await.unwrap(), 1);
    gate.notify_one();
    lab.logged("record a").await;
    mainstay_core::Clock::system().sleep(Duration::from_millis(50)).await;
    assert_eq!(lab.marks(run).await, ["a"], "what it did outside was not recorded by it");
    assert_eq!(lab.look(run).await.state, RunState::Running);
    // When it leads again it asks again.
    lab.test
        .db
        .write(&lab.ctx, |tx| tx.execute("UPDATE mainstay_leases SET expires_at = 0", &[]))
        .await
        .unwrap();
    assert_eq!(lab.settle(run).await.state, RunState::Done);
    assert_eq!(lab.script.count("do b"), 2);
    lab.engine.stop().await;
}
