//! Reads: one instant, in place or on a thread, and in nobody's way.

use std::sync::mpsc;

use mainstay_core::{Result, codes as core_codes};
use mainstay_sql::{View, codes};

use super::{Place, Suite, context, ids, insert, read, stored, write};
use crate::case::{Outcome, refused, same, told};

pub(super) fn add(suite: &mut Suite) {
    suite.case("a read sees one instant, whatever is written meanwhile", one_instant);
    suite.case("a long read gives the whole answer", long);
    suite.case("an endless read is stopped", endless);
    suite.case("a panic in a read reaches its caller only", panic);
    suite.case("a long read does not hold a write up", beside_a_write);
    suite.case("the first row of several is enough for one", first);
}

async fn one_instant(place: Place) -> Outcome {
    let db = place.database().await?;
    let (ask, asked) = mpsc::channel::<()>();
    let (tell, told_back) = mpsc::channel::<()>();
    let writer = db.clone();
    let writing = super::start(async move {
        let asked = tokio::task::spawn_blocking(move || asked.recv());
        let _ = asked.await;
        let written = write(&writer, |tx| insert(tx, 1)).await;
        let _ = tell.send(());
        written
    });
    let told_back = std::sync::Mutex::new(told_back);
    let looks = read(&db, move |view| {
        let before = ids(view)?;
        let _ = ask.send(());
        let _ = told_back.lock().map(|told| told.recv());
        Ok((before, ids(view)?))
    });
    same("two looks of one read", looks.await.map_err(told)?, (vec![], vec![]))?;
    super::joined(writing).await?.map_err(told)?;
    same("the next read", stored(&db).await?, vec![1])
}

fn count_to(view: &View<'_>, most: i64) -> Result<Option<i64>> {
    view.query_one(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)
         SELECT COUNT(*) FROM numbers",
        &[most.into()],
        |row| row.get(0),
    )
}

async fn long(place: Place) -> Outcome {
    let db = place.database().await?;
    let context = context();
    let answers =
        futures::future::join_all((0..4).map(|_| db.read(&context, |view| count_to(view, 300_000))));
    for answer in answers.await {
        same("the count", answer.map_err(told)?, Some(300_000))?;
    }
    Ok(())
}

async fn endless(place: Place) -> Outcome {
    let db = place.database_with(|options| options.with_step_limit(300_000)).await?;
    if !db.capabilities().step_limit {
        return Ok(());
    }
    let answer = read(&db, |view| count_to(view, i64::MAX)).await;
    refused("an endless read", answer, &codes::STEP_LIMIT)?;
    same("the next read", stored(&db).await?, vec![])
}

async fn panic(place: Place) -> Outcome {
    let db = place.database().await?;
    for _ in 0..20 {
        let answer = read(&db, |view| {
            view.query("SELECT 1", &[], |_| -> Result<()> { panic!("a read of the suite panics on purpose") })
        });
        refused("a read that panics", answer.await, &codes::PANICKED)?;
    }
    same("the next read", stored(&db).await?, vec![])
}

async fn beside_a_write(place: Place) -> Outcome {
    let db = place.database().await?;
    let (end, ended) = mpsc::channel::<()>();
    let (began, begun) = tokio::sync::oneshot::channel();
    let (mut began, ended) = (Some(began), std::sync::Mutex::new(ended));
    let reader = db.clone();
    let reading = super::start(async move {
        read(&reader, move |view| {
            let before = ids(view)?;
            if let Some(began) = began.take() {
                let _ = began.send(());
            }
            let _ = ended.lock().map(|ended| ended.recv());
            Ok(before)
        })
        .await
    });
    let _ = begun.await;
    write(&db, |tx| insert(tx, 1)).await.map_err(told)?;
    drop(end);
    same("what the old read saw", super::joined(reading).await?.map_err(told)?, vec![])
}

async fn first(place: Place) -> Outcome {
    let db = place.database().await?;
    let write = write(&db, |tx| {
        insert(tx, 1)?;
        insert(tx, 2)?;
        let one = tx.query_one("SELECT id FROM rows ORDER BY id", &[], |row| row.get::<i64>(0))?;
        let none = tx.query_one("SELECT id FROM rows WHERE id = 9", &[], |row| row.get::<i64>(0))?;
        let mut sum = 0;
        tx.for_each("SELECT id FROM rows", &[], |row| {
            sum += row.get::<i64>(0)?;
            Ok(())
        })?;
        let stopped = tx.for_each("SELECT id FROM rows", &[], |_| Err(core_codes::CONFLICT.error("stop")));
        Ok((one, none, sum, stopped.is_err()))
    });
    same("the rows", write.await.map_err(told)?, (Some(1), None, 3, true))
}
