//! What imports do by themselves: once a day those are deleted that have had their time.

use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::Result;
use mainstay_jobs::{Job, JobContext, Jobs, NewJob};
use mainstay_sql::{Database, Tx};

use crate::config::Config;
use crate::store;

/// When: at night in Europe, a while after the hour at which everybody else's schedules fire.
const FORGET_AT: &str = "37 3 * * *";

/// Deletes old imports.
struct Forget {
    db: Database,
    /// How long one is kept after its end.
    keep: Duration,
    /// How long one waits for the rest of its file.
    abandoned: Duration,
}

/// Sees to it that old imports are deleted.
pub fn register(jobs: &Jobs, db: &Database, config: &Config) -> Result<()> {
    jobs.register(Forget { db: db.clone(), keep: config.keep(), abandoned: config.abandoned() })?;
    jobs.schedule(Forget::KIND, FORGET_AT, NewJob::of::<Forget>(&())?)
}

#[async_trait]
impl Job for Forget {
    const KIND: &'static str = "shop.imports.forget";
    type Payload = ();

    async fn run(&self, cx: &JobContext, (): ()) -> Result<()> {
        let (keep, abandoned) = (self.keep, self.abandoned);
        let part = move |tx: &Tx<'_>| store::part_with_old(tx, tx.now() - keep, tx.now() - abandoned);
        let imports = self.db.write_as(cx.ctx(), cx.lease(), part).await?;
        // Also what a night that was cut short has left.
        while self.db.write_as(cx.ctx(), cx.lease(), store::sweep).await? {}
        tracing::info!(imports, "old imports were deleted");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mainstay_core::{Clock, Context, Id, Shutdown, Tasks};
    use mainstay_records::Format;
    use mainstay_sql::{Leadership, View};
    use mainstay_testkit::TestDatabase;

    use super::*;
    use crate::migrations::MIGRATIONS;
    use crate::model::{Fault, Import, ImportId, OnError, State};

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    async fn until(test: &TestDatabase, ctx: &Context, is_so: fn(&View<'_>) -> Result<bool>) {
        for _ in 0..2_000 {
            if test.db.read(ctx, is_so).await.unwrap() {
                return;
            }
            Clock::system().sleep(Duration::from_millis(5)).await;
            // Time goes on: whoever went to sleep just after a long step forward is not to sleep for ever.
            test.manual.advance(Duration::from_millis(100));
        }
        panic!("it never comes to that");
    }

    fn id(number: u8) -> ImportId {
        Id::from_bytes([number; 16])
    }

    #[tokio::test]
    async fn old_imports_go_at_night_with_what_belongs_to_them() {
        let test = TestDatabase::open(&[MIGRATIONS, mainstay_jobs::MIGRATIONS]).await;
        let (ctx, tasks, shutdown) = (Context::background("test"), Tasks::new(), Shutdown::new());
        let leadership = Leadership::start(&test.db, &Clock::system(), &tasks, &Shutdown::new());
        let jobs = Jobs::new(test.db.clone(), leadership, tasks.clone());
        register(&jobs, &test.db, &Config::default()).unwrap();
        let put = |tx: &Tx<'_>| {
            for (number, state) in [(1, State::Done), (2, State::Staging), (3, State::Applying)] {
                let source = "goods.csv".to_owned();
                let begun = Import::begun(
                    id(number),
                    source,
                    OnError::Skip,
                    Format::JsonLines,
                    String::new(),
                    tx.now(),
                );
                store::insert(tx, &Import { state, ..begun })?;
                store::add_fault(tx, id(number), &Fault::new(1, "bad_sku", ""))?;
            }
            Ok(())
        };
        test.db.write(&ctx, put).await.unwrap();
        let running = tasks.spawn("jobs", {
            let shutdown = shutdown.clone();
            async move { jobs.run(shutdown).await }
        });
        until(&test, &ctx, |view| Ok(!mainstay_jobs::inspect::schedules(view)?.is_empty())).await;
        test.manual.advance(DAY * 8);
        until(&test, &ctx, |view| Ok(store::import(view, id(2))?.is_none())).await;
        let (kept, left) = test
            .db
            .read(&ctx, |view| Ok((store::import(view, id(1))?, store::is_leaving(view, id(1))?)))
            .await
            .unwrap();
        assert!(kept.is_some() && !left, "what ended is kept for longer");
        test.manual.advance(DAY * 91);
        until(&test, &ctx, |view| Ok(store::import(view, id(1))?.is_none())).await;
        until(&test, &ctx, |view| Ok(store::faults(view, id(1), 0, 9)?.is_empty())).await;
        let under_way = test.db.read(&ctx, |view| store::faults(view, id(3), 0, 9)).await.unwrap();
        assert_eq!(under_way.len(), 1, "what is under way is nobody's to delete");
        shutdown.request();
        running.join().await.unwrap();
    }
}
