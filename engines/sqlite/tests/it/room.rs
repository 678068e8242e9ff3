//! The room that is written ahead of the log's end: it is there, and nothing is ever lost in it.

use std::path::Path;

use mainstay_sql::Database;
use tempfile::TempDir;

use crate::support::{ROWS, ctx, insert, open, stored};

const FRAME_BYTES: u64 = 4_096 + 24;

/// More than the writer's page cache holds, so that the log grows before the commit.
const SPILLS_BYTES: usize = 24 * 1024 * 1024;

async fn begun() -> (TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let db = open(folder.path()).unwrap();
    db.migrate(&[ROWS]).await.unwrap();
    (folder, db)
}

async fn commits(db: &Database, first_id: i64, count: i64) {
    for id in first_id..first_id + count {
        db.write(&ctx(), move |tx| insert(tx, id, 3_000)).await.unwrap();
    }
}

/// Length of the log in bytes, and its frames.
fn log(folder: &Path) -> (u64, u64) {
    let length = std::fs::metadata(folder.join("test.db-wal")).unwrap().len();
    let raw = rusqlite::Connection::open(folder.join("test.db")).unwrap();
    let frames = raw.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |row| row.get::<_, i64>(1)).unwrap();
    (length, frames.try_into().unwrap())
}

/// What a machine that stops now would find: both files, and nothing that only memory knew.
async fn after_a_crash(folder: &Path) -> Vec<i64> {
    let copy = tempfile::tempdir().unwrap();
    for file in ["test.db", "test.db-wal"] {
        std::fs::copy(folder.join(file), copy.path().join(file)).unwrap();
    }
    let db = open(copy.path()).unwrap();
    let ids = stored(&db).await;
    db.close().await;
    let raw = rusqlite::Connection::open(copy.path().join("test.db")).unwrap();
    let sound: String = raw.query_row("PRAGMA integrity_check", (), |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_many_commits_has_room_ahead_and_recovery_ends_where_it_begins() {
    let (folder, db) = begun().await;
    commits(&db, 0, 100).await;
    assert_eq!(after_a_crash(folder.path()).await, (0..100).collect::<Vec<_>>());
    let (length, frames) = log(folder.path());
    assert!(length > (frames + 16) * FRAME_BYTES, "{length} bytes for {frames} frames leave no room");
    assert!(length < (frames + 256) * FRAME_BYTES, "{length} bytes for {frames} frames are too much");
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_few_commits_is_as_long_as_what_is_in_it() {
    let (folder, db) = begun().await;
    commits(&db, 0, 5).await;
    let (length, frames) = log(folder.path());
    assert_eq!(length, 32 + frames * FRAME_BYTES);
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn room_is_made_behind_what_a_large_transaction_has_spilled() {
    let (folder, db) = begun().await;
    // So that the next commit is the first that looks for room.
    db.write(&ctx(), |tx| insert(tx, 0, 400_000)).await.unwrap();
    db.write(&ctx(), |tx| insert(tx, 1, SPILLS_BYTES)).await.unwrap();
    assert_eq!(after_a_crash(folder.path()).await, [0, 1]);
    commits(&db, 2, 100).await;
    assert_eq!(after_a_crash(folder.path()).await, (0..102).collect::<Vec<_>>());
    db.close().await;
}
