//! Who leads the background work of a service: at most one process at a time, for its sagas, consumers, jobs and
//! schedules together.
//!
//! A reconciler: each period it renews the lease it has, or tries to get one. It may believe for a moment that it
//! leads when it does not; its writes know better.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Clock, Context, Monotonic, Shutdown, Tasks};
use tokio::sync::watch;

use crate::database::Database;
use crate::holder::Holder;
use crate::lease::{self, Lease};

/// The name of the one lease that covers a service's background work.
pub const BACKGROUND: &str = "background";

/// A holder that has vanished with its machine is replaced after this long. Long enough for five renewals to fail.
pub const TTL: Duration = Duration::from_secs(5);

/// Between two renewals, and between two tries to get the lease.
pub const RENEWAL: Duration = Duration::from_secs(1);

/// What a service's background parts ask before they work.
#[derive(Debug)]
pub struct Leadership(watch::Sender<Option<Lease>>);

impl Leadership {
    /// Begins to try for the lease, and goes on until `shutdown`, when it is released so that another process can go
    /// on at once. Those who work under it should have stopped by then: give it a shutdown that comes after theirs.
    pub fn start(db: &Database, clock: &Clock, tasks: &Tasks, shutdown: &Shutdown) -> Arc<Self> {
        Self::start_named(BACKGROUND, db, clock, tasks, shutdown)
    }

    /// The same for a lease of another name.
    pub fn start_named(
        name: &'static str,
        db: &Database,
        clock: &Clock,
        tasks: &Tasks,
        shutdown: &Shutdown,
    ) -> Arc<Self> {
        let leadership = Self::idle();
        leadership.begin(name, db, clock, tasks, shutdown);
        leadership
    }

    /// A leadership that nobody tries for until [`Leadership::begin`]: for handing out before the database has its
    /// tables, and for looking at a service without taking its work over.
    pub fn idle() -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(None)))
    }

    /// Begins to try for the lease `name`, as [`Leadership::start`] does. Once for each leadership.
    pub fn begin(
        self: &Arc<Self>,
        name: &'static str,
        db: &Database,
        clock: &Clock,
        tasks: &Tasks,
        shutdown: &Shutdown,
    ) {
        let candidate = Candidate {
            name,
            holder: Holder::new(),
            db: db.clone(),
            clock: clock.clone(),
            context: Context::background(db.name().to_owned()),
            leadership: Arc::clone(self),
        };
        tasks.spawn("sql.leadership", candidate.run(shutdown.clone()));
    }

    /// The lease, when this process leads as far as it knows.
    pub fn lease(&self) -> Option<Lease> {
        self.0.borrow().as_ref().filter(|lease| !lease.is_lost()).cloned()
    }

    /// Waits until this process leads.
    pub async fn wait(&self) -> Lease {
        let mut current = self.0.subscribe();
        loop {
            let lease = current.borrow_and_update().clone().filter(|lease| !lease.is_lost());
            if let Some(lease) = lease {
                return lease;
            }
            // The sender lives in the leadership that is borrowed here.
            let _ = current.changed().await;
        }
    }
}

struct Candidate {
    name: &'static str,
    holder: Holder,
    db: Database,
    clock: Clock,
    context: Context,
    leadership: Arc<Leadership>,
}

impl Candidate {
    async fn run(self, shutdown: Shutdown) {
        while !shutdown.is_requested() {
            if let Some((lease, since)) = self.acquire().await {
                tracing::info!(database = self.db.name(), lease = self.name, fence = lease.fence(), "leads");
                self.leadership.0.send_replace(Some(lease.clone()));
                self.hold(&lease, since, &shutdown).await;
                lease.mark_lost();
                self.leadership.0.send_replace(None);
                tracing::info!(
                    database = self.db.name(),
                    lease = self.name,
                    fence = lease.fence(),
                    "leads no more"
                );
            }
            tokio::select! {
                () = shutdown.requested() => {}
                () = self.clock.sleep(RENEWAL) => {}
            }
        }
    }

    async fn acquire(&self) -> Option<(Lease, Monotonic)> {
        let asked = self.clock.monotonic();
        let (name, holder) = (self.name, self.holder.clone());
        let fence = self.db.write(&self.context, move |tx| lease::acquire(tx, name, &holder, TTL)).await;
        match fence {
            Ok(fence) => fence.map(|fence| (Lease::new(self.name, fence), asked)),
            Err(error) => {
                tracing::warn!(
                    database = self.db.name(),
                    error = error.chain(),
                    "could not try for the lease"
                );
                None
            }
        }
    }

    /// Returns when the lease is lost or released.
    async fn hold(&self, lease: &Lease, since: Monotonic, shutdown: &Shutdown) {
        // Counted from before the write that renewed it, so that it is given up here before others may take it.
        let mut valid_until = since + TTL;
        loop {
            tokio::select! {
                () = shutdown.requested() => return self.release(lease).await,
                () = lease.lost() => return,
                () = self.clock.sleep(RENEWAL) => {}
            }
            let asked = self.clock.monotonic();
            let held = lease.clone();
            let left = valid_until.since(asked);
            let renewal = self.db.write(&self.context, move |tx| lease::renew(tx, &held, TTL));
            match self.clock.timeout(left, renewal).await {
                Ok(Ok(true)) => valid_until = asked + TTL,
                Ok(Ok(false)) => return,
                Ok(Err(error)) | Err(error) => {
                    tracing::warn!(
                        database = self.db.name(),
                        error = error.chain(),
                        "could not renew the lease"
                    );
                    if self.clock.monotonic() >= valid_until {
                        return;
                    }
                }
            }
        }
    }

    async fn release(&self, lease: &Lease) {
        // First here, then for everybody: nothing is begun under it any more.
        lease.mark_lost();
        let held = lease.clone();
        if let Err(error) = self.db.write(&self.context, move |tx| lease::release(tx, &held)).await {
            tracing::warn!(database = self.db.name(), error = error.chain(), "could not release the lease");
        }
    }
}
