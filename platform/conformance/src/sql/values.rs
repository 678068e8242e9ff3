//! What goes in comes out.

use mainstay_core::{Id, Timestamp, context::Account};
use mainstay_sql::codes;

use super::{Place, Suite, read, write};
use crate::case::{Outcome, refused, same, told};

pub(super) fn add(suite: &mut Suite) {
    suite.case("every kind of value survives the way in and out", round_trip);
    suite.case("a column of another class is refused, not converted", wrong_class);
    suite.case("a statement must fit its values", wrong_count);
}

const KINDS: &str = "CREATE TABLE kinds (
    id BLOB NOT NULL PRIMARY KEY, whole INTEGER, real REAL, text TEXT, blob BLOB, flag INTEGER, at INTEGER
) STRICT";

type Kinds = (Id<Account>, i64, f64, String, Vec<u8>, bool, Timestamp);

async fn round_trip(place: Place) -> Outcome {
    let db = place.database().await?;
    let id = Id::<Account>::from_bytes([9; 16]);
    let at = Timestamp::from_micros(-5);
    let written: Kinds = (id, i64::MIN, 0.1, "caf\u{e9} \u{0} \u{1f6d2}".into(), vec![0, 255], true, at);
    let found = write(&db, move |tx| {
        tx.execute(KINDS, &[])?;
        let sql =
            "INSERT INTO kinds (id, whole, real, text, blob, flag, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let text = "caf\u{e9} \u{0} \u{1f6d2}";
        let bytes = vec![0u8, 255];
        let params =
            [(&id).into(), i64::MIN.into(), 0.1.into(), text.into(), (&bytes).into(), true.into(), at.into()];
        tx.execute(sql, &params)?;
        let other = Id::<Account>::from_bytes([1; 16]);
        tx.execute("INSERT INTO kinds (id, text) VALUES (?1, ?2)", &[(&other).into(), None::<&str>.into()])?;
        let nothing = tx.query_one("SELECT text FROM kinds WHERE id = ?1", &[(&other).into()], |row| {
            row.get::<Option<String>>(0)
        })?;
        let full = tx.query_one(
            "SELECT id, whole, real, text, blob, flag, at FROM kinds WHERE id = ?1",
            &[(&id).into()],
            |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                    row.get(5)?,
                    row.get(6)?,
                ))
            },
        )?;
        Ok((full, nothing))
    })
    .await
    .map_err(told)?;
    same("the values", found.0, Some(written))?;
    same("null", found.1, Some(None))
}

async fn wrong_class(place: Place) -> Outcome {
    let db = place.database().await?;
    let text = read(&db, |view| view.query_one("SELECT 1", &[], |row| row.get::<String>(0))).await;
    refused("an integer as text", text, &codes::COLUMN)?;
    let number = read(&db, |view| view.query_one("SELECT '1'", &[], |row| row.get::<i64>(0))).await;
    refused("text as an integer", number, &codes::COLUMN)?;
    let beyond = read(&db, |view| view.query_one("SELECT 1", &[], |row| row.get::<i64>(3))).await;
    refused("a column that is not there", beyond, &codes::COLUMN)
}

async fn wrong_count(place: Place) -> Outcome {
    let db = place.database().await?;
    let few = write(&db, |tx| tx.execute("INSERT INTO rows (id) VALUES (?1)", &[])).await;
    refused("too few values", few, &codes::STATEMENT)?;
    let many = write(&db, |tx| tx.execute("DELETE FROM rows", &[1.into()])).await;
    refused("too many values", many, &codes::STATEMENT)?;
    let two = write(&db, |tx| tx.execute("DELETE FROM rows; DELETE FROM parents", &[])).await;
    refused("two statements in one", two, &codes::STATEMENT)?;
    let nonsense = write(&db, |tx| tx.execute("SELEC 1", &[])).await;
    refused("no statement", nonsense, &codes::STATEMENT)
}
