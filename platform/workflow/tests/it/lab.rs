//! A saga engine on a throw-away database, and steps that do what a test tells them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::lifecycle::TaskHandle;
use mainstay_core::{Clock, Code, Context, Error, Id, Result, Shutdown, Stopwatch, Tasks, Timestamp};
use mainstay_sql::{CommitHook, Leadership, Migration, MigrationSet, Tx};
use mainstay_telemetry::Registry;
use mainstay_testkit::TestDatabase;
use mainstay_workflow::{
    Definition, JournalEntry, Options, Progress, RunKind, RunState, Saga, Sagas, Snapshot, Step, StepContext,
    StepPolicy,
};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::runs::Count;

/// How long a test waits, by the machine's clock, for something that should happen at once.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A table that steps write to in the transaction of their mark.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "test",
    migrations: &[Migration {
        version: 1,
        name: "marks",
        up: "CREATE TABLE marks (run BLOB NOT NULL, step TEXT NOT NULL, PRIMARY KEY (run, step)) STRICT",
        down: "DROP TABLE marks",
    }],
};

/// The state of the sagas here: where they have been.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    pub visited: Vec<String>,
}

/// What a step does the next time that it is asked; without a plan it succeeds.
pub enum Plan {
    Fail(&'static Code),
    Panic,
    /// Never answers.
    Hang,
    /// Waits until the signal is there or the time has come.
    WaitFor(&'static str, Timestamp),
    /// Asks to wait without looking at anything.
    Insist(&'static str, Timestamp),
    /// The database fails under its record.
    FailWrite(&'static Code),
    UndoFail(&'static Code),
    /// Waits here until the test lets it go.
    Gate(Arc<tokio::sync::Notify>),
}

/// How a step's record ends that does not succeed.
#[derive(Clone, Copy)]
pub enum Refusal {
    Error(&'static Code),
    Panic,
}

/// What steps did and are to do; outlives engines that are killed.
#[derive(Clone, Default)]
pub struct Script(Arc<Mutex<Acts>>);

#[derive(Default)]
struct Acts {
    log: Vec<String>,
    plans: HashMap<String, VecDeque<Plan>>,
    refusals: HashMap<String, Vec<Refusal>>,
    contexts: Vec<Context>,
    keys: Vec<String>,
}

impl Script {
    pub fn plan(&self, step: &str, plans: impl IntoIterator<Item = Plan>) {
        self.0.lock().plans.entry(step.to_owned()).or_default().extend(plans);
    }

    /// Refuses what the step records in its first attempts, one refusal each. All of an attempt is refused: a write runs
    /// again when it shared its transaction, and nobody can tell how often.
    pub fn refuse(&self, step: &str, attempts: impl IntoIterator<Item = Refusal>) {
        self.0.lock().refusals.entry(step.to_owned()).or_default().extend(attempts);
    }

    pub fn log(&self) -> Vec<String> {
        self.0.lock().log.clone()
    }

    pub fn count(&self, line: &str) -> usize {
        self.0.lock().log.iter().filter(|one| *one == line).count()
    }

    pub fn contexts(&self) -> Vec<Context> {
        self.0.lock().contexts.clone()
    }

    pub fn keys(&self) -> Vec<String> {
        self.0.lock().keys.clone()
    }

    fn refusal(&self, cx: &StepContext, step: &str) -> Option<Refusal> {
        self.0.lock().refusals.get(step)?.get(cx.attempt() as usize - 1).copied()
    }

    fn note(&self, line: String) {
        self.0.lock().log.push(line);
    }

    fn next(&self, step: &str, wanted: fn(&Plan) -> bool) -> Option<Plan> {
        let mut acts = self.0.lock();
        let plans = acts.plans.get_mut(step)?;
        if plans.front().is_some_and(wanted) { plans.pop_front() } else { None }
    }
}

/// A step that follows the script and leaves a mark in the database.
pub struct Scripted {
    pub name: &'static str,
    pub script: Script,
    pub policy: StepPolicy,
}

#[async_trait]
impl Step<Trail> for Scripted {
    fn name(&self) -> &'static str {
        self.name
    }

    fn policy(&self) -> StepPolicy {
        self.policy
    }

    async fn run(&self, cx: &StepContext, state: &mut Trail) -> Result<Progress> {
        self.script.note(format!("do {}", self.name));
        {
            let mut acts = self.script.0.lock();
            acts.contexts.push(cx.context().clone());
            acts.keys.push(cx.key());
        }
        state.visited.push(format!("half {}", self.name));
        let plan =
            self.script.next(self.name, |plan| !matches!(plan, Plan::FailWrite(_) | Plan::UndoFail(_)));
        match plan {
            Some(Plan::Fail(code)) => return Err(code.error("as planned")),
            Some(Plan::Panic) => panic!("as planned"),
            Some(Plan::Hang) => std::future::pending().await,
            Some(Plan::WaitFor(signal, until)) => {
                state.visited.pop();
                if cx.signal::<String>(signal).await?.is_none() && !cx.wait_is_over() {
                    state.visited.push(format!("waits at {}", self.name));
                    // The step goes on waiting until told or over: the same plan for the next time.
                    self.script
                        .0
                        .lock()
                        .plans
                        .entry(self.name.to_owned())
                        .or_default()
                        .push_front(Plan::WaitFor(signal, until));
                    return Ok(Progress::WaitFor { signal, until: cx.waiting_until().unwrap_or(until) });
                }
                state.visited.push(String::new());
            }
            Some(Plan::Insist(signal, until)) => {
                state.visited.pop();
                return Ok(Progress::WaitFor { signal, until });
            }
            Some(Plan::Gate(gate)) => gate.notified().await,
            Some(Plan::FailWrite(_) | Plan::UndoFail(_)) | None => {}
        }
        state.visited.pop();
        state.visited.push(self.name.to_owned());
        Ok(Progress::Done)
    }

    fn record(&self, tx: &Tx<'_>, cx: &StepContext, _state: &mut Trail) -> Result<()> {
        self.script.note(format!("record {}", self.name));
        tx.execute("INSERT INTO marks (run, step) VALUES (?1, ?2)", &[(&cx.run()).into(), self.name.into()])?;
        if let Some(Plan::FailWrite(code)) =
            self.script.next(self.name, |plan| matches!(plan, Plan::FailWrite(_)))
        {
            return Err(code.error("as planned"));
        }
        match self.script.refusal(cx, self.name) {
            Some(Refusal::Error(code)) => Err(code.error("as planned")),
            Some(Refusal::Panic) => panic!("as planned"),
            None => Ok(()),
        }
    }

    async fn undo(&self, cx: &StepContext, state: &mut Trail) -> Result<()> {
        self.script.note(format!("undo {}", self.name));
        self.script.0.lock().keys.push(cx.key());
        if let Some(Plan::UndoFail(code)) =
            self.script.next(self.name, |plan| matches!(plan, Plan::UndoFail(_)))
        {
            return Err(code.error("as planned"));
        }
        state.visited.push(format!("not {}", self.name));
        Ok(())
    }

    fn record_undo(&self, tx: &Tx<'_>, cx: &StepContext, _state: &mut Trail) -> Result<()> {
        tx.execute(
            "DELETE FROM marks WHERE run = ?1 AND step = ?2",
            &[(&cx.run()).into(), self.name.into()],
        )?;
        Ok(())
    }
}

/// A step of a policy that is quick to lose patience.
pub fn policy() -> StepPolicy {
    StepPolicy {
        timeout: Duration::from_secs(10),
        attempts: 3,
        attempts_without_return: 5,
        ..StepPolicy::default()
    }
}

/// `a > b > c! > d > e`, following the script.
pub fn definition(script: &Script) -> Definition<Trail> {
    let mut definition = Definition::new("test.trail", 1);
    for name in ["a", "b", "c", "d", "e"] {
        definition = definition.step(Scripted { name, script: script.clone(), policy: policy() });
    }
    definition.pivot("c").timeout(Duration::from_secs(3_600))
}

/// One engine at work, as one process has it.
pub struct Engine {
    pub sagas: Sagas,
    pub saga: Saga<Trail>,
    pub tasks: Tasks,
    pub shutdown: Shutdown,
    leadership_end: Shutdown,
    running: TaskHandle<Result<()>>,
}

impl Engine {
    pub fn start(test: &TestDatabase, script: &Script, options: Options) -> Self {
        Self::start_on(&test.db, &test.clock, definition(script), options)
    }

    pub fn start_on(
        db: &mainstay_sql::Database,
        clock: &Clock,
        definition: Definition<Trail>,
        options: Options,
    ) -> Self {
        let (tasks, shutdown, leadership_end) = (Tasks::new(), Shutdown::new(), Shutdown::new());
        let leadership = Leadership::start(db, clock, &tasks, &leadership_end);
        let sagas = Sagas::new(db, &leadership, &tasks, &Registry::new(), options);
        let saga = sagas.register(definition).unwrap();
        let running = tasks.spawn("sagas", sagas.clone().run(shutdown.clone()));
        Self { sagas, saga, tasks, shutdown, leadership_end, running }
    }

    /// Ends as a process ends that was asked to.
    pub async fn stop(self) {
        self.shutdown.request();
        self.running.join().await.unwrap().unwrap();
        self.leadership_end.request();
        assert!(self.tasks.drain(&Clock::system(), PATIENCE).await.is_empty());
    }
}

/// A database with an engine on it.
pub struct Lab {
    pub test: TestDatabase,
    pub script: Script,
    pub engine: Engine,
    pub ctx: Context,
}

impl Lab {
    pub async fn open() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        let test = TestDatabase::open(&[mainstay_workflow::MIGRATIONS, MIGRATIONS]).await;
        Self::on(test, options)
    }

    pub async fn hooked(hook: Arc<dyn CommitHook>) -> Self {
        let test = TestDatabase::hooked(&[mainstay_workflow::MIGRATIONS, MIGRATIONS], hook).await;
        Self::on(test, Options::default())
    }

    /// With another saga than [`definition`].
    pub async fn defined(saga: fn(&Script) -> Definition<Trail>) -> Self {
        Self::defined_on(TestDatabase::open(&[mainstay_workflow::MIGRATIONS, MIGRATIONS]).await, saga)
    }

    fn defined_on(test: TestDatabase, saga: fn(&Script) -> Definition<Trail>) -> Self {
        let script = Script::default();
        let engine = Engine::start_on(&test.db, &test.clock, saga(&script), Options::default());
        Self { test, script, engine, ctx: Context::background("test.service") }
    }

    /// With another saga, and a run of it that nobody can have begun before: with what it came to, and its commits.
    pub async fn counted(
        saga: fn(&Script) -> Definition<Trail>,
    ) -> (Self, Id<RunKind>, Snapshot<Trail>, u64) {
        let count = Arc::new(Count(AtomicU64::new(0)));
        let test = TestDatabase::hooked(&[mainstay_workflow::MIGRATIONS, MIGRATIONS], count.clone()).await;
        let lab = Self::defined_on(test, saga);
        let first = lab.start().await;
        lab.still(first, RunState::has_ended).await;
        let before = count.0.load(Ordering::Relaxed);
        let run = lab.start().await;
        let snapshot = lab.still(run, RunState::has_ended).await;
        (lab, run, snapshot, count.0.load(Ordering::Relaxed) - before)
    }

    fn on(test: TestDatabase, options: Options) -> Self {
        let script = Script::default();
        let engine = Engine::start(&test, &script, options);
        Self { test, script, engine, ctx: Context::background("test.service") }
    }

    pub fn new_run(&self) -> Id<RunKind> {
        Id::generate(&Clock::system())
    }

    pub async fn start(&self) -> Id<RunKind> {
        let run = self.new_run();
        self.start_as(run).await.unwrap();
        run
    }

    pub async fn start_as(&self, run: Id<RunKind>) -> Result<()> {
        let (saga, ctx) = (self.engine.saga.clone(), self.ctx.clone());
        self.test.db.write(&self.ctx, move |tx| saga.start(tx, &ctx, run, &Trail::default())).await
    }

    pub async fn signal(&self, run: Id<RunKind>, name: &'static str) -> mainstay_workflow::Delivery {
        let sagas = self.engine.sagas.clone();
        self.test.db.write(&self.ctx, move |tx| sagas.signal(tx, run, name, &"payload")).await.unwrap()
    }

    pub async fn resume(&self, run: Id<RunKind>) -> Result<()> {
        let sagas = self.engine.sagas.clone();
        self.test.db.write(&self.ctx, move |tx| sagas.resume(tx, run)).await
    }

    pub async fn look(&self, run: Id<RunKind>) -> Snapshot<Trail> {
        self.engine.saga.look(&self.ctx, run).await.unwrap().unwrap()
    }

    /// Waits until the run has ended or is parked, moving time on so that pauses pass.
    pub async fn settle(&self, run: Id<RunKind>) -> Snapshot<Trail> {
        self.moving(run, |state| state.has_ended() || matches!(state, RunState::Parked { .. })).await
    }

    /// Waits until `arrived`, moving time on so that pauses pass.
    pub async fn moving(&self, run: Id<RunKind>, arrived: impl Fn(&RunState) -> bool) -> Snapshot<Trail> {
        let watch = Stopwatch::start();
        loop {
            let snapshot = self.look(run).await;
            if arrived(&snapshot.state) {
                return snapshot;
            }
            assert!(
                watch.elapsed() < PATIENCE,
                "the run stays {:?}; {:?}",
                snapshot.state,
                self.script.log()
            );
            self.pass(1).await;
        }
    }

    /// Lets a few seconds pass, one by one, so that whatever is due happens.
    pub async fn pass(&self, seconds: u32) {
        for _ in 0..seconds {
            self.test.manual.advance(Duration::from_secs(1));
            // Whoever leads renews his lease now. Time must not run away from him, or he loses it.
            for _ in 0..100 {
                Clock::system().sleep(Duration::from_millis(2)).await;
                if self.is_renewed().await {
                    break;
                }
            }
        }
    }

    async fn is_renewed(&self) -> bool {
        let expected = self.test.clock.now() + Duration::from_secs(4);
        let expires_at = self.test.db.read(&self.ctx, |view| {
            view.query_one("SELECT expires_at FROM mainstay_leases", &[], |row| row.get::<Timestamp>(0))
        });
        expires_at.await.unwrap().is_some_and(|at| at > expected)
    }

    /// Waits until `arrived` while time stands still. After a leap of time nothing comes of it: the lease is lost then,
    /// as it is to a process that was suspended, and got again within seconds that have to pass.
    pub async fn still(&self, run: Id<RunKind>, arrived: impl Fn(&RunState) -> bool) -> Snapshot<Trail> {
        let watch = Stopwatch::start();
        loop {
            let snapshot = self.look(run).await;
            if arrived(&snapshot.state) {
                return snapshot;
            }
            assert!(
                watch.elapsed() < PATIENCE,
                "the run stays {:?}; {:?}",
                snapshot.state,
                self.script.log()
            );
            Clock::system().sleep(Duration::from_millis(2)).await;
        }
    }

    pub async fn logged(&self, line: &str) {
        self.asked(line, 1).await;
    }

    /// Waits until a line was logged so often.
    pub async fn asked(&self, line: &str, times: usize) {
        let watch = Stopwatch::start();
        while self.script.count(line) < times {
            assert!(watch.elapsed() < PATIENCE, "no '{line}' in {:?}", self.script.log());
            Clock::system().sleep(Duration::from_millis(2)).await;
        }
    }

    pub async fn marks(&self, run: Id<RunKind>) -> Vec<String> {
        self.test
            .db
            .read(&self.ctx, move |view| {
                view.query("SELECT step FROM marks WHERE run = ?1 ORDER BY step", &[(&run).into()], |row| {
                    row.get(0)
                })
            })
            .await
            .unwrap()
    }

    pub async fn journal(&self, run: Id<RunKind>) -> Vec<JournalEntry> {
        let sagas = self.engine.sagas.clone();
        self.test.db.read(&self.ctx, move |view| sagas.journal(view, run)).await.unwrap()
    }
}

/// The journal in short, such as `done a`.
pub fn short(journal: &[JournalEntry]) -> Vec<String> {
    journal.iter().map(|entry| format!("{} {}", entry.kind.name(), entry.step).trim().to_owned()).collect()
}

/// The code of an outcome that is an error.
pub fn code<T>(outcome: Result<T>) -> String {
    outcome.err().map(|error: Error| error.code().to_owned()).unwrap_or_default()
}
