//! A saga's definition: its name and version, its steps in order, and its pivot.

use std::collections::HashSet;
use std::time::Duration;

use mainstay_core::Result;
use mainstay_sql::Tx;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::failure::Failure;
use super::step::Step;
use crate::codes;

/// A saga should fit on a page: one with more steps than this is really several.
const MAX_STEPS: usize = 64;

/// What a saga's state must be: it is stored as JSON after each step that changes it.
pub trait State: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {}
impl<S: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> State for S {}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// Every step was done.
    Done,
    /// It turned back because of this and undid all that it had done.
    Undone(Failure),
}

pub(super) type EndHook<S> = Box<dyn Fn(&Tx<'_>, &RunEnd, &mut S) -> Result<()> + Send + Sync>;

/// The steps of a saga. Runs keep to the name and version that began them, so a change of the steps is a new version,
/// registered beside the old one until that one's last run has ended.
pub struct Definition<S> {
    pub(super) name: &'static str,
    pub(super) version: u32,
    pub(super) steps: Vec<Box<dyn Step<S>>>,
    pub(super) pivot: Option<&'static str>,
    pub(super) timeout: Option<Duration>,
    pub(super) on_end: Option<EndHook<S>>,
}

impl<S: State> Definition<S> {
    /// A saga without steps yet. `name` is `<system>.<saga>`.
    pub fn new(name: &'static str, version: u32) -> Self {
        Self { name, version, steps: Vec::new(), pivot: None, timeout: None, on_end: None }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    pub fn version(&self) -> u32 {
        self.version
    }

    /// The names of the steps, in order.
    pub fn step_names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.steps.iter().map(|step| step.name())
    }

    /// The step after which the run only goes forward, once it is named.
    pub fn pivot_name(&self) -> Option<&'static str> {
        self.pivot
    }

    /// Appends a step.
    #[must_use]
    pub fn step(mut self, step: impl Step<S>) -> Self {
        self.steps.push(Box::new(step));
        self
    }

    /// Names the step after which the run only goes forward. Until it is done the run may go back; a saga that can be
    /// undone whole names its last step.
    #[must_use]
    pub fn pivot(mut self, step: &'static str) -> Self {
        self.pivot = Some(step);
        self
    }

    /// How long after its start a run that has not reached the pivot turns back.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// What else belongs into the transaction that ends the run. An error of it is an error of the last step or undo.
    #[must_use]
    pub fn on_end(
        mut self,
        hook: impl Fn(&Tx<'_>, &RunEnd, &mut S) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.on_end = Some(Box::new(hook));
        self
    }

    /// Replaces each step by what `wrap` makes of it; the way in for test harnesses.
    #[must_use]
    pub fn map_steps(mut self, wrap: impl FnMut(Box<dyn Step<S>>) -> Box<dyn Step<S>>) -> Self {
        self.steps = self.steps.into_iter().map(wrap).collect();
        self
    }

    /// The place of the pivot, once the definition is found to be in order.
    pub(super) fn validated(&self) -> Result<usize> {
        let bad = |what: String| {
            codes::BAD_DEFINITION.error(format!("saga {} v{}: {what}", self.name, self.version))
        };
        if self.steps.is_empty() || self.steps.len() > MAX_STEPS {
            return Err(bad(format!(
                "it has {} steps, from 1 to {MAX_STEPS} are possible",
                self.steps.len()
            )));
        }
        let mut names = HashSet::new();
        for name in self.step_names() {
            if !names.insert(name) {
                return Err(bad(format!("two steps are called {name}")));
            }
        }
        let Some(pivot) = self.pivot else {
            return Err(bad("it names no pivot".into()));
        };
        let pivot = self
            .step_names()
            .position(|name| name == pivot)
            .ok_or_else(|| bad(format!("its pivot {pivot} is no step of it")))?;
        for (place, step) in self.steps.iter().enumerate().filter(|(_, step)| step.is_written_with_next()) {
            let next = self.steps.get(place + 1);
            // What became of the pivot is asked of its own mark, so that is not late.
            if place + 1 >= pivot || next.is_some_and(|next| next.is_written_with_next()) {
                return Err(bad(format!("{} cannot be written with the step after it", step.name())));
            }
        }
        Ok(pivot)
    }

    /// The steps and the pivot in one line. It is stored, so that a change without a new version is noticed.
    pub fn shape(&self) -> String {
        let mut shape = String::new();
        for name in self.step_names() {
            if !shape.is_empty() {
                shape.push_str(" > ");
            }
            shape.push_str(name);
            if self.pivot == Some(name) {
                shape.push('!');
            }
        }
        shape
    }
}
