//! A run that goes well, and what its starter sees of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mainstay_core::{Context, Id, Principal, TenantId, TraceContext, codes};
use mainstay_sql::CommitHook;
use mainstay_workflow::codes::{RUN_EXISTS, UNKNOWN_RUN};
use mainstay_workflow::{Options, RunState};

use crate::lab::{Engine, Lab, PATIENCE, Plan, Trail, code, definition, short};

#[tokio::test]
async fn steps_are_done_in_order_and_each_is_recorded_with_its_effect() {
    let lab = Lab::open().await;
    let run = lab.start().await;
    let snapshot = lab.still(run, RunState::has_ended).await;
    assert_eq!(snapshot.state, RunState::Done);
    assert_eq!(snapshot.data.visited, ["a", "b", "c", "d", "e"]);
    assert!(snapshot.recorded("a") && snapshot.recorded("e") && !snapshot.recorded("f"));
    assert_eq!(lab.marks(run).await, ["a", "b", "c", "d", "e"]);
    let journal = lab.journal(run).await;
    assert_eq!(short(&journal), ["started", "done a", "done b", "done c", "done d", "done e"]);
    let order: Vec<String> =
        "abcde".chars().flat_map(|s| [format!("do {s}"), format!("record {s}")]).collect();
    assert_eq!(lab.script.log(), order);
    lab.engine.stop().await;
}

pub struct Count(pub AtomicU64);

impl CommitHook for Count {
    fn before_commit(&self, _database: &str, _number: u64) {}

