//! What a step knows about the run that it belongs to.

use mainstay_core::{Clock, Context, Id, IdKind, Result, Timestamp};
use mainstay_sql::Database;
use serde::de::DeserializeOwned;

use super::signals::{self, Signal};
use super::status::RunKind;

/// One attempt of one step of one run.
#[derive(Clone, Debug)]
pub struct StepContext {
    pub(super) run: Id<RunKind>,
    pub(super) number: i64,
    pub(super) step: &'static str,
    pub(super) attempt: u32,
    pub(super) started_at: Timestamp,
    pub(super) waiting_until: Option<Timestamp>,
    pub(super) context: Context,
    pub(super) db: Database,
}

impl StepContext {
    pub fn run(&self) -> Id<RunKind> {
        self.run
    }

    /// The idempotency key of the step: the same for each attempt and for its undo, and of no other step or run.
    pub fn key(&self) -> String {
        format!("{}/{}", self.run, self.step)
    }

    /// The same as an id, where the receiver keys by ids.
    pub fn id<K: IdKind>(&self) -> Id<K> {
        self.run.derive(self.step)
    }

    /// 1 on the first attempt of this step.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Tenant, principal and trace of who started the run, with the deadline of this attempt. Calls to peers take it.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The same attempt without its deadline: for harnesses that let its request arrive late.
    #[must_use]
    pub fn without_deadline(&self) -> Self {
        let context =
            Context::new(self.context.tenant(), self.context.principal().clone(), self.context.trace())
                .with_on_behalf_of(self.context.on_behalf_of().cloned())
                .with_attempt(self.context.attempt());
        Self { context, ..self.clone() }
    }

    pub fn clock(&self) -> &Clock {
        self.db.clock()
    }

    pub fn now(&self) -> Timestamp {
        self.db.clock().now()
    }

    /// When the run was started.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// Until when this step waits, when it has asked to wait before. A step that is woken by a signal which is not yet
    /// the one it needs waits on until the same time.
    pub fn waiting_until(&self) -> Option<Timestamp> {
        self.waiting_until
    }

    /// Whether this step has waited and its time has come.
    pub fn wait_is_over(&self) -> bool {
        self.waiting_until.is_some_and(|until| self.now() >= until)
    }

    /// Every signal that the run was sent, oldest first.
    pub async fn signals(&self) -> Result<Vec<Signal>> {
        let number = self.number;
        self.db.read(&self.context, move |view| signals::of_run(view, number)).await
    }

    /// The payload of the latest signal of that name.
    pub async fn signal<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let signals = self.signals().await?;
        signals.iter().rev().find(|signal| signal.name == name).map(Signal::payload).transpose()
    }
}
