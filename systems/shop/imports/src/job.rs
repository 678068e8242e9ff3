//! The durable job that carries an import out: decides, applies it page by page, clears up.
//!
//! How far it is stands in the import's row, written under the service's lease after each page; each page may be applied
//! again without harm. So a process that dies goes on where it was, and one that was paused changes nothing when it wakes.

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::FuturesOrdered;
use mainstay_core::{Context, Result, codes};
use mainstay_jobs::{Job, JobContext, Policy};
use mainstay_sql::{Database, Tx, View};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::apply::{Peers, Prepared, Shelved, check};
use crate::model::{Content, Fault, Import, ImportId, LINES_ON_PAGE, Numbered, OnError, State};
use crate::store::{self, Page};

/// An hour is tens of millions of lines; an attempt that is cut off there goes on in the next.
const TIME_MAX: Duration = Duration::from_secs(3_600);

/// Batches that are prepared before it is their turn, requests to the catalogue at once, and batches whose goods wait for
/// their figures: each as many as keep everybody at work. What they hold is some megabytes of memory, and some batches to
/// apply again after a crash.
const AHEAD: usize = 1;
const AT_ONCE: usize = 2;
const BEHIND: usize = 1;

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

    /// Applies all that is staged after a line. The catalogue, whose work is the most, goes from batch to batch without
    /// waiting for anybody: its requests are made and sent ahead, and pricing and inventory follow behind. What is written
    /// down is only ever what all three have done, in the order of the batches.
    async fn apply(&self, cx: &JobContext, import: &Import) -> Result<()> {
        let (prepared, next) = mpsc::channel(AHEAD);
        let (shelved, behind) = mpsc::channel(BEHIND);
        // Where one of the three ends before the others, it has failed, and its failure is what is told. The catalogue first,
        // which is what the others wait for.
        tokio::try_join!(
            biased;
            self.put_goods(cx, next, shelved),
            self.put_figures(cx, import.id, behind),
            self.prepare(cx, import, prepared),
        )?;
        self.applied(cx, import.id, None, 0, Vec::new()).await
    }

    /// Reads pages and makes batches of them.
    async fn prepare(
        &self,
        cx: &JobContext,
        import: &Import,
        prepared: mpsc::Sender<(u64, Prepared)>,
    ) -> Result<()> {
        let mut after = import.applied_through;
        let mut lines: Vec<Numbered> = Vec::new();
        // Nothing is read before there is room for it.
        while let Ok(room) = prepared.reserve().await {
            if let Some(batch) = cut(&mut lines, false) {
                room.send(batch_of(import, batch));
                continue;
            }
            let page = self.page(cx.ctx(), import.id, after).await?;
            let is_last = page.is_none();
            if let Some(page) = page {
                after = page.last;
                lines.extend(page.lines);
            }
            match cut(&mut lines, is_last) {
                Some(batch) => room.send(batch_of(import, batch)),
                None if is_last => break,
                None => {}
            }
        }
        Ok(())
    }

    /// Puts batches into the catalogue, in their order.
    async fn put_goods(
        &self,
        cx: &JobContext,
        mut next: mpsc::Receiver<(u64, Prepared)>,
        shelved: mpsc::Sender<(u64, Shelved)>,
    ) -> Result<()> {
        let mut under_way = FuturesOrdered::new();
        let (mut last_products, mut waiting) = (HashSet::new(), None);
        loop {
            // Two requests may overtake each other, which makes no difference unless they are about one product.
            let count = under_way.len();
            let may_go = |one: &mut (u64, Prepared)| {
                count == 0 || count < AT_ONCE && one.1.products().is_disjoint(&last_products)
            };
            if let Some((last, mut batch)) = waiting.take_if(may_go) {
                last_products = batch.take_products();
                let call = async move { Ok((last, batch.apply_goods(&self.peers, cx.ctx()).await?)) };
                under_way.push_back(call);
            }
            tokio::select! {
                biased;
                Some(done) = under_way.next() => {
                    if shelved.send(done?).await.is_err() {
                        return Ok(());
                    }
                }
                Some(one) = next.recv(), if waiting.is_none() => waiting = Some(one),
                else => return Ok(()),
            }
        }
    }

    /// Follows the catalogue with prices and levels, and writes down how far all three are.
    async fn put_figures(
        &self,
        cx: &JobContext,
        id: ImportId,
        mut behind: mpsc::Receiver<(u64, Shelved)>,
    ) -> Result<()> {
        while let Some((last, batch)) = behind.recv().await {
            let faults = batch.apply_figures(&self.peers, cx.ctx(), id).await?;
            self.applied(cx, id, Some(last), batch.len(), faults).await?;
        }
        Ok(())
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

/// A batch with its last line.
fn batch_of(import: &Import, lines: Vec<Numbered>) -> (u64, Prepared) {
    (lines.last().map_or(0, |(line, _)| *line), Prepared::new(import, lines))
}

/// Takes the next batch from the front of lines that were read, when there are enough of them or no more are to come. Where
/// a product ends, if it can be: two batches that share none go side by side.
fn cut(lines: &mut Vec<Numbered>, is_last: bool) -> Option<Vec<Numbered>> {
    let most = LINES_ON_PAGE as usize;
    if lines.is_empty() || lines.len() <= most && !is_last {
        return None;
    }
    if lines.len() <= most {
        return Some(std::mem::take(lines));
    }
    let product = |place: usize| lines.get(place).map(|(_, content)| &content.product);
    let ends = (1..=most).rev().find(|end| product(end - 1) != product(*end));
    let rest = lines.split_off(ends.unwrap_or(most));
    Some(std::mem::replace(lines, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(products: impl IntoIterator<Item = (&'static str, u64)>) -> Vec<Numbered> {
        let of = |(product, count): (&'static str, u64)| {
            (0..count).map(move |_| Content { product: product.to_owned(), ..Content::default() })
        };
        (2..).zip(products.into_iter().flat_map(of)).collect()
    }

    fn batches(lines: &mut Vec<Numbered>, is_last: bool) -> Vec<(u64, u64)> {
        let batch = |batch: Vec<Numbered>| Some((batch.first()?.0, batch.last()?.0));
        std::iter::from_fn(|| cut(lines, is_last)).filter_map(batch).collect()
    }

    #[test]
    fn batches_end_where_a_product_ends_if_they_can() {
        let mut few = lines([("a", 3), ("b", 1_997)]);
        assert_eq!(batches(&mut few, false), [], "the next line may be of the same product");
        assert_eq!(batches(&mut few, true), [(2, 2_001)]);
        assert_eq!((few.len(), batches(&mut few, true)), (0, vec![]));

        let mut shared = lines([("a", 10), ("b", 1_980), ("c", 20), ("d", 1)]);
        assert_eq!(batches(&mut shared, false), [(2, 1_991)]);
        assert_eq!(shared.len(), 21, "the rest waits for what comes");
        assert_eq!(batches(&mut shared, true), [(1_992, 2_012)]);

        let mut exact = lines([("a", 2_000), ("b", 1)]);
        assert_eq!(batches(&mut exact, false), [(2, 2_001)]);

        let mut huge = lines([("a", 4_500)]);
        assert_eq!(batches(&mut huge, true), [(2, 2_001), (2_002, 4_001), (4_002, 4_501)]);
    }
}
