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
use tokio::sync::mpsc;

use crate::apply::{Peers, Prepared, Shelved, check};
use crate::model::{Content, Fault, Import, ImportId, Numbered, OnError, State};
use crate::store::{self, Page};

/// An hour is tens of millions of lines; an attempt that is cut off there goes on in the next.
const TIME_MAX: Duration = Duration::from_secs(3_600);

/// Pages that are read and prepared before it is their turn, and pages whose goods wait for their figures: each as many as
/// keep everybody at work. What they hold is some megabytes of memory, and some pages to apply again after a crash.
const PAGES_AHEAD: usize = 1;
const PAGES_BEHIND: usize = 1;

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

    /// Applies all that is staged after a line. The catalogue, whose work is the most, goes from page to page without
    /// waiting for anybody: pages are read and its requests made ahead of it, and pricing and inventory follow behind. What
    /// is written down is only ever what all three have done, in the order of the pages.
    async fn apply(&self, cx: &JobContext, import: &Import) -> Result<()> {
        let (id, ctx) = (import.id, cx.ctx());
        let (prepared, mut next) = mpsc::channel::<(u64, Prepared)>(PAGES_AHEAD);
        let (shelved, mut behind) = mpsc::channel::<(u64, Shelved)>(PAGES_BEHIND);
        // Where one of the three ends before the others, it has failed, and its failure is what is told.
        let read = async move {
            let mut after = import.applied_through;
            while let Some(page) = self.page(ctx, id, after).await? {
                after = page.last;
                if prepared.send((page.last, Prepared::new(import, page.lines))).await.is_err() {
                    break;
                }
            }
            Ok(())
        };
        let goods = async move {
            while let Some((last, page)) = next.recv().await {
                if shelved.send((last, page.apply_goods(&self.peers, ctx).await?)).await.is_err() {
                    break;
                }
            }
            Ok(())
        };
        let figures = async move {
            while let Some((last, page)) = behind.recv().await {
                let faults = page.apply_figures(&self.peers, ctx, id).await?;
                self.applied(cx, id, Some(last), page.len(), faults).await?;
            }
            Ok(())
        };
        // The catalogue first, which is what the others wait for.
        tokio::try_join!(biased; goods, figures, read)?;
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