    fn after_commit(&self, _database: &str, _number: u64) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn five_steps_are_six_writes() {
    let count = Arc::new(Count(AtomicU64::new(0)));
    let lab = Lab::hooked(count.clone()).await;
    let first = lab.start().await;
    lab.still(first, RunState::has_ended).await;
    let before = count.0.load(Ordering::Relaxed);
    let run = lab.start().await;
    lab.still(run, RunState::has_ended).await;
    assert_eq!(count.0.load(Ordering::Relaxed) - before, 6, "the start and one for each step");
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_watch_made_before_the_start_sees_a_step_as_soon_as_it_is_durable() {
    let lab = Lab::open().await;
    let run = lab.new_run();
    let gate = Arc::new(tokio::sync::Notify::new());
    lab.script.plan("d", [Plan::Gate(Arc::clone(&gate))]);
    let past_c = lab.engine.saga.watch(run, |run| run.recorded("c"));
    let ended = lab.engine.saga.watch(run, |run| run.has_ended());
    lab.start_as(run).await.unwrap();
    // Time stands still, so only the news itself can end the wait.
    let seen = past_c.until(&lab.ctx, PATIENCE).await.unwrap();
    assert_eq!(seen.state, RunState::Running);
    assert_eq!(seen.data.visited, ["a", "b", "c"]);
    gate.notify_one();
    let seen = ended.until(&lab.ctx, PATIENCE).await.unwrap();
    assert_eq!(seen.state, RunState::Done);
    let seen = lab.engine.saga.wait(&lab.ctx, run, PATIENCE, |run| run.has_ended()).await.unwrap();
    assert_eq!(seen.state, RunState::Done, "of an ended run the table tells");
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_wait_ends_with_its_limit_and_the_run_goes_on() {
    let lab = Lab::open().await;
    let gate = Arc::new(tokio::sync::Notify::new());
    lab.script.plan("b", [Plan::Gate(Arc::clone(&gate))]);
    let run = lab.start().await;
    lab.logged("do b").await;
    let wait = lab.engine.saga.wait(&lab.ctx, run, Duration::from_secs(3), |run| run.has_ended());
    let advance = async {
        while lab.test.manual.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
        for _ in 0..40 {
            lab.test.manual.advance(Duration::from_millis(100));
            tokio::task::yield_now().await;
        }
    };
    let (waited, ()) = tokio::join!(wait, advance);
    assert_eq!(code(waited.map(|_| ())), codes::DEADLINE.name);
    gate.notify_one();
    assert_eq!(lab.still(run, RunState::has_ended).await.state, RunState::Done);
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_run_starts_once() {
    let lab = Lab::open().await;
    let run = lab.start().await;
    assert_eq!(code(lab.start_as(run).await), RUN_EXISTS.name);
    lab.still(run, RunState::has_ended).await;
    assert_eq!(code(lab.start_as(run).await), RUN_EXISTS.name, "nor after its end");
    assert_eq!(lab.script.count("do a"), 1);
    assert_eq!(code(lab.resume(Id::from_bytes([9; 16])).await), UNKNOWN_RUN.name);
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_start_that_is_undone_never_was() {
    let lab = Lab::open().await;
    let run = lab.new_run();
    let (saga, ctx) = (lab.engine.saga.clone(), lab.ctx.clone());
    let undone = lab.test.db.write(&lab.ctx, move |tx| {
        saga.start(tx, &ctx, run, &Trail::default())?;
        Err::<(), _>(codes::PRECONDITION.error("changed my mind"))
    });
    assert!(undone.await.is_err());
    let other = lab.start().await;
    lab.still(other, RunState::has_ended).await;
    assert!(lab.engine.saga.look(&lab.ctx, run).await.unwrap().is_none());
    assert_eq!(lab.script.count("do a"), 1);
    lab.engine.stop().await;
}

#[tokio::test]
async fn the_context_of_the_starter_is_the_context_of_every_step() {
    let mut lab = Lab::open().await;
    let customer = Principal::Customer(Id::from_bytes([7; 16]));
    let trace = TraceContext { trace_id: 77, span_id: 7, sampled: true };
    let tenant = TenantId::from_bytes([3; 16]);
    lab.ctx = Context::new(tenant, customer.clone(), trace).as_service("shop.orders");
    lab.script.plan("b", [Plan::Fail(&codes::CONFLICT)]);
    let run = lab.start().await;
    lab.settle(run).await;
    let contexts = lab.script.contexts();
    assert_eq!(contexts.len(), 6);
    for context in &contexts {
        assert_eq!(context.tenant(), tenant);
        assert_eq!(context.principal(), &Principal::Service("shop.orders".into()));
        assert_eq!(context.on_behalf_of(), Some(&customer));
        assert_eq!(context.trace().trace_id, 77);
        assert!(context.deadline().is_some(), "every attempt has one");
    }
    let attempts: Vec<u32> = contexts.iter().map(Context::attempt).collect();
    assert_eq!(attempts, [1, 1, 2, 1, 1, 1]);
    let keys = lab.script.keys();
    assert_eq!(keys[1], keys[2], "the second attempt asks under the key of the first");
    assert_eq!(keys[0], format!("{run}/a"));
    lab.engine.stop().await;
}

#[tokio::test]
async fn what_ends_with_the_run_is_in_its_last_write() {
    let lab = Lab::open().await;
    lab.engine.stop().await;
    let script = lab.script.clone();
    let with_end = definition(&script).on_end(|tx, end, state| {
        state.visited.push(format!("{end:?}"));
        tx.execute("INSERT INTO marks (run, step) VALUES (x'00', 'end')", &[])?;
        Ok(())
    });
    let engine = Engine::start_on(&lab.test.db, &lab.test.clock, with_end, Options::default());
    let lab = Lab { engine, ..lab };
    let run = lab.start().await;
    let snapshot = lab.still(run, RunState::has_ended).await;
    assert_eq!(snapshot.data.visited.last().map(String::as_str), Some("Done"));
    let ends = lab.test.db.read(&lab.ctx, |view| {
        view.query_one("SELECT count(*) FROM marks WHERE step = 'end'", &[], |row| row.get::<i64>(0))
    });
    assert_eq!(ends.await.unwrap(), Some(1));
    lab.engine.stop().await;
}
