//! Slow and repeated statements are noticed.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{QueryLedger, queries::REPEATS_ALLOWED};

use super::{Place, Suite, context, ids, insert, read};
use crate::case::{Outcome, ensure, same, told};

pub(super) fn add(suite: &mut Suite) {
    suite.case("a slow statement is kept with its plan", slow);
    suite.case("a query that is repeated once a row is found out", repeated);
    suite.case("a quick statement and a single query are not noticed", quiet);
}

async fn slow(place: Place) -> Outcome {
    let db = place.database_with(|options| options.with_slow_after(Duration::ZERO)).await?;
    let sql = "SELECT id FROM rows WHERE name = ?1";
    let read = read(&db, move |view| view.query(sql, &["x".into()], |row| row.get::<i64>(0)));
    read.await.map_err(told)?;
    let kept = db.insight().slow();
    let kept = kept.iter().find(|kept| kept.sql == sql).ok_or("the statement was not kept")?;
    if db.capabilities().plans {
        ensure(
            kept.plan.to_lowercase().contains("rows"),
            format!("the plan names the table: {}", kept.plan),
        )?;
    }
    Ok(())
}

async fn repeated(place: Place) -> Outcome {
    let db = place.database().await?;
    let ledger = Arc::new(QueryLedger::default());
    let watched = context().with_queries(Arc::clone(&ledger));
    for id in 0..=i64::from(REPEATS_ALLOWED) {
        let read = db.read(&watched, move |view| {
            view.query_one("SELECT name FROM rows WHERE id = ?1", &[id.into()], |row| {
                row.get::<Option<String>>(0)
            })
        });
        read.await.map_err(told)?;
    }
    let seen: Vec<_> = ledger.repeated().into_iter().map(|(sql, _)| sql).collect();
    same("the ledger", seen, vec!["SELECT name FROM rows WHERE id = ?1".to_owned()])?;
    let kept = db.insight().repeated();
    same("kept", kept.len(), 1)?;
    same("times", kept[0].times, REPEATS_ALLOWED + 1)
}

async fn quiet(place: Place) -> Outcome {
    let db = place.database_with(|options| options.with_slow_after(Duration::from_secs(60))).await?;
    let watched = context().with_queries(Arc::new(QueryLedger::default()));
    // Inserts in a row are a batch, not a query repeated.
    let write = db.write(&watched, |tx| (0..20).try_for_each(|id| insert(tx, id).map(drop)));
    write.await.map_err(told)?;
    db.read(&watched, ids).await.map_err(told)?;
    same("noticed", (db.insight().slow().len(), db.insight().repeated().len()), (0, 0))
}
