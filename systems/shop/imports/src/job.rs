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

use crate::apply::{Peers, Shelved, apply_goods, check};
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
            let import = self.known(cx.ctx(), id).await?;
            match import.state {
                State::Staging => {
                    return Err(codes::INTERNAL.error("an import is carried out before its end"));
                }
                State::Checking => {
                    let lines = self.lines(cx.ctx(), id, import.checked_through).await?;
                    let faults = check(&self.peers, cx.ctx(), &lines).await?;
                    self.checked(cx, id, lines.last().map(|(line, _)| *line), faults).await?;
                }
                State::Applying => self.apply(cx, id, import.applied_through).await?,
                State::Done | State::Stopped => {
                    if self.sweep(cx, id).await? == 0 {
                        return Ok(());
                    }
                }
            }
        }
    }
}

impl Carry {
    async fn known(&self, ctx: &Context, id: ImportId) -> Result<Import> {
        self.db.read(ctx, move |view| known(view, id)).await
    }

    async fn lines(&self, ctx: &Context, id: ImportId, after: u64) -> Result<Vec<(u64, Content)>> {
        self.db.read(ctx, move |view| store::batch(view, id, after, BATCH)).await
    }

    /// Applies all that is staged after a line. While pricing and inventory work on a batch, the catalogue works on the
    /// next one and the one after that is read: what is written down is only ever what all three have done. Names are
    /// looked up no sooner than they are needed, since what staff change meanwhile has to stay.
    async fn apply(&self, cx: &JobContext, id: ImportId, after: u64) -> Result<()> {
        let mut lines = self.lines(cx.ctx(), id, after).await?;
        let mut shelved: Option<Shelved> = None;
        while !lines.is_empty() || shelved.is_some() {
            let last = lines.last().map(|(line, _)| *line);
            let ahead = async {
                let Some(last) = last else { return Ok(Vec::new()) };
                self.lines(cx.ctx(), id, last).await
            };
            let goods = async {
                if lines.is_empty() {
                    return Ok(None);
                }
                apply_goods(&self.peers, cx.ctx(), lines).await.map(Some)
            };
            let figures = async {
                let Some(shelved) = &shelved else { return Ok(()) };
                let faults = shelved.apply_figures(&self.peers, cx.ctx(), id).await?;
                self.applied(cx, id, shelved.last(), shelved.len(), faults).await
            };
            // The catalogue first, which is what the others wait for.
            (shelved, lines, ()) = tokio::try_join!(biased; goods, ahead, figures)?;
        }
        self.applied(cx, id, None, 0, Vec::new()).await
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
