//! Sagas of scripted steps that share a write.

use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::Result;
use mainstay_sql::Tx;
use mainstay_workflow::{Definition, Progress, Step, StepContext, StepPolicy};

use crate::lab::{Script, Scripted, Trail, policy};

/// A scripted step that only records.
struct Recorder(Scripted);

#[async_trait]
impl Step<Trail> for Recorder {
    fn name(&self) -> &'static str {
        self.0.name
    }

    fn policy(&self) -> StepPolicy {
        self.0.policy
    }

    fn has_outer_effect(&self) -> bool {
        false
    }

    fn record(&self, tx: &Tx<'_>, cx: &StepContext, state: &mut Trail) -> Result<()> {
        state.visited.push(self.0.name.to_owned());
        self.0.record(tx, cx, state)
    }

    fn record_undo(&self, tx: &Tx<'_>, cx: &StepContext, state: &mut Trail) -> Result<()> {
        self.0.record_undo(tx, cx, state)
    }
}

/// `a > b > c! > d > e`, where b, d and e only record.
pub fn recording(script: &Script) -> Definition<Trail> {
    let step = |name| Scripted { name, script: script.clone(), policy: policy() };
    Definition::new("test.recording", 1)
        .step(step("a"))
        .step(Recorder(step("b")))
        .step(step("c"))
        .pivot("c")
        .step(Recorder(step("d")))
        .step(Recorder(step("e")))
}

/// A scripted step that is written with the next one.
pub struct Light(pub Scripted);

#[async_trait]
impl Step<Trail> for Light {
    fn name(&self) -> &'static str {
        self.0.name
    }

    fn policy(&self) -> StepPolicy {
        self.0.policy
    }

    fn is_written_with_next(&self) -> bool {
        true
    }

    async fn run(&self, cx: &StepContext, state: &mut Trail) -> Result<Progress> {
        self.0.run(cx, state).await
    }

    fn record(&self, tx: &Tx<'_>, cx: &StepContext, state: &mut Trail) -> Result<()> {
        self.0.record(tx, cx, state)
    }

    async fn undo(&self, cx: &StepContext, state: &mut Trail) -> Result<()> {
        self.0.undo(cx, state).await
    }

    fn record_undo(&self, tx: &Tx<'_>, cx: &StepContext, state: &mut Trail) -> Result<()> {
        self.0.record_undo(tx, cx, state)
    }
}

/// `a > b > c! > d`, where a is written with b.
pub fn light(script: &Script) -> Definition<Trail> {
    let step = |name| Scripted { name, script: script.clone(), policy: policy() };
    Definition::new("test.light", 1)
        .step(Light(step("a")))
        .step(step("b"))
        .step(step("c"))
        .pivot("c")
        .step(step("d"))
        .timeout(Duration::from_secs(3_600))
}
