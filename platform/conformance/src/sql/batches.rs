//! Many writes in one commit: what one does must not reach another.
//!
//! Each case holds the writer up, queues three, lets go, and looks at all three answers and at what is stored.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mainstay_core::{Code, Result, codes as core_codes};
use mainstay_sql::{CommitHook, Database, Tx, codes};

use super::{Hold, Place, Suite, insert, joined, queue, read, stored, write};
use crate::case::{Outcome, ensure, refused, same, told};

pub(super) fn add(suite: &mut Suite) {
    suite.case("an error as the second of three undoes its own part only", error);
    suite.case("errors in one commit after the other, at every place, undo their own parts only", errors);
    suite.case("a panic as the second of three undoes its own part only", panic);
    suite.case(
        "a broken constraint as the second of three, found at the commit, undoes its own part only",
        late,
    );
    suite.case("an endless write as the second of three is stopped and undoes its own part only", endless);
    suite.case("a closure that ignores the loss of its transaction gets nothing out of it", ignored);
    suite.case("a closure that runs twice leaves one effect", twice);
    suite.case("a full queue refuses, and what is queued is done", full_queue);
    suite.case("nobody is answered before the commit, and commits are numbered", answered_after_commit);
    suite.case("no write of many tasks is lost or done twice", many);
}

/// One, the culprit, three: all queued together.
async fn second_of_three(
    db: &Database,
    culprit: impl FnMut(&Tx<'_>) -> Result<u64> + Send + 'static,
    code: &Code,
) -> Outcome {
    let hold = Hold::take(db).await?;
    let first = queue(db, |tx| insert(tx, 1)).await;
    let second = queue(db, culprit).await;
    let third = queue(db, |tx| insert(tx, 3)).await;
    hold.let_go().await?;
    same("the first", joined(first).await?.map_err(told)?, 1)?;
    refused("the second", joined(second).await?, code)?;
    same("the third", joined(third).await?.map_err(told)?, 1)?;
    same("stored", stored(db).await?, vec![1, 3])?;
    // And the door is in order afterwards.
    write(db, |tx| insert(tx, 4)).await.map_err(told)?;
    same("stored in the end", stored(db).await?, vec![1, 3, 4])
}

async fn error(place: Place) -> Outcome {
    let db = place.database().await?;
    let culprit = |tx: &Tx<'_>| {
        insert(tx, 2)?;
        Err(core_codes::CONFLICT.error("no"))
    };
    second_of_three(&db, culprit, &core_codes::CONFLICT).await
}

// An engine may treat commits after a failure differently for a while, so there are several.
async fn errors(place: Place) -> Outcome {
    const WRITES: i64 = 4;
    let db = place.database().await?;
    let mut expected = Vec::new();
    for round in 0..WRITES * 3 {
        let hold = Hold::take(&db).await?;
        let mut writes = Vec::new();
        for number in 0..WRITES {
            let (id, fails) = (round * WRITES + number + 1, number == round % WRITES);
            let write = move |tx: &Tx<'_>| {
                insert(tx, id)?;
                if fails { Err(core_codes::CONFLICT.error("no")) } else { Ok(1) }
            };
            writes.push((id, fails, queue(&db, write).await));
        }
        hold.let_go().await?;
        for (id, fails, write) in writes {
            let answer = joined(write).await?;
            if fails {
                refused("the one that fails", answer, &core_codes::CONFLICT)?;
            } else {
                same("another one", answer.map_err(told)?, 1)?;
                expected.push(id);
            }
        }
        same("stored", stored(&db).await?, expected.clone())?;
    }
    Ok(())
}

async fn panic(place: Place) -> Outcome {
    let db = place.database().await?;
    let culprit = |tx: &Tx<'_>| {
        insert(tx, 2)?;
        tx.nested(|_| panic!("a closure of the suite panics on purpose"))
    };
    second_of_three(&db, culprit, &codes::PANICKED).await
}

async fn late(place: Place) -> Outcome {
    let db = place.database().await?;
    let culprit = |tx: &Tx<'_>| tx.execute("INSERT INTO rows (id, late_parent) VALUES (2, 99)", &[]);
    second_of_three(&db, culprit, &codes::FOREIGN_KEY).await
}

const ENDLESS: &str = "INSERT INTO parents (id)
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers) SELECT n FROM numbers";

async fn endless(place: Place) -> Outcome {
    let db = place.database_with(|options| options.with_step_limit(200_000)).await?;
    if !db.capabilities().step_limit {
        return Ok(());
    }
    let culprit = |tx: &Tx<'_>| {
        insert(tx, 2)?;
        tx.execute(ENDLESS, &[])
    };
    second_of_three(&db, culprit, &codes::STEP_LIMIT).await
}

