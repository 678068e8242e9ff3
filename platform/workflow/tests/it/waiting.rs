//! Signals and times: sent before the wait, during it, after it, repeated, to nobody; kept across a restart.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Id, Timestamp};
use mainstay_workflow::codes::SIGNALS_FULL;
use mainstay_workflow::{Delivery, JournalKind, Options, RunState};
use tokio::sync::Notify;

use crate::lab::{Engine, Lab, Plan, code};

fn waits(state: &RunState) -> bool {
    matches!(state, RunState::Waiting { .. })
}

async fn waiting_lab(seconds: u64) -> (Lab, Timestamp) {
    let lab = Lab::open().await;
    let until = lab.test.clock.now() + Duration::from_secs(seconds);
    lab.script.plan("b", [Plan::WaitFor("paid", until)]);
    (lab, until)
}

#[tokio::test]
async fn a_signal_wakes_the_run_that_waits_for_it() {
    let (lab, until) = waiting_lab(600).await;
    let run = lab.start().await;
    let snapshot = lab.still(run, waits).await;
    assert_eq!(snapshot.state, RunState::Waiting { signal: "paid".into(), until });
    assert_eq!(snapshot.data.visited, ["a", "waits at b"], "what the step had noted is kept");
    assert_eq!(lab.signal(run, "other").await, Delivery::Kept);
    assert_eq!(lab.look(run).await.state, RunState::Waiting { signal: "paid".into(), until });
    assert_eq!(lab.signal(run, "paid").await, Delivery::Kept);
    assert_eq!(lab.still(run, RunState::has_ended).await.state, RunState::Done);
    assert_eq!(lab.script.count("do b"), 2);
    assert_eq!(lab.signal(run, "paid").await, Delivery::Ended);
    assert_eq!(lab.signal(Id::from_bytes([1; 16]), "paid").await, Delivery::Unknown);
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_signal_before_the_wait_is_not_lost() {
    let (lab, _) = waiting_lab(600).await;
    let gate = Arc::new(Notify::new());
    lab.script.plan("a", [Plan::Gate(gate.clone())]);
    let run = lab.start().await;
    lab.logged("do a").await;
    assert_eq!(lab.signal(run, "paid").await, Delivery::Kept);
    gate.notify_one();
    assert_eq!(lab.still(run, RunState::has_ended).await.state, RunState::Done);
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_step_that_does_not_look_is_not_put_to_sleep_over_a_signal() {
    let lab = Lab::open().await;
    let until = lab.test.clock.now() + Duration::from_secs(600);
    let gate = Arc::new(Notify::new());
    lab.script.plan("a", [Plan::Gate(gate.clone())]);
    lab.script.plan("b", [Plan::Insist("paid", until)]);
    let run = lab.start().await;
    lab.logged("do a").await;
    lab.signal(run, "paid").await;
    gate.notify_one();
    assert_eq!(lab.still(run, RunState::has_ended).await.state, RunState::Done);
    assert_eq!(lab.script.count("do b"), 2);
    let slept = lab.journal(run).await.iter().any(|entry| entry.kind == JournalKind::Waiting);
    assert!(!slept);
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_wait_ends_at_its_time() {
    let (lab, until) = waiting_lab(600).await;
    let run = lab.start().await;
    lab.still(run, waits).await;
    lab.test.manual.advance(Duration::from_secs(590));
    lab.pass(9).await;
    assert_eq!(lab.script.count("do b"), 1);
    lab.pass(1).await;
    assert_eq!(lab.still(run, RunState::has_ended).await.state, RunState::Done);
    assert!(lab.journal(run).await.last().unwrap().at >= until);
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_wait_survives_a_restart_with_its_time() {
    let (lab, until) = waiting_lab(600).await;
    let run = lab.start().await;
    lab.still(run, waits).await;
    let Lab { mut test, script, engine, ctx } = lab;
    engine.stop().await;
    test.manual.advance(Duration::from_secs(300));
    test.reopen().await;
    let engine = Engine::start(&test, &script, Options::default());
    let lab = Lab { test, script, engine, ctx };
    assert_eq!(lab.still(run, waits).await.state, RunState::Waiting { signal: "paid".into(), until });
    lab.test.manual.advance(Duration::from_secs(300));
    assert_eq!(lab.settle(run).await.state, RunState::Done);
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_signal_while_nobody_executes_is_found_afterwards() {
    let (lab, _) = waiting_lab(600).await;
    let run = lab.start().await;
    lab.still(run, waits).await;
    let Lab { mut test, script, engine, ctx } = lab;
    let sagas = engine.sagas.clone();
    engine.stop().await;
    test.db.write(&ctx, move |tx| sagas.signal(tx, run, "paid", &"payload")).await.unwrap();
    test.reopen().await;
    let engine = Engine::start(&test, &script, Options::default());
    let lab = Lab { test, script, engine, ctx };
    assert_eq!(lab.still(run, RunState::has_ended).await.state, RunState::Done);
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_wall_clock_that_was_set_is_noticed() {
    let (lab, until) = waiting_lab(600).await;
    let run = lab.start().await;
    lab.still(run, waits).await;
    lab.test.manual.set_wall(until);
    lab.test.manual.advance(Duration::from_secs(1));
    assert_eq!(lab.still(run, RunState::has_ended).await.state, RunState::Done);
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_wait_for_a_time_gone_by_does_not_run_hot() {
    let lab = Lab::open().await;
    let past = lab.test.clock.now();
    lab.script.plan("a", [Plan::WaitFor("paid", past)]);
    let run = lab.start().await;
    lab.still(run, waits).await;
    assert_eq!(lab.script.count("do a"), 1);
    assert_eq!(lab.settle(run).await.state, RunState::Done);
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_wait_that_goes_on_takes_one_entry_however_often_it_is_woken() {
    let lab = Lab::open().await;
    let until = lab.test.clock.now() + Duration::from_secs(600);
    lab.script.plan("b", (0..5).map(|_| Plan::Insist("paid", until)));
    let run = lab.start().await;
    for asked in 1..=5 {
        let waiting = lab.still(run, waits).await;
        assert_eq!(waiting.state, RunState::Waiting { signal: "paid".into(), until });
        assert_eq!(lab.script.count("do b"), asked);
        lab.signal(run, "paid").await;
        lab.asked("do b", asked + 1).await;
    }
    assert_eq!(lab.still(run, RunState::has_ended).await.state, RunState::Done);
    let waits = lab.journal(run).await.iter().filter(|entry| entry.kind == JournalKind::Waiting).count();
    assert_eq!(waits, 1);
    lab.engine.stop().await;
}

#[tokio::test]
async fn signals_are_bounded() {
    let (lab, _) = waiting_lab(600).await;
    let run = lab.start().await;
    lab.still(run, waits).await;
    let sagas = lab.engine.sagas.clone();
    let flood = lab.test.db.write(&lab.ctx, move |tx| {
        for number in 0..1_000 {
            sagas.signal(tx, run, "noise", &number)?;
        }
        Ok(())
    });
    flood.await.unwrap();
    let sagas = lab.engine.sagas.clone();
    let over = lab.test.db.write(&lab.ctx, move |tx| sagas.signal(tx, run, "noise", &0)).await;
    assert_eq!(code(over), SIGNALS_FULL.name);
    lab.engine.stop().await;
}
