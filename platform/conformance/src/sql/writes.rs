//! One write by itself: kept or undone as a whole, and honest about it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mainstay_core::{Clock, Timestamp, codes as core_codes};
use mainstay_sql::{Param, Wake, codes, constraint};

use super::{Place, Suite, context, ids, insert, read, stored, write};
use crate::case::{Outcome, ensure, refused, same, told};

pub(super) fn add(suite: &mut Suite) {
    suite.case("what was answered is there, also after the database was opened again", is_there);
    suite.case("an error undoes the whole closure and is what the caller gets", error_undoes);
    suite.case("a nested part fails alone", nested);
    suite.case("a broken constraint has its code and its name", constraints);
    suite.case("many rows are written in their order, by few statements", many_rows);
    suite.case("a closure cannot begin, end or leave its transaction", own_transaction);
    suite.case("wakes come after the commit and only then", wakes);
    suite.case("work whose deadline has passed is not begun", deadline);
    suite.case("time stands still within a closure", time);
    suite.case("a write that was queued is done although its caller went away", caller_gone);
    suite.case("a closed database finishes what is queued and refuses the rest", closed);
}

async fn is_there(place: Place) -> Outcome {
    let db = place.database().await?;
    same("rows changed", write(&db, |tx| insert(tx, 1)).await.map_err(told)?, 1)?;
    same("at once", stored(&db).await?, vec![1])?;
    db.close().await;
    drop(db);
    same("after opening again", stored(&place.database().await?).await?, vec![1])
}

async fn error_undoes(place: Place) -> Outcome {
    let db = place.database().await?;
    let answer = write(&db, |tx| {
        insert(tx, 1)?;
        insert(tx, 2)?;
        Err::<(), _>(core_codes::PRECONDITION.error("no"))
    })
    .await;
    refused("the closure's own error", answer, &core_codes::PRECONDITION)?;
    same("what is left", stored(&db).await?, vec![])
}

async fn nested(place: Place) -> Outcome {
    let db = place.database().await?;
    let inside = write(&db, |tx| {
        insert(tx, 1)?;
        let failed = tx.nested(|tx| {
            insert(tx, 2)?;
            tx.nested(|tx| insert(tx, 3))?;
            Err::<(), _>(core_codes::CONFLICT.error("undo two and three"))
        });
        let kept = tx.nested(|tx| {
            insert(tx, 4)?;
            let _ = tx.nested(|tx| insert(tx, 4));
            insert(tx, 5)
        });
        Ok((failed.is_err(), kept.is_ok(), ids(tx)?))
    })
    .await
    .map_err(told)?;
    same("inside", inside, (true, true, vec![1, 4, 5]))?;
    same("stored", stored(&db).await?, vec![1, 4, 5])
}

