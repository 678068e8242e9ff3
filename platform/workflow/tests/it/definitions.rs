//! Definitions: what is refused when they are registered, and runs whose definition is gone or has changed.

use mainstay_core::{Shutdown, Tasks};
use mainstay_sql::Leadership;
use mainstay_telemetry::Registry;
use mainstay_workflow::codes::{BAD_DEFINITION, DEFINITION_CHANGED, UNKNOWN_VERSION};
use mainstay_workflow::{Definition, Options, RunState, Sagas};

use crate::lab::{Lab, Plan, Script, Scripted, Trail, code, definition, policy};
use crate::sharing::Light;

fn step(name: &'static str) -> Scripted {
    Scripted { name, script: Script::default(), policy: policy() }
}

fn sagas(lab: &Lab) -> Sagas {
    Sagas::new(&lab.test.db, &Leadership::idle(), &Tasks::new(), &Registry::new(), Options::default())
}

#[tokio::test]
async fn a_definition_that_is_not_in_order_is_refused() {
    let lab = Lab::open().await;
    let sagas = sagas(&lab);
    let new = || Definition::<Trail>::new("test.bad", 1);
    let mut long = new().pivot("a");
    for _ in 0..65 {
        long = long.step(step("a"));
    }
    for (definition, why) in [
        (new().pivot("a"), "0 steps"),
        (new().step(step("a")), "no pivot"),
        (new().step(step("a")).pivot("b"), "pivot b"),
        (new().step(step("a")).step(step("a")).pivot("a"), "two steps"),
        (long, "65 steps"),
        (new().step(step("a")).step(Light(step("b"))).pivot("b"), "b cannot be written"),
        (new().step(Light(step("a"))).step(step("b")).pivot("b"), "a cannot be written"),
        (
            new().step(Light(step("a"))).step(Light(step("b"))).step(step("c")).step(step("d")).pivot("d"),
            "a cannot be written",
        ),
    ] {
        let error = sagas.register(definition).err().unwrap();
        assert!(error.is(&BAD_DEFINITION) && error.message().contains(why), "{error:?}");
    }
    sagas.register(new().step(step("a")).pivot("a")).unwrap();
    assert!(sagas.register(new().step(step("a")).pivot("a")).is_err(), "twice");
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_start_without_the_definition_of_a_run_refuses_and_names_it() {
    let lab = Lab::open().await;
    let far = lab.test.clock.now() + std::time::Duration::from_secs(600);
    lab.script.plan("a", [Plan::WaitFor("paid", far)]);
    let run = lab.start().await;
    lab.still(run, |state| matches!(state, RunState::Waiting { .. })).await;
    let Lab { test, script, engine, ctx } = lab;
    engine.stop().await;

    let newer =
        Sagas::new(&test.db, &Leadership::idle(), &Tasks::new(), &Registry::new(), Options::default());
    newer.register(Definition::<Trail>::new("test.trail", 2).step(step("a")).pivot("a")).unwrap();
    let error = newer.check().await.unwrap_err();
    assert!(error.is(&UNKNOWN_VERSION) && error.message().contains("test.trail v1 (1 runs)"), "{error:?}");
    assert_eq!(code(newer.clone().run(Shutdown::new()).await), UNKNOWN_VERSION.name);
    newer.register(definition(&script)).unwrap();
    newer.check().await.unwrap();

    let changed =
        Sagas::new(&test.db, &Leadership::idle(), &Tasks::new(), &Registry::new(), Options::default());
    changed.register(Definition::<Trail>::new("test.trail", 1).step(step("z")).pivot("z")).unwrap();
    let error = changed.check().await.unwrap_err();
    assert!(error.is(&DEFINITION_CHANGED) && error.message().contains("a > b > c! > d > e"), "{error:?}");
    drop(ctx);
}

#[tokio::test]
async fn old_and_new_versions_run_beside_each_other() {
    let lab = Lab::open().await;
    let newer = lab
        .engine
        .sagas
        .register(Definition::<Trail>::new("test.trail", 2).step(step("x")).step(step("y")).pivot("y"))
        .unwrap();
    let old = lab.start().await;
    let (run, ctx) = (lab.new_run(), lab.ctx.clone());
    let saga = newer.clone();
    lab.test.db.write(&lab.ctx, move |tx| saga.start(tx, &ctx, run, &Trail::default())).await.unwrap();
    assert_eq!(lab.settle(old).await.data.visited, ["a", "b", "c", "d", "e"]);
    let new = newer.wait(&lab.ctx, run, crate::lab::PATIENCE, |run| run.has_ended()).await.unwrap();
    assert_eq!(new.data.visited, ["x", "y"]);
    lab.engine.stop().await;
}

#[tokio::test]
async fn runs_of_a_newer_release_are_left_alone_and_hold_nobody_up() {
    let lab = Lab::open().await;
    // The engine is at work by then; at its start it would refuse them.
    let first = lab.start().await;
    lab.still(first, RunState::has_ended).await;
    let newer = sagas(&lab);
    let newer = newer.register(Definition::<Trail>::new("test.trail", 2).step(step("x")).pivot("x")).unwrap();
    for turn in 0..100 {
        let (run, ctx, saga) = (lab.new_run(), lab.ctx.clone(), newer.clone());
        lab.test.db.write(&lab.ctx, move |tx| saga.start(tx, &ctx, run, &Trail::default())).await.unwrap();
        if turn == 70 {
            // More than one read takes, all due at once.
            let asleep = "UPDATE saga_runs SET status = 1, wake_at = 0 WHERE version = 2";
            lab.test.db.write(&lab.ctx, move |tx| tx.execute(asleep, &[])).await.unwrap();
        }
    }
    let until = lab.test.clock.now() + std::time::Duration::from_secs(30);
    lab.script.plan("a", [Plan::Insist("never", until)]);
    let run = lab.start().await;
    lab.still(run, |state| matches!(state, RunState::Waiting { .. })).await;
    assert_eq!(lab.settle(run).await.state, RunState::Done);
    assert_eq!(lab.script.count("do a"), 3);
    lab.engine.stop().await;
}