async fn ignored(place: Place) -> Outcome {
    let db = place.database_with(|options| options.with_step_limit(200_000)).await?;
    if !db.capabilities().step_limit {
        return Ok(());
    }
    let culprit = |tx: &Tx<'_>| {
        insert(tx, 2)?;
        let stopped = tx.execute(ENDLESS, &[]).is_err();
        let after = (insert(tx, 5).is_err(), tx.nested(|tx| insert(tx, 6)).is_err(), super::ids(tx).is_err());
        if stopped && after == (true, true, true) {
            Ok(1)
        } else {
            Err(core_codes::INTERNAL.error("it went on"))
        }
    };
    second_of_three(&db, culprit, &codes::STEP_LIMIT).await
}

async fn twice(place: Place) -> Outcome {
    let db = place.database_with(|options| options.with_step_limit(200_000)).await?;
    let hold = Hold::take(&db).await?;
    let runs = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&runs);
    let first = queue(&db, move |tx| {
        counted.fetch_add(1, Ordering::Relaxed);
        insert(tx, 1)
    })
    .await;
    // Two, so that there is a loss to recover from twice.
    let losses =
        [queue(&db, |tx| tx.execute(ENDLESS, &[])).await, queue(&db, |tx| tx.execute(ENDLESS, &[])).await];
    hold.let_go().await?;
    joined(first).await?.map_err(told)?;
    for loss in losses {
        ensure(joined(loss).await?.is_err(), "the endless ones are refused")?;
    }
    ensure(runs.load(Ordering::Relaxed) <= 2, "no closure runs more than twice")?;
    same("stored", stored(&db).await?, vec![1])
}

async fn full_queue(place: Place) -> Outcome {
    let db = place.database_with(|options| options.with_queue_capacity(2)).await?;
    let hold = Hold::take(&db).await?;
    let waiting = [queue(&db, |tx| insert(tx, 1)).await, queue(&db, |tx| insert(tx, 2)).await];
    let refusal = write(&db, |tx| insert(tx, 3)).await;
    hold.let_go().await?;
    refused("the third", refusal, &core_codes::OVERLOADED)?;
    for write in waiting {
        joined(write).await?.map_err(told)?;
    }
    write(&db, |tx| insert(tx, 4)).await.map_err(told)?;
    same("stored", stored(&db).await?, vec![1, 2, 4])
}

#[derive(Default)]
struct Seen {
    before: AtomicU64,
    after: AtomicU64,
    out_of_order: AtomicU64,
}

impl CommitHook for Seen {
    fn before_commit(&self, _: &str, number: u64) {
        if self.before.swap(number, Ordering::SeqCst) + 1 != number {
            self.out_of_order.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn after_commit(&self, _: &str, number: u64) {
        if self.before.load(Ordering::SeqCst) != number {
            self.out_of_order.fetch_add(1, Ordering::SeqCst);
        }
        self.after.store(number, Ordering::SeqCst);
    }
}

async fn answered_after_commit(place: Place) -> Outcome {
    let seen = Arc::new(Seen::default());
    let hook = Arc::clone(&seen);
    let db = place.database_with(move |options| options.with_commit_hook(hook)).await?;
    for id in 0..20 {
        let (mine, hook) = (Arc::new(AtomicU64::new(0)), Arc::clone(&seen));
        let noted = Arc::clone(&mine);
        let write = write(&db, move |tx| {
            noted.store(hook.after.load(Ordering::SeqCst) + 1, Ordering::SeqCst);
            insert(tx, id)
        });
        write.await.map_err(told)?;
        let done = seen.after.load(Ordering::SeqCst);
        ensure(done >= mine.load(Ordering::SeqCst), "the commit of a write comes before its answer")?;
    }
    let commits = seen.after.load(Ordering::SeqCst);
    let undone = write(&db, |tx| {
        insert(tx, 99)?;
        Err::<(), _>(core_codes::CONFLICT.error("no"))
    });
    ensure(undone.await.is_err(), "an undone write fails")?;
    let looked = write(&db, |tx| super::ids(tx));
    looked.await.map_err(told)?;
    same("commits without a change", seen.after.load(Ordering::SeqCst), commits)?;
    same("out of order", seen.out_of_order.load(Ordering::SeqCst), 0)
}

async fn many(place: Place) -> Outcome {
    const TASKS: i64 = 32;
    const EACH: i64 = 25;
    let db = place.database().await?;
    let add =
        "INSERT INTO rows (id, amount) VALUES (?1, 1) ON CONFLICT (id) DO UPDATE SET amount = amount + 1";
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let db = db.clone();
            super::start(async move {
                for _ in 0..EACH {
                    // Two counters: one that all share, one of the task alone.
                    write(&db, move |tx| {
                        tx.execute(add, &[(-1).into()])?;
                        tx.execute(add, &[task.into()])
                    })
                    .await?;
                }
                Ok::<_, mainstay_core::Error>(())
            })
        })
        .collect();
    for task in tasks {
        joined(task).await?.map_err(told)?;
    }
    let sums = read(&db, |view| {
        view.query_one("SELECT MAX(amount), SUM(amount), COUNT(*) FROM rows", &[], |row| {
            Ok((row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?))
        })
    });
    same("the counters", sums.await.map_err(told)?, Some((TASKS * EACH, 2 * TASKS * EACH, TASKS + 1)))
}