async fn many_rows(place: Place) -> Outcome {
    const SQL: &str = "INSERT INTO rows (id, amount) VALUES :rows ON CONFLICT (id) DO NOTHING";
    let db = place.database().await?;
    let written = write(&db, |tx| {
        let rows: Vec<[Param<'_>; 2]> = (1..=150).map(|id: i64| [id.into(), (2 * id).into()]).collect();
        // Every size of a chunk, one that holds a row that is there, and none at all.
        let counts =
            [&rows[..1], &rows[1..22], &rows[20..], &rows[..0]].map(|rows| tx.execute_rows(SQL, rows));
        counts.into_iter().collect::<mainstay_core::Result<Vec<u64>>>()
    })
    .await
    .map_err(told)?;
    same("rows changed", written, vec![1, 21, 128, 0])?;
    let odd = "SELECT count(*) FROM rows WHERE amount <> 2 * id";
    let odd = read(&db, move |view| view.query_one(odd, &[], |row| row.get::<i64>(0))).await.map_err(told)?;
    same("rows with another's value", odd, Some(0))?;
    same("stored", stored(&db).await?, (1..=150).collect())?;
    // The last row of the second chunk is there already; what the closure did before is its own to keep.
    let kept = write(&db, |tx| {
        insert(tx, 200)?;
        let rows: Vec<[Param<'_>; 1]> = (300..400).rev().chain([150]).map(|id: i64| [id.into()]).collect();
        let failed = tx.execute_rows("INSERT INTO rows (id) VALUES :rows", &rows);
        Ok((failed.is_err_and(|error| error.is(&codes::UNIQUE)), ids(tx)?.len()))
    });
    let (refused, there) = kept.await.map_err(told)?;
    same("a row that is there is refused", refused, true)?;
    // The chunks before the one that failed stay, as statements of their own would have.
    same("rows there", there, 150 + 1 + 100)
}

async fn constraints(place: Place) -> Outcome {
    let db = place.database().await?;
    let seed = "INSERT INTO rows (id, name) VALUES (1, 'taken')";
    write(&db, move |tx| tx.execute(seed, &[])).await.map_err(told)?;
    for (sql, code, name) in [
        ("INSERT INTO rows (id, name) VALUES (2, 'taken')", &codes::UNIQUE, "name"),
        ("INSERT INTO rows (id) VALUES (1)", &codes::UNIQUE, "id"),
        ("INSERT INTO rows (id, amount) VALUES (2, -1)", &codes::CHECK, "never_negative"),
        ("INSERT INTO rows (id, amount) VALUES (2, NULL)", &codes::NOT_NULL, "amount"),
        ("INSERT INTO rows (id, parent) VALUES (2, 99)", &codes::FOREIGN_KEY, ""),
    ] {
        let answer = write(&db, move |tx| tx.execute(sql, &[])).await;
        let named = answer.as_ref().err().and_then(constraint).unwrap_or_default();
        ensure(named.contains(name), format!("{sql} names {name}; it names '{named}'"))?;
        refused(sql, answer, code)?;
    }
    let late = write(&db, |tx| tx.execute("INSERT INTO rows (id, late_parent) VALUES (2, 99)", &[])).await;
    refused("a constraint that is checked at the commit", late, &codes::FOREIGN_KEY)?;
    same("what is left", stored(&db).await?, vec![1])
}

async fn own_transaction(place: Place) -> Outcome {
    let db = place.database().await?;
    for sql in ["COMMIT", "ROLLBACK", "BEGIN", "/* x */ commit", "SAVEPOINT mine"] {
        let answer = write(&db, move |tx| {
            insert(tx, 1)?;
            // Also a closure that ignores the refusal must not get anything out of it.
            let refused = tx.execute(sql, &[]).is_err();
            Err::<(), _>(core_codes::CONFLICT.error(if refused { "refused" } else { "allowed" }))
        })
        .await;
        let message = answer.err().map(|error| error.message().to_owned());
        same(sql, message.as_deref(), Some("refused"))?;
        same(&format!("left by {sql}"), stored(&db).await?, vec![])?;
    }
    let read = read(&db, |view| {
        view.query("INSERT INTO rows (id) VALUES (1) RETURNING id", &[], |row| row.get::<i64>(0))
    });
    refused("a read that writes", read.await, &codes::STATEMENT)?;
    same("left by the read", stored(&db).await?, vec![])
}

async fn wakes(place: Place) -> Outcome {
    let db = place.database().await?;
    let (clock, _manual) = Clock::manual(Timestamp::from_micros(0));
    let (kept, undone, nested) = (Wake::new(), Wake::new(), Wake::new());
    let mut waiters = [kept.subscribe(), undone.subscribe(), nested.subscribe()];
    let (wake, part) = (Arc::clone(&kept), Arc::clone(&nested));
    let keeping = write(&db, move |tx| {
        tx.after_commit(&wake);
        let _ = tx.nested(|tx| {
            tx.after_commit(&part);
            Err::<(), _>(core_codes::CONFLICT.error("undone"))
        });
        insert(tx, 1)
    });
    keeping.await.map_err(told)?;
    let failing = write(&db, move |tx| {
        tx.after_commit(&undone);
        Err::<(), _>(core_codes::CONFLICT.error("undone"))
    });
    ensure(failing.await.is_err(), "the second write fails")?;
    let woken = waiters.each_mut().map(|waiter| {
        futures::FutureExt::now_or_never(waiter.wait_or(&clock, Duration::from_secs(1))).unwrap_or(false)
    });
    same("woken", woken, [true, false, false])
}

async fn deadline(place: Place) -> Outcome {
    let (clock, manual) = Clock::manual(Timestamp::from_micros(0));
    let now = clock.clone();
    let db = place.database_with(move |options| options.with_clock(now)).await?;
    let context = context().with_deadline(clock.monotonic() + Duration::from_secs(1));
    manual.advance(Duration::from_secs(2));
    let late = db.write(&context, |tx| insert(tx, 1)).await;
    refused("a late write", late, &core_codes::DEADLINE)?;
    refused("a late read", db.read(&context, ids).await, &core_codes::DEADLINE)?;
    same("what is left", stored(&db).await?, vec![])
}

async fn time(place: Place) -> Outcome {
    let (clock, manual) = Clock::manual(Timestamp::from_micros(7));
    let db = place.database_with(move |options| options.with_clock(clock)).await?;
    let seen = write(&db, move |tx| {
        let before = tx.now();
        manual.advance(Duration::from_secs(1));
        Ok((before, tx.now()))
    });
    let (before, after) = seen.await.map_err(told)?;
    same("both looks", (before, after), (Timestamp::from_micros(7), Timestamp::from_micros(7)))
}

async fn caller_gone(place: Place) -> Outcome {
    let db = place.database().await?;
    let hold = super::Hold::take(&db).await?;
    let ran = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&ran);
    {
        let context = context();
        let mut write = std::pin::pin!(db.write(&context, move |tx| {
            counted.fetch_add(1, Ordering::Relaxed);
            insert(tx, 1)
        }));
        ensure(futures::poll!(&mut write).is_pending(), "the write waits for its turn")?;
    }
    hold.let_go().await?;
    // One more in line behind it: when that is answered, so is the one before.
    write(&db, |tx| insert(tx, 2)).await.map_err(told)?;
    same("stored", stored(&db).await?, vec![1, 2])?;
    same("runs", ran.load(Ordering::Relaxed), 1)
}

async fn closed(place: Place) -> Outcome {
    let db = place.database().await?;
    let hold = super::Hold::take(&db).await?;
    let waiting = super::queue(&db, |tx| insert(tx, 1)).await;
    let closing = {
        let db = db.clone();
        super::start(async move { db.close().await })
    };
    while !matches!(read(&db, ids).await, Err(error) if error.is(&codes::CLOSED)) {
        tokio::task::yield_now().await;
    }
    hold.let_go().await?;
    super::joined(waiting).await?.map_err(told)?;
    super::joined(closing).await?;
    refused("a write after the close", write(&db, |tx| insert(tx, 2)).await, &codes::CLOSED)?;
    same("stored", stored(&place.database().await?).await?, vec![1])
}
