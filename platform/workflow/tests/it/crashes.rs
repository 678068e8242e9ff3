//! Processes that die: what they left is taken up where it stood; and the harness over every place to die at.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Id, Result, codes};
use mainstay_sql::{Database, MigrationSet, Tx};
use mainstay_testkit::TestDatabase;
use mainstay_testkit::saga::{Harness, World, assert_covered};
use mainstay_workflow::{Definition, Options, Progress, RunKind, RunState, Step, StepContext};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use crate::lab::{Engine, Lab, MIGRATIONS, Plan, Script, Trail, definition};

/// An engine that can be killed, because its tasks live on their own runtime.
fn process(test: &TestDatabase, definition: Definition<Trail>) -> (Runtime, Engine) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let inside = runtime.enter();
    let engine = Engine::start_on(&test.db, &test.clock, definition, Options::default());
    drop(inside);
    (runtime, engine)
}

/// A lab whose first process dies in the middle of `step`, and that has a second one by now.
pub async fn killed_in(
    saga: fn(&Script) -> Definition<Trail>,
    step: &str,
    after: impl FnOnce(&Script),
) -> (Lab, Runtime, Id<RunKind>) {
    let mut test = TestDatabase::open(&[mainstay_workflow::MIGRATIONS, MIGRATIONS]).await;
    let script = Script::default();
    script.plan(step, [Plan::Gate(Arc::new(Notify::new()))]);
    let (runtime, engine) = process(&test, saga(&script));
    let lab = Lab { test, script, engine, ctx: Context::background("test.service") };
    let run = lab.start().await;
    lab.logged(&format!("do {step}")).await;
    runtime.shutdown_background();
    let Lab { script, ctx, .. } = lab;
    test = lab.test;
    after(&script);
    test.reopen().await;
    test.manual.advance(Duration::from_secs(6));
    let (runtime, engine) = process(&test, saga(&script));
    (Lab { test, script, engine, ctx }, runtime, run)
}

#[tokio::test]
async fn a_step_that_was_cut_off_is_asked_again_under_its_key() {
    let (lab, runtime, run) = killed_in(definition, "b", |_| {}).await;
    let snapshot = lab.settle(run).await;
    assert_eq!(snapshot.state, RunState::Done);
    assert_eq!(snapshot.data.visited, ["a", "b", "c", "d", "e"]);
    assert_eq!((lab.script.count("do a"), lab.script.count("do b")), (1, 2));
    let keys = lab.script.keys();
    assert_eq!(keys[1], keys[2]);
    runtime.shutdown_background();
}

#[tokio::test]
async fn a_pivot_that_was_cut_off_is_in_doubt() {
    // Four failures that tell that nothing happened would turn back a pivot which nobody had asked before.
    let fail = |script: &Script| script.plan("c", [1, 2, 3, 4].map(|_| Plan::Fail(&codes::OVERLOADED)));
    let (lab, runtime, run) = killed_in(definition, "c", fail).await;
    assert_eq!(lab.settle(run).await.state, RunState::Done);
    assert_eq!(lab.script.count("undo a"), 0);
    runtime.shutdown_background();
}

#[tokio::test]
async fn an_orderly_stop_hands_over_what_does_not_finish() {
    let lab = Lab::open().await;
    let gate = Arc::new(Notify::new());
    lab.script.plan("b", [Plan::Gate(Arc::clone(&gate))]);
    lab.script.plan("c", [Plan::Gate(Arc::new(Notify::new()))]);
    let finishes = lab.start().await;
    lab.logged("do b").await;
    lab.engine.shutdown.request();
    Clock::system().sleep(Duration::from_millis(20)).await;
    gate.notify_one();
    let Lab { test, script, engine, ctx } = lab;
    engine.stop().await;
    assert_eq!(script.count("record b"), 1, "the step in flight was finished");
    assert_eq!(script.count("do c"), 0, "and no further one begun");
    // The next process gets the lease at once, since the last one gave it back.
    let script_again = Script::default();
    let engine = Engine::start(&test, &script_again, Options::default());
    let lab = Lab { test, script: script_again, engine, ctx };
    assert_eq!(lab.still(finishes, RunState::has_ended).await.state, RunState::Done);
    assert_eq!(lab.script.count("do b"), 0);
    lab.engine.stop().await;
}

#[tokio::test]
async fn a_step_that_outlasts_the_drain_is_cut_off() {
    let lab = Lab::open().await;
    lab.script.plan("b", [Plan::Gate(Arc::new(Notify::new()))]);
    let run = lab.start().await;
    lab.logged("do b").await;
    let Lab { test, script, engine, ctx } = lab;
    engine.shutdown.request();
    let stop = engine.stop();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = tokio::task::yield_now() => test.manual.advance(Duration::from_millis(100)),
        }
    }
    let engine = Engine::start(&test, &script, Options::default());
    let lab = Lab { test, script, engine, ctx };
    assert_eq!(lab.settle(run).await.state, RunState::Done);
    assert_eq!(lab.script.count("do b"), 2);
    lab.engine.stop().await;
}

/// A peer that keeps to the rules: an effect once a key, and none after its undo.
#[derive(Default)]
struct Ledger {
    booked: Vec<String>,
    undone: Vec<String>,
}

