//! The handle that a service holds.

use std::fmt;
use std::sync::Arc;

use mainstay_core::queries::QueryLedgers;
use mainstay_core::{Clock, Context, Result};
use mainstay_telemetry::{BriefSpan, Role, Text};
use tokio::sync::oneshot;

use crate::codes;
use crate::engine::{Capabilities, Engine, Inline, Options};
use crate::insight::Insight;
use crate::lease::Lease;
use crate::tx::Tx;
use crate::view::View;
use crate::work::{Door, Read, Steps, Write};

/// One service's database. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    engine: Arc<dyn Engine>,
    door: Arc<Door>,
}

impl Database {
    /// For engines: the handle to what they have opened.
    pub fn new(name: impl Into<String>, engine: Arc<dyn Engine>, options: &Options) -> Self {
        let name = name.into();
        let metrics = options.metrics.of(&name);
        let insight = Insight::new(options.slow_after);
        let (clock, ledgers) = (options.clock.clone(), options.watch_repeats.then(QueryLedgers::default));
        Self { engine, door: Arc::new(Door { name: name.into(), clock, insight, metrics, ledgers }) }
    }

    /// Runs `closure` in a transaction and answers when it is durable (`Ok`) or undone (`Err`).
    ///
    /// The closure may run twice, on the same data: what it changes outside the transaction must bear that. Once
    /// queued it runs even if the future is dropped. An error whose [`mainstay_core::Error::outcome_unknown`] is true
    /// is the only one that may have left an effect.
    pub async fn write<T, F>(&self, ctx: &Context, closure: F) -> Result<T>
    where
        F: FnMut(&Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.write_with(ctx, Steps::Bounded, closure).await
    }

    /// [`Database::write`] that does nothing, with `sql.lease_lost`, unless `lease` is still the latest of its name.
    ///
    /// The lease's number is compared in the transaction itself, so a holder that slept through its lease changes
    /// nothing, however late it wakes.
    pub async fn write_as<T, F>(&self, ctx: &Context, lease: &Lease, mut closure: F) -> Result<T>
    where
        F: FnMut(&Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let held = lease.clone();
        self.write(ctx, move |tx| {
            held.check(tx)?;
            closure(tx)
        })
        .await
    }

    /// Runs `closure` on the database as it is at one instant.
    ///
    /// It is tried on the caller's own thread; when that takes too long it is stopped and run again, from its
    /// beginning, on a reader thread.
    pub async fn read<T, F>(&self, ctx: &Context, closure: F) -> Result<T>
    where
        F: FnMut(&View<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let span = BriefSpan::open(ctx);
        let mut read = Read::new(closure, ctx, &self.door);
        let outcome = match self.engine.read_inline(&mut read) {
            Inline::Done => read.into_outcome(),
            Inline::Declined => {
                let (work, answer) = read.boxed();
                self.engine.read(work);
                receive(answer).await
            }
        };
        self.noted(span, ctx, "read", outcome)
    }

    /// The service's name.
    pub fn name(&self) -> &str {
        &self.door.name
    }

    /// The same, as spans want it.
    pub fn label(&self) -> &Text {
        &self.door.name
    }

    pub fn clock(&self) -> &Clock {
        &self.door.clock
    }

    /// Slow and repeated statements since the database was opened.
    pub fn insight(&self) -> &Insight {
        &self.door.insight
    }

    pub fn capabilities(&self) -> Capabilities {
        self.engine.capabilities()
    }

    /// Finishes what is queued, refuses what comes (`sql.closed`), and leaves the files tidy.
    pub async fn close(&self) {
        self.engine.close().await;
    }

    pub(crate) async fn write_with<T, F>(&self, ctx: &Context, steps: Steps, closure: F) -> Result<T>
    where
        F: FnMut(&Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let span = BriefSpan::open(ctx);
        let (work, answer) = Write::new(closure, ctx, &self.door, steps);
        self.engine.write(work);
        self.noted(span, ctx, "write", receive(answer).await)
    }

    // One span a transaction, since that is what crosses to the database; in OpenTelemetry's words for databases.
    fn noted<T>(
        &self,
        span: BriefSpan,
        ctx: &Context,
        operation: &'static str,
        outcome: Result<T>,
    ) -> Result<T> {
        let name = || (operation, self.door.name.clone()).into();
        span.note(ctx, outcome, Role::Client, name, |span| {
            span.set("db.system.name", self.engine.system());
            span.set("db.namespace", self.door.name.clone());
            span.set("db.operation.name", operation);
        })
    }
}

async fn receive<T>(answer: oneshot::Receiver<Result<T>>) -> Result<T> {
    answer.await.unwrap_or_else(|_| Err(codes::CLOSED.error("the database closed before it answered")))
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("name", &self.door.name).finish_non_exhaustive()
    }
}
