//! Migrations: up, down, status, and a history that cannot be rewritten.

use mainstay_core::Timestamp;
use mainstay_sql::{Database, Migration, MigrationSet, MigrationState, codes};

use super::{Place, Suite, read};
use crate::case::{Outcome, ensure, refused, same, told};

pub(super) fn add(suite: &mut Suite) {
    suite.case("migrations are applied once, in order, and shown", applied_once);
    suite.case("a migration that has changed since it was applied refuses", changed);
    suite.case("migrations are taken back in reverse order", down);
    suite.case("migrations of a newer release are left alone and shown", newer);
    suite.case("a migration that fails leaves nothing behind", failing);
    suite.case("a list with a gap is refused before anything is done", gap);
    suite.case("two that start at once apply each migration once", at_once);
}

const ONE: Migration = Migration {
    version: 1,
    name: "one",
    up: "CREATE TABLE one (id INTEGER PRIMARY KEY) STRICT; INSERT INTO one (id) VALUES (1)",
    down: "DROP TABLE one",
};
const TWO: Migration = Migration {
    version: 2,
    name: "two",
    up: "INSERT INTO one (id) VALUES (2)",
    down: "DELETE FROM one WHERE id = 2",
};

const FIRST: MigrationSet = MigrationSet { module: "m", migrations: &[ONE] };
const BOTH: MigrationSet = MigrationSet { module: "m", migrations: &[ONE, TWO] };

async fn rows(db: &Database) -> Outcome<Vec<i64>> {
    let rows = read(db, |view| view.query("SELECT id FROM one ORDER BY id", &[], |row| row.get(0)));
    rows.await.map_err(told)
}

/// The states of module `m`: a letter each.
async fn states(db: &Database, set: MigrationSet) -> Outcome<String> {
    let lines = db.migration_status(&[set]).await.map_err(told)?;
    Ok(lines
        .iter()
        .filter(|line| line.module == "m")
        .map(|line| match line.state {
            MigrationState::Pending => 'p',
            MigrationState::Applied(at) if at > Timestamp::from_micros(0) => 'a',
            MigrationState::Applied(_) => '?',
            MigrationState::Changed(_) => 'c',
            MigrationState::Unknown(_) => 'u',
        })
        .collect())
}

async fn applied_once(place: Place) -> Outcome {
    let db = place.open_with(|options| options)?;
    same("before", states(&db, BOTH).await?.as_str(), "pp")?;
    db.migrate(&[FIRST]).await.map_err(told)?;
    same("after the first", states(&db, BOTH).await?.as_str(), "ap")?;
    let second = db.migrate(&[BOTH]).await.map_err(told)?;
    same("applied then", second.iter().map(|applied| applied.version).collect::<Vec<_>>(), vec![2])?;
    same("applied again", db.migrate(&[BOTH]).await.map_err(told)?.len(), 0)?;
    same("after both", states(&db, BOTH).await?.as_str(), "aa")?;
    same("rows", rows(&db).await?, vec![1, 2])
}

async fn changed(place: Place) -> Outcome {
    const OTHER: MigrationSet = MigrationSet {
        module: "m",
        migrations: &[
            Migration { up: "CREATE TABLE one (id INTEGER PRIMARY KEY, more TEXT) STRICT", ..ONE },
            TWO,
        ],
    };
    let db = place.open_with(|options| options)?;
    db.migrate(&[FIRST]).await.map_err(told)?;
    let answer = db.migrate(&[OTHER]).await;
    let message = answer.as_ref().err().map(|error| error.message().to_owned()).unwrap_or_default();
    refused("a changed text", answer, &codes::MIGRATION_CHANGED)?;
    ensure(message.contains("migration 1 'one' of m"), format!("the message names it: {message}"))?;
    same("status", states(&db, OTHER).await?.as_str(), "cp")?;
    same("rows", rows(&db).await?, vec![1])
}

async fn down(place: Place) -> Outcome {
    let db = place.open_with(|options| options)?;
    db.migrate(&[BOTH]).await.map_err(told)?;
    let undone = db.migrate_down(&BOTH, 1).await.map_err(told)?;
    same("taken back", undone.iter().map(|undone| undone.version).collect::<Vec<_>>(), vec![2])?;
    same("rows", rows(&db).await?, vec![1])?;
    same("status", states(&db, BOTH).await?.as_str(), "ap")?;
    db.migrate_down(&BOTH, 0).await.map_err(told)?;
    ensure(rows(&db).await.is_err(), "the table is gone")?;
    db.migrate(&[BOTH]).await.map_err(told)?;
    same("rows after up again", rows(&db).await?, vec![1, 2])?;
    const NO_WAY: MigrationSet =
        MigrationSet { module: "m", migrations: &[ONE, Migration { down: "", ..TWO }] };
    refused("no way back", db.migrate_down(&NO_WAY, 0).await, &codes::MIGRATION_REFUSED)?;
    same("rows after that", rows(&db).await?, vec![1, 2])
}

async fn newer(place: Place) -> Outcome {
    let db = place.open_with(|options| options)?;
    db.migrate(&[BOTH]).await.map_err(told)?;
    same("applied by the older", db.migrate(&[FIRST]).await.map_err(told)?.len(), 0)?;
    same("status for the older", states(&db, FIRST).await?.as_str(), "au")?;
    refused("down by the older", db.migrate_down(&FIRST, 0).await, &codes::MIGRATION_REFUSED)?;
    same("rows", rows(&db).await?, vec![1, 2])
}

async fn failing(place: Place) -> Outcome {
    const BROKEN: MigrationSet = MigrationSet {
        module: "m",
        migrations: &[
            ONE,
            Migration { up: "INSERT INTO one (id) VALUES (3); INSERT INTO two (id) VALUES (1)", ..TWO },
        ],
    };
    let db = place.open_with(|options| options)?;
    refused("a broken one", db.migrate(&[BROKEN]).await, &codes::MIGRATION_REFUSED)?;
    same("rows", rows(&db).await?, vec![1])?;
    same("status", states(&db, BROKEN).await?.as_str(), "ap")?;
    const ENDING: MigrationSet = MigrationSet {
        module: "m",
        migrations: &[ONE, Migration { up: "INSERT INTO one (id) VALUES (4); COMMIT", ..TWO }],
    };
    refused("one that commits", db.migrate(&[ENDING]).await, &codes::MIGRATION_REFUSED)?;
    same("rows after that", rows(&db).await?, vec![1])
}

async fn gap(place: Place) -> Outcome {
    const GAP: MigrationSet =
        MigrationSet { module: "m", migrations: &[ONE, Migration { version: 3, ..TWO }] };
    let db = place.open_with(|options| options)?;
    refused("a gap", db.migrate(&[GAP]).await, &codes::MIGRATION_REFUSED)?;
    ensure(rows(&db).await.is_err(), "nothing was applied")
}

async fn at_once(place: Place) -> Outcome {
    let handles = [place.open_with(|options| options)?, place.open_with(|options| options)?];
    let applied = futures::future::join_all(handles.iter().map(|db| db.migrate(&[BOTH]))).await;
    let mut total = 0;
    for applied in applied {
        total += applied.map_err(told)?.iter().filter(|applied| applied.module == "m").count();
    }
    same("applied by both", total, 2)?;
    same("rows", rows(&handles[0]).await?, vec![1, 2])
}
