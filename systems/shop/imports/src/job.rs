//! The durable job that carries an import out: looks its names up, applies it batch by batch, clears up.
//!
//! How far it is stands in the import's row, written under the service's lease after each batch; each batch may be applied
//! again without harm. So a process that dies goes on where it was, and one that was paused changes nothing when it wakes.

use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Context, Result, codes};
use mainstay_jobs::{Job, JobContext, Policy};
use mainstay_sql::{Database, Tx, View};
use serde::{Deserialize, Serialize};

use crate::apply::{Peers, apply, check};
use crate::model::{BATCH, Content, Fault, Import, ImportId, OnError, State};
use crate::store;

/// Staged lines deleted at a time, so that nobody waits for long behind it.
const SWEEP: u32 = 5_000;

/// An hour is tens of millions of lines; an attempt that is cut off there goes on in the next.
const TIME_MAX: Duration = Duration::from_secs(3_600);

/// Names the import.
#[derive(Serialize, Deserialize)]
pub struct Payload {
    pub import: ImportId,
}

/// Carries an import out.
pub struct Carry {
    pub db: Database,
    pub peers: Peers,
}

#[async_trait]
impl Job for Carry {
    const KIND: &'static str = "shop.imports.carry";
    type Payload = Payload;

    fn policy(&self) -> Policy {
        // One at a time: two files that name the same goods must not take turns with them.
        Policy { max_attempts: 100, timeout: TIME_MAX, concurrency: 1, ..Policy::default() }
    }

    async fn run(&self, cx: &JobContext, payload: Payload) -> Result<()> {
        let id = payload.import;
        loop {
            let (import, lines) = self.next(cx.ctx(), id).await?;
            match import.state {
                State::Staging => {
                    return Err(codes::INTERNAL.error("an import is carried out before its end"));
                }
                State::Checking => {
                    let faults = check(&self.peers, cx.ctx(), &lines).await?;
                    self.checked(cx, id, last_of(&lines), faults).await?;
                }
                State::Applying => {
                    let faults = apply(&self.peers, cx.ctx(), id, &lines).await?;
                    self.applied(cx, id, last_of(&lines), lines.len() as u64, faults).await?;
                }
                State::Done | State::Stopped => {
                    if self.sweep(cx, id).await? == 0 {
                        return Ok(());
                    }
                }
            }
        }
    }
}

fn last_of(lines: &[(u64, Content)]) -> Option<u64> {
    lines.last().map(|(line, _)| *line)
}

impl Carry {
    /// How far it is, and the next lines to work on.
    async fn next(&self, ctx: &Context, id: ImportId) -> Result<(Import, Vec<(u64, Content)>)> {
        let read = move |view: &View<'_>| {
            let import = known(view, id)?;
            let after = match import.state {
                State::Checking => import.checked_through,
                State::Applying => import.applied_through,
                State::Staging | State::Done | State::Stopped => return Ok((import, Vec::new())),
            };
            let lines = store::batch(view, id, after, BATCH)?;
            Ok((import, lines))
        };
        self.db.read(ctx, read).await
    }

    /// Takes lines out that cannot be used. At the end it is decided: applied, or stopped.
    async fn checked(
        &self,
        cx: &JobContext,
        id: ImportId,
        last: Option<u64>,
        faults: Vec<Fault>,
    ) -> Result<()> {
        let write = move |tx: &Tx<'_>| {
            let mut import = known(tx, id)?;
            for fault in &faults {
                store::drop_line(tx, id, fault.line)?;
                store::add_fault(tx, id, fault)?;
            }
            import.staged -= faults.len() as u64;
            import.faults += faults.len() as u64;
            match last {
                Some(last) => import.checked_through = last,
                None if import.on_error == OnError::Stop && import.faults > 0 => {
                    import.state = State::Stopped
                }
                None => import.state = State::Applying,
            }
            store::save(tx, &import)
        };
        self.db.write_as(cx.ctx(), cx.lease(), write).await
    }

    async fn applied(
        &self,
        cx: &JobContext,
        id: ImportId,
        last: Option<u64>,
        count: u64,
        faults: Vec<Fault>,
    ) -> Result<()> {
        let write = move |tx: &Tx<'_>| {
            let mut import = known(tx, id)?;
            for fault in &faults {
                store::add_fault(tx, id, fault)?;
            }
            import.faults += faults.len() as u64;
            import.applied += count - faults.len() as u64;
            match last {
                Some(last) => import.applied_through = last,
                None => import.state = State::Done,
            }
            store::save(tx, &import)
        };
        self.db.write_as(cx.ctx(), cx.lease(), write).await
    }

    async fn sweep(&self, cx: &JobContext, id: ImportId) -> Result<u64> {
        self.db.write_as(cx.ctx(), cx.lease(), move |tx| store::forget_lines(tx, id, SWEEP)).await
    }
}

fn known(view: &View<'_>, id: ImportId) -> Result<Import> {
    store::import(view, id)?.ok_or_else(|| codes::DATA_LOSS.error("an import under way is gone"))
}
