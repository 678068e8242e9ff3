//! Steps that do what a case tells them, and tell what they did.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Result, Stopwatch, Timestamp, codes};
use mainstay_sql::Tx;
use mainstay_workflow::{Progress, Step, StepContext};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::place::PATIENCE;
use crate::case::{Outcome, ensure};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Trail {
    pub(super) steps: Vec<String>,
}

/// What steps are to do and did; shared by every engine of a case.
#[derive(Clone, Default)]
pub(super) struct Script(Arc<Mutex<Acts>>);

#[derive(Default)]
struct Acts {
    log: Vec<String>,
    keys: Vec<String>,
    contexts: Vec<Context>,
    refusals: HashMap<&'static str, u32>,
    waits: HashMap<&'static str, Timestamp>,
    holds: HashMap<&'static str, Arc<Semaphore>>,
}

impl Script {
    /// The next attempt of the step is refused.
    pub(super) fn refuse(&self, step: &'static str) {
        self.0.lock().refusals.insert(step, 1);
    }

    /// The step waits for the signal `go`.
    pub(super) fn wait(&self, step: &'static str, until: Timestamp) {
        self.0.lock().waits.insert(step, until);
    }

    /// The next attempt of the step goes on when a permit is added.
    pub(super) fn hold(&self, step: &'static str) -> Arc<Semaphore> {
        let hold = Arc::new(Semaphore::new(0));
        self.0.lock().holds.insert(step, Arc::clone(&hold));
        hold
    }

    pub(super) fn clear(&self) {
        *self.0.lock() = Acts::default();
    }

    pub(super) fn log(&self) -> Vec<String> {
        self.0.lock().log.clone()
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.0.lock().keys.clone()
    }

    pub(super) fn contexts(&self) -> Vec<Context> {
        self.0.lock().contexts.clone()
    }

    /// Waits until the step was asked.
    pub(super) async fn until(&self, step: &str) -> Outcome {
        self.until_times(step, 1).await
    }

    pub(super) async fn until_times(&self, step: &str, times: usize) -> Outcome {
        let (watch, clock) = (Stopwatch::start(), Clock::system());
        while self.log().iter().filter(|line| *line == step).count() < times {
            ensure(watch.elapsed() < PATIENCE, format!("{step} is asked {times} times"))?;
            clock.sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }
}

/// A step of that name.
pub(super) struct Scripted(pub(super) &'static str, pub(super) Script);

#[async_trait]
impl Step<Trail> for Scripted {
    fn name(&self) -> &'static str {
        self.0
    }

    async fn run(&self, cx: &StepContext, state: &mut Trail) -> Result<Progress> {
        let (refused, wait, hold) = {
            let mut acts = self.1.0.lock();
            acts.log.push(self.0.to_owned());
            acts.keys.push(cx.key());
            acts.contexts.push(cx.context().clone());
            (acts.refusals.remove(self.0), acts.waits.get(self.0).copied(), acts.holds.remove(self.0))
        };
        if let Some(hold) = hold {
            // Never closed.
            let _permit = hold.acquire().await;
        }
        if refused.is_some() {
            return Err(codes::PRECONDITION.error("refused on purpose"));
        }
        if let Some(until) = wait
            && cx.signal::<u32>("go").await?.is_none()
        {
            return Ok(Progress::WaitFor { signal: "go", until });
        }
        state.steps.push(self.0.to_owned());
        Ok(Progress::Done)
    }

    fn record(&self, tx: &Tx<'_>, cx: &StepContext, _state: &mut Trail) -> Result<()> {
        tx.execute("INSERT INTO marks (run, step) VALUES (?1, ?2)", &[(&cx.run()).into(), self.0.into()])?;
        Ok(())
    }

    async fn undo(&self, _cx: &StepContext, _state: &mut Trail) -> Result<()> {
        self.1.0.lock().log.push(format!("undo {}", self.0));
        Ok(())
    }

    fn record_undo(&self, tx: &Tx<'_>, cx: &StepContext, _state: &mut Trail) -> Result<()> {
        tx.execute("DELETE FROM marks WHERE run = ?1 AND step = ?2", &[(&cx.run()).into(), self.0.into()])?;
        Ok(())
    }
}
