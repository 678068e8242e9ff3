//! Several handles on one database, as several processes have them.

use super::{Place, Suite, ids, insert, joined, read, start, stored, write};
use crate::case::{Outcome, same, told};

pub(super) fn add(suite: &mut Suite) {
    suite.case("what one handle wrote is there for another", seen);
    suite.case("no write of two busy handles is lost, done twice or refused", both_write);
}

async fn seen(place: Place) -> Outcome {
    let (one, other) = (place.database().await?, place.database().await?);
    if !one.capabilities().several_processes {
        return Ok(());
    }
    write(&one, |tx| insert(tx, 1)).await.map_err(told)?;
    same("the other reads", stored(&other).await?, vec![1])?;
    let through = write(&other, |tx| {
        insert(tx, 2)?;
        ids(tx)
    });
    same("the other writes on it", through.await.map_err(told)?, vec![1, 2])?;
    one.close().await;
    drop(one);
    write(&other, |tx| insert(tx, 3)).await.map_err(told)?;
    same("after one is closed", stored(&other).await?, vec![1, 2, 3])
}

async fn both_write(place: Place) -> Outcome {
    const EACH: i64 = 100;
    let handles = [place.database().await?, place.database().await?];
    if !handles[0].capabilities().several_processes {
        return Ok(());
    }
    let sql =
        "INSERT INTO rows (id, amount) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET amount = amount + 1";
    let mut tasks = Vec::new();
    for db in handles.iter().cycle().take(8) {
        let db = db.clone();
        tasks.push(start(async move {
            for _ in 0..EACH {
                write(&db, move |tx| tx.execute(sql, &[])).await?;
            }
            Ok::<_, mainstay_core::Error>(())
        }));
    }
    for task in tasks {
        joined(task).await?.map_err(told)?;
    }
    let sum = read(&handles[0], |view| {
        view.query_one("SELECT amount FROM rows WHERE id = 1", &[], |row| row.get::<i64>(0))
    });
    same("the counter", sum.await.map_err(told)?, Some(8 * EACH))
}
