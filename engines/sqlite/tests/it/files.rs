//! Names, folders, settings and damaged files.

use std::os::unix::fs::PermissionsExt;

use mainstay_core::{Clock, codes as core_codes};
use mainstay_engine_sqlite::Sqlite;
use mainstay_sql::{DatabaseEngine, Metrics, Options, codes};

use crate::support::{ROWS, ctx, insert, open, open_with, stored};

#[tokio::test]
async fn a_folder_is_made_and_a_name_cannot_leave_it() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a/b");
    open(&deep).unwrap();
    assert!(deep.join("test.db").is_file());
    let options = || Options::new(Clock::system(), Metrics::unregistered());
    let url = format!("sqlite:{}", folder.path().display());
    for name in ["", "../x", "a/b", ".hidden", "a\0b"] {
        assert!(Sqlite.open(&url, name, options()).unwrap_err().is(&core_codes::INVALID), "{name}");
    }
    for url in ["sqlite:", "postgres://x", "data"] {
        assert!(Sqlite.open(url, "test", options()).unwrap_err().is(&core_codes::INVALID), "{url}");
    }
}

#[tokio::test]
async fn what_is_made_is_its_owners_alone_and_what_was_there_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("a/b");
    let given = folder.path().join("given");
    std::fs::create_dir(&given).unwrap();
    std::fs::set_permissions(&given, std::fs::Permissions::from_mode(0o750)).unwrap();
    for (place, mode) in [(&made, 0o700), (&given, 0o750)] {
        let db = open(place).unwrap();
        db.migrate(&[ROWS]).await.unwrap();
        db.write(&ctx(), |tx| insert(tx, 1, 10)).await.unwrap();
        assert_eq!(mode_of(place), mode);
        for file in ["test.db", "test.db-wal", "test.db-shm"] {
            assert_eq!(mode_of(&place.join(file)), 0o600, "{file}");
        }
        db.close().await;
    }
    assert_eq!(mode_of(&folder.path().join("a")), 0o700);
    // Somebody lets a group read it, for backups.
    let file = made.join("test.db");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(stored(&open(&made).unwrap()).await, [1]);
    assert_eq!(mode_of(&file), 0o640);
}

fn mode_of(path: &std::path::Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_are_synced_and_the_log_is_folded_on_close() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(folder.path()).unwrap();
    db.migrate(&[ROWS]).await.unwrap();
    let settings = raw_settings(folder.path());
    assert_eq!(settings, ("wal".to_owned(), 4096));
    db.write(&ctx(), |tx| insert(tx, 1, 10)).await.unwrap();
    assert_eq!(stored(&db).await, [1]);
    db.close().await;
    drop(db);
    assert!(!folder.path().join("test.db-wal").exists(), "the log is gone after a clean close");
    let names: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["test.db"]);
}

fn raw_settings(folder: &std::path::Path) -> (String, i64) {
    let raw = rusqlite::Connection::open(folder.join("test.db")).unwrap();
    let mode = raw.query_row("PRAGMA journal_mode", (), |row| row.get(0)).unwrap();
    (mode, raw.query_row("PRAGMA page_size", (), |row| row.get(0)).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_does_not_grow_without_end_under_writes_and_reads() {
    const WRITES: i64 = 400;
    let folder = tempfile::tempdir().unwrap();
    let db = open(folder.path()).unwrap();
    db.migrate(&[ROWS]).await.unwrap();
    // 400 x 30 pages: three times the threshold.
    for id in 0..WRITES {
        db.write(&ctx(), move |tx| insert(tx, id, 120_000)).await.unwrap();
        let ctx = ctx();
        db.read(&ctx, |view| view.query_one("SELECT COUNT(*) FROM rows", &[], |row| row.get::<i64>(0)))
            .await
            .unwrap();
    }
    let log = std::fs::metadata(folder.path().join("test.db-wal")).unwrap().len();
    assert!(log < 30_000_000, "the log has {log} bytes after {WRITES} writes of 120 kB");
}

#[tokio::test]
async fn a_damaged_file_is_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("test.db"), vec![b'x'; 8192]).unwrap();
    let error = open(folder.path()).unwrap_err();
    assert!(error.is(&codes::CORRUPT), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_outside_of_any_closure_leaves_nobody_waiting() {
    struct Broken;
    impl mainstay_sql::CommitHook for Broken {
        fn before_commit(&self, _: &str, number: u64) {
            assert!(number < 3, "the hook of this test panics on purpose");
        }
        fn after_commit(&self, _: &str, _: u64) {}
    }
    let folder = tempfile::tempdir().unwrap();
    let db =
        open_with(folder.path(), |options| options.with_commit_hook(std::sync::Arc::new(Broken))).unwrap();
    let ctx = ctx();
    db.write(&ctx, |tx| tx.execute("CREATE TABLE rows (id INTEGER, body BLOB) STRICT", &[])).await.unwrap();
    db.write(&ctx, |tx| insert(tx, 1, 1)).await.unwrap();
    assert!(db.write(&ctx, |tx| insert(tx, 2, 1)).await.unwrap_err().is(&codes::CLOSED));
    assert!(db.write(&ctx, |tx| insert(tx, 3, 1)).await.unwrap_err().is(&codes::CLOSED));
    db.close().await;
    drop(db);
    assert_eq!(stored(&open(folder.path()).unwrap()).await, [1]);
}
