//! The durable job that carries an import out: decides, applies it page by page, clears up.
//!
//! How far it is stands in the import's row, written under the service's lease after each page; each page may be applied
//! again without harm. So a process that dies goes on where it was, and one that was paused changes nothing when it wakes.

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Context, Result, codes};
use mainstay_jobs::{Job, JobContext, Policy};
use mainstay_sql::{Database, Tx, View};
use serde::{Deserialize, Serialize};

use crate::apply::{Peers, Shelved, apply_goods, check};
use crate::model::{Content, Fault, Import, ImportId, Numbered, OnError, State};
use crate::store::{self, Page};

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
                State::Checking => match self.page(cx.ctx(), id, import.checked_through).await? {
                    Some(page) => self.check(cx, &import, page).await?,
                    None => self.decide(cx, id).await?,
                },
                State::Applying => self.apply(cx, &import).await?,
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

    async fn page(&self, ctx: &Context, id: ImportId, after: u64) -> Result<Option<Page>> {
        self.db.read(ctx, move |view| store::page(view, id, after)).await
    }

    /// Applies all that is staged after a line. While pricing and inventory work on a page, the catalogue works on the
    /// next one and the one after that is read: what is written down is only ever what all three have done.
    async fn apply(&self, cx: &JobContext, import: &Import) -> Result<()> {
        let id = import.id;
        let mut page = self.page(cx.ctx(), id, import.applied_through).await?;
        let mut shelved: Option<(u64, Shelved)> = None;
        while page.is_some() || shelved.is_some() {
            let last = page.as_ref().map(|page| page.last);
            let ahead = async {
                let Some(last) = last else { return Ok(None) };
                self.page(cx.ctx(), id, last).await
            };
            let goods = async {
                let Some(page) = page else { return Ok(None) };
                let shelved = apply_goods(&self.peers, cx.ctx(), import, page.lines).await?;
                Ok(Some((page.last, shelved)))
            };
            let figures = async {
                let Some((last, shelved)) = &shelved else { return Ok(()) };
                let faults = shelved.apply_figures(&self.peers, cx.ctx(), id).await?;
                self.applied(cx, id, Some(*last), shelved.len(), faults).await
            };
            // The catalogue first, which is what the others wait for.
            (shelved, page, ()) = tokio::try_join!(biased; goods, ahead, figures)?;
        }
        self.applied(cx, id, None, 0, Vec::new()).await
    }

    /// Takes lines out of a page that an earlier release staged and that cannot be used; what is staged now was checked
    /// before.
    async fn check(&self, cx: &JobContext, import: &Import, page: Page) -> Result<()> {
        let lines: Vec<(u64, &Content)> = page.lines.iter().map(|(line, content)| (*line, content)).collect();
        let faults = check(&self.peers, cx.ctx(), import, &lines).await?;
        let (id, refused) = (import.id, faults.iter().map(|fault| fault.line).collect::<HashSet<u64>>());
        let write = move |tx: &Tx<'_>| {
            let mut import = known(tx, id)?;
            if !faults.is_empty() {
                let kept: Vec<&Numbered> =
                    page.lines.iter().filter(|(line, _)| !refused.contains(line)).collect();
                store::keep_on_page(tx, page.number, &kept)?;
            }
            for fault in &faults {
                store::add_fault(tx, id, fault)?;
            }
            import.staged -= faults.len() as u64;
            import.faults += faults.len() as u64;
            import.checked_through = page.last;
            store::save(tx, &import)
        };
        self.db.write_as(cx.ctx(), cx.lease(), write).await
    }

    /// Everything is checked: applied, or stopped.
    async fn decide(&self, cx: &JobContext, id: ImportId) -> Result<()> {
        let write = move |tx: &Tx<'_>| {
            let mut import = known(tx, id)?;
            let stops = import.on_error == OnError::Stop && import.faults > 0;
            import.state = if stops { State::Stopped } else { State::Applying };
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
        self.db.write_as(cx.ctx(), cx.lease(), move |tx| store::forget_staged(tx, id)).await
    }
}

fn known(view: &View<'_>, id: ImportId) -> Result<Import> {
    store::import(view, id)?.ok_or_else(|| codes::DATA_LOSS.error("an import under way is gone"))
}
