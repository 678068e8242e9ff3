//! Plays a scenario to its end: kills and starts processes, answers signals, resumes, and moves time where nothing
//! else goes on.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Clock, Context, Id, Stopwatch};
use mainstay_workflow::{Progress, RunKind, RunState, Snapshot};

use super::fault::Trap;
use super::process::Process;
use super::scenario::{Expect, Scenario, migrations};
use super::world::World;
use crate::TestDatabase;
use crate::database::must;

/// How long a scenario may take by the machine's clock.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at the run, by the machine's clock.
const LOOK: Duration = Duration::from_millis(1);

/// Looks without any change after which time is moved.
const QUIET_LOOKS: u32 = 3;

/// How far time moves when a run pauses in its task.
const NUDGE: Duration = Duration::from_millis(250);

/// Longer than a lease that nobody renews.
const LEASE: Duration = Duration::from_secs(6);

struct Play<W: World> {
    world: W,
    test: TestDatabase,
    trap: Arc<Trap<W::State>>,
    process: Option<Process<W>>,
    ctx: Context,
    run: Id<RunKind>,
}

/// Plays a scenario in a fresh world.
pub(super) async fn play<W: World>(world: W, scenario: &Scenario) -> Result<(), String> {
    let test = TestDatabase::open(&migrations(&world)).await;
    world.prepare(&test.db).await;
    let trap = Arc::new(Trap::new(scenario.hits.clone()));
    let process = Process::start(&world, &test.db, &test.clock, &trap);
    let ctx = world.context();
    let run = Id::generate(&test.clock);
    let mut play = Play { world, test, trap, process: Some(process), ctx, run };
    play.start().await;
    let outcome = play.conclude(scenario).await;
    if let Some(process) = play.process.take() {
        process.kill();
    }
    play.test.db.close().await;
    outcome
}

impl<W: World> Play<W> {
    fn process(&self) -> &Process<W> {
        self.process.as_ref().unwrap_or_else(|| panic!("there is no process"))
    }

    async fn start(&self) {
        let (saga, ctx, run, state) =
            (self.process().saga.clone(), self.ctx.clone(), self.run, self.world.state());
        let started = self.test.db.write(&self.ctx, move |tx| saga.start(tx, &ctx, run, &state)).await;
        must("start the run", started);
    }

    async fn conclude(&mut self, scenario: &Scenario) -> Result<(), String> {
        let mut end = self.drive(scenario.dies_asleep).await?;
        if matches!(scenario.expect, Expect::DoneByHand | Expect::UndoneByHand) {
            if !matches!(end.state, RunState::Parked { .. }) {
                return Err(format!("it is {:?} and should be parked", end.state));
            }
            let (sagas, run) = (self.process().sagas.clone(), self.run);
            must("resume the run", self.test.db.write(&self.ctx, move |tx| sagas.resume(tx, run)).await);
            end = self.drive(false).await?;
        }
        let is_right = match scenario.expect {
            Expect::Done | Expect::DoneByHand => end.state == RunState::Done,
            Expect::Undone | Expect::UndoneByHand => matches!(end.state, RunState::Undone(_)),
        };
        if !is_right {
            return Err(format!("it ended {:?}", end.state));
        }
        let left = self.trap.left();
        if !left.is_empty() {
            return Err(format!("the run never came to {left:?}"));
        }
        self.world.check(&self.test.db, &end.state, &end.data).await?;
        if scenario.late {
            self.arrive_late().await;
            self.world
                .check(&self.test.db, &end.state, &end.data)
                .await
                .map_err(|what| format!("late: {what}"))?;
        }
        Ok(())
    }

    /// Every request once more, now that the run has ended. Whether it is refused or finds that it was done before is
    /// the receiver's business; what holds must go on to hold.
    async fn arrive_late(&self) {
        for mut seen in self.trap.take_seen() {
            match seen.inner.run(&seen.cx.without_deadline(), &mut seen.state).await {
                Ok(Progress::Done | Progress::WaitFor { .. }) | Err(_) => {}
            }
        }
    }

    /// Goes on until the run has ended or is parked.
    async fn drive(&mut self, mut dies_asleep: bool) -> Result<Snapshot<W::State>, String> {
        let (patience, real_time) = (Stopwatch::start(), Clock::system());
        let mut quiet = 0;
        loop {
            let trap = Arc::clone(&self.trap);
            tokio::select! {
                biased;
                () = trap.died.notified() => {
                    self.replace_process().await;
                    quiet = 0;
                    continue;
                }
                () = real_time.sleep(LOOK) => {}
            }
            let snapshot = must("look at the run", self.process().saga.look(&self.ctx, self.run).await);
            let Some(snapshot) = snapshot else { return Err("the run is gone".into()) };
            if snapshot.has_ended() || matches!(snapshot.state, RunState::Parked { .. }) {
                return Ok(snapshot);
            }
            if patience.elapsed() > PATIENCE {
                return Err(format!("it does not end; it is {:?}", snapshot.state));
            }
            if dies_asleep && matches!(snapshot.state, RunState::Waiting { .. }) {
                dies_asleep = false;
                self.replace_process().await;
            }
            quiet = if self.trap.is_busy() { 0 } else { quiet + 1 };
            if quiet >= QUIET_LOOKS {
                quiet = 0;
                self.move_on(&snapshot.state).await;
            }
        }
    }

    async fn move_on(&self, state: &RunState) {
        let now = self.test.clock.now();
        match state {
            RunState::Waiting { signal, until } => match self.world.signal(signal) {
                Some(payload) => {
                    let (sagas, run, signal) = (self.process().sagas.clone(), self.run, signal.clone());
                    let sent = self
                        .test
                        .db
                        .write(&self.ctx, move |tx| sagas.signal(tx, run, &signal, &payload))
                        .await;
                    must("send a signal", sent);
                }
                None => self.test.manual.advance(until.since(now).max(NUDGE)),
            },
            RunState::Retrying { at } => self.test.manual.advance(at.since(now).max(NUDGE)),
            RunState::Running | RunState::Undoing(_) => self.test.manual.advance(NUDGE),
            RunState::Done | RunState::Undone(_) | RunState::Parked { .. } => {}
        }
    }

    async fn replace_process(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
        self.trap.forget_busy();
        self.test.reopen().await;
        self.test.manual.advance(LEASE);
        self.process = Some(Process::start(&self.world, &self.test.db, &self.test.clock, &self.trap));
    }
}
