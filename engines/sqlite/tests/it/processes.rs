//! Several processes on one file: the test starts itself again as the other one.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use mainstay_core::{Clock, Shutdown, Tasks, Timestamp};
use mainstay_sql::{Leadership, codes};

use crate::support::{ROWS, ctx, open, open_with, stored};

/// Set to the folder in the other process.
const OTHER: &str = "MAINSTAY_TEST_OTHER_PROCESS";
const EACH: i64 = 200;

fn other(name: &str, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(OTHER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn in_other() -> Option<PathBuf> {
    std::env::var_os(OTHER).map(PathBuf::from)
}

/// Waits for a line that the other process prints.
fn heard(child: &mut Child, line: &str) {
    let out = BufReader::new(child.stdout.take().unwrap());
    assert!(
        out.lines().map_while(Result::ok).any(|heard| heard.ends_with(line)),
        "the other process never said {line}"
    );
}

async fn count_up(folder: &Path) {
    let db = open(folder).unwrap();
    let sql = "INSERT INTO rows (id, body) VALUES (1, x'00')
               ON CONFLICT (id) DO UPDATE SET body = CAST(body || x'00' AS BLOB)";
    for _ in 0..EACH {
        db.write(&ctx(), move |tx| tx.execute(sql, &[])).await.unwrap();
    }
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_write_one_file() {
    if let Some(folder) = in_other() {
        return count_up(&folder).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let db = open(folder.path()).unwrap();
    db.migrate(&[ROWS]).await.unwrap();
    let mut child = other("processes::two_processes_write_one_file", folder.path());
    count_up(folder.path()).await;
    assert!(child.wait().unwrap().success());
    let ctx = ctx();
    let length = db.read(&ctx, |view| {
        view.query_one("SELECT length(body) FROM rows WHERE id = 1", &[], |row| row.get::<i64>(0))
    });
    assert_eq!(length.await.unwrap(), Some(2 * EACH));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_was_killed_is_replaced_at_once() {
    if let Some(folder) = in_other() {
        let db = open(&folder).unwrap();
        let leadership = Leadership::start(&db, &Clock::system(), &Tasks::new(), &Shutdown::new());
        leadership.wait().await;
        println!("leading");
        return std::future::pending().await;
    }
    let folder = tempfile::tempdir().unwrap();
    // Time stands still here: only that the other process is dead can let this one in.
    let (clock, time) = Clock::manual(Timestamp::from_micros(0));
    let given = clock.clone();
    let db = open_with(folder.path(), |options| options.with_clock(given)).unwrap();
    db.migrate(&[ROWS]).await.unwrap();
    let mut child = other("processes::a_leader_that_was_killed_is_replaced_at_once", folder.path());
    heard(&mut child, "leading");
    let leadership = Leadership::start(&db, &clock, &Tasks::new(), &Shutdown::new());
    while time.sleepers() == 0 {
        tokio::task::yield_now().await;
    }
    assert!(leadership.lease().is_none(), "the other one lives");
    child.kill().unwrap();
    child.wait().unwrap();
    time.advance(mainstay_sql::leadership::RENEWAL);
    assert_eq!(leadership.wait().await.fence(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_keeps_its_transaction_makes_others_busy_not_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(folder.path()).unwrap();
    db.migrate(&[ROWS]).await.unwrap();
    let stuck = rusqlite::Connection::open(folder.path().join("test.db")).unwrap();
    stuck.execute_batch("BEGIN IMMEDIATE; INSERT INTO rows (id) VALUES (7)").unwrap();
    let ctx = ctx();
    let insert =
        |id: i64| db.write(&ctx, move |tx| tx.execute("INSERT INTO rows (id) VALUES (?1)", &[id.into()]));
    let (first, second) = tokio::join!(insert(1), insert(2));
    assert!(first.as_ref().is_err_and(|error| error.is(&codes::BUSY)), "{first:?}");
    // The second may have been in the first one's batch or behind it.
    drop(second);
    assert_eq!(stored(&db).await, Vec::<i64>::new(), "reads go on meanwhile");
    stuck.execute_batch("ROLLBACK").unwrap();
    insert(3).await.unwrap();
    assert!(stored(&db).await.contains(&3));
}
