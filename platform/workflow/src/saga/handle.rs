//! What a service holds of one saga: starts runs and waits for them.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Context, Id, Result};
use mainstay_sql::Tx;

use super::definition::State;
use super::executor::Executor;
use super::load;
use super::runs::{self, NewRun};
use super::status::{RunKind, Snapshot};
use super::watch::Watch;

/// A registered saga with the state `S`. Cheap to clone.
pub struct Saga<S: State>(Arc<Executor<S>>);

impl<S: State> Clone for Saga<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: State> Saga<S> {
    pub(super) fn new(executor: Arc<Executor<S>>) -> Self {
        Self(executor)
    }

    /// Starts a run in the caller's transaction; it is executed once that is durable. `workflow.run_exists` when a run
    /// of that id was started before, and the transaction is still good then.
    ///
    /// The context's tenant, principal and trace go with the run; its deadline does not, since the caller's patience is
    /// not the run's.
    pub fn start(&self, tx: &Tx<'_>, ctx: &Context, run: Id<RunKind>, state: &S) -> Result<()> {
        let definition = &self.0.definition;
        runs::insert(
            tx,
            ctx,
            &NewRun {
                run,
                name: definition.name,
                version: definition.version,
                deadline: definition.timeout.map(|timeout| tx.now() + timeout),
                state: &load::print(state)?,
            },
        )?;
        tx.after_commit(&self.0.core.started);
        Ok(())
    }

    /// Watches a run that is about to be started, until `arrived` holds of it, which is asked whenever the run has come
    /// a step further and should take no time. Made before the start it misses nothing and costs no query.
    pub fn watch(
        &self,
        run: Id<RunKind>,
        arrived: impl Fn(&Snapshot<S>) -> bool + Send + Sync + 'static,
    ) -> Watch<S> {
        Watch::new(run, Arc::clone(&self.0), arrived)
    }

    /// The run as it is now; `None` when there is none of that id.
    pub async fn look(&self, ctx: &Context, run: Id<RunKind>) -> Result<Option<Snapshot<S>>> {
        self.0.look(ctx, run).await
    }

    /// Waits until `arrived` holds of a run that was started before, at most for `limit` and within the context's
    /// deadline; then `core.deadline`.
    pub async fn wait(
        &self,
        ctx: &Context,
        run: Id<RunKind>,
        limit: Duration,
        arrived: impl Fn(&Snapshot<S>) -> bool + Send + Sync + 'static,
    ) -> Result<Arc<Snapshot<S>>> {
        // Watched before the look, so that nothing falls between.
        let watch = self.watch(run, arrived);
        match self.look(ctx, run).await? {
            Some(snapshot) if watch.has_arrived(&snapshot) => Ok(Arc::new(snapshot)),
            Some(_) | None => watch.until(ctx, limit).await,
        }
    }
}