#[derive(Clone)]
struct Bank {
    ledger: Arc<Mutex<Ledger>>,
    forgets_undos: bool,
}

impl Bank {
    fn new(forgets_undos: bool) -> Self {
        Self { ledger: Arc::default(), forgets_undos }
    }

    fn book(&self, key: String) -> Result<()> {
        let mut ledger = self.ledger.lock();
        if ledger.undone.contains(&key) {
            return Err(codes::PRECONDITION.error("it was undone before it came"));
        }
        if !ledger.booked.contains(&key) {
            ledger.booked.push(key);
        }
        Ok(())
    }

    fn undo(&self, key: String) {
        let mut ledger = self.ledger.lock();
        ledger.booked.retain(|booked| *booked != key);
        if !self.forgets_undos && !ledger.undone.contains(&key) {
            ledger.undone.push(key);
        }
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Booked {
    steps: Vec<String>,
}

struct Book {
    name: &'static str,
    bank: Bank,
    waits: bool,
}

#[async_trait]
impl Step<Booked> for Book {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn run(&self, cx: &StepContext, state: &mut Booked) -> Result<Progress> {
        self.bank.book(cx.key())?;
        if self.waits && cx.signal::<bool>("answer").await? != Some(true) {
            return Ok(Progress::WaitFor { signal: "answer", until: cx.now() + Duration::from_secs(900) });
        }
        state.steps.push(self.name.to_owned());
        Ok(Progress::Done)
    }

    fn record(&self, tx: &Tx<'_>, cx: &StepContext, _state: &mut Booked) -> Result<()> {
        tx.execute("INSERT INTO marks (run, step) VALUES (?1, ?2)", &[(&cx.run()).into(), self.name.into()])?;
        Ok(())
    }

    async fn undo(&self, cx: &StepContext, _state: &mut Booked) -> Result<()> {
        self.bank.undo(cx.key());
        Ok(())
    }

    fn record_undo(&self, tx: &Tx<'_>, cx: &StepContext, _state: &mut Booked) -> Result<()> {
        tx.execute(
            "DELETE FROM marks WHERE run = ?1 AND step = ?2",
            &[(&cx.run()).into(), self.name.into()],
        )?;
        Ok(())
    }
}

fn booking(bank: &Bank) -> Definition<Booked> {
    let step = |name, waits| Book { name, bank: bank.clone(), waits };
    Definition::new("test.booking", 1)
        .step(step("hold", false))
        .step(step("ask", true))
        .step(step("commit", false))
        .step(step("settle", false))
        .pivot("commit")
}

struct Booking(Bank);

#[async_trait]
impl World for Booking {
    type State = Booked;

    fn migrations(&self) -> Vec<MigrationSet> {
        vec![MIGRATIONS]
    }

    fn definition(&self, _db: &Database) -> Definition<Booked> {
        booking(&self.0)
    }

    fn state(&self) -> Booked {
        Booked::default()
    }

    fn signal(&self, name: &str) -> Option<serde_json::Value> {
        (name == "answer").then_some(serde_json::Value::Bool(true))
    }

    async fn check(&self, db: &Database, end: &RunState, state: &Booked) -> Result<(), String> {
        let booked = self.0.ledger.lock().booked.len();
        let marks = db
            .read(&Context::background("check"), |view| {
                view.query_one("SELECT count(*) FROM marks", &[], |row| row.get::<i64>(0))
            })
            .await
            .map_err(|error| error.chain())?;
        let expected = if *end == RunState::Done { (4, Some(4)) } else { (0, Some(0)) };
        if (booked, marks) != expected {
            return Err(format!("{booked} bookings and {marks:?} marks after {end:?}"));
        }
        if *end == RunState::Done && state.steps != ["hold", "ask", "commit", "settle"] {
            return Err(format!("the state tells {:?}", state.steps));
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_saga_whose_peer_keeps_to_the_rules_holds_whatever_happens() {
    let report = Harness::new(|| Booking(Bank::new(false))).run().await;
    assert!(report.scenarios.len() > 50, "{:?}", report.scenarios);
    let lab = Lab::open().await;
    let (tasks, shutdown) = (mainstay_core::Tasks::new(), mainstay_core::Shutdown::new());
    let leadership = mainstay_sql::Leadership::start(&lab.test.db, &lab.test.clock, &tasks, &shutdown);
    let registry = mainstay_telemetry::Registry::new();
    let sagas =
        mainstay_workflow::Sagas::new(&lab.test.db, &leadership, &tasks, &registry, Options::default());
    sagas.register(booking(&Bank::new(false))).unwrap();
    assert_covered(&sagas, std::slice::from_ref(&report));
    let uncovered = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        assert_covered(&lab.engine.sagas, &[report])
    }));
    assert!(uncovered.is_err(), "the lab's own saga did not go through this harness");
    shutdown.request();
    lab.engine.stop().await;
}

#[tokio::test]
#[should_panic(expected = "every request arrives after its undo")]
async fn a_peer_that_forgets_its_undos_is_found() {
    Harness::new(|| Booking(Bank::new(true))).run().await;
}
