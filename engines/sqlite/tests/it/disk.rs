//! Disks that are full or broken.
//!
//! A full disk is a small one, a broken one a limit on the size of files (writing beyond it fails with an error that is
//! not "no space"). Both need a process of their own, so the tests start themselves again inside.

use std::path::Path;

use mainstay_core::{Code, Result};
use mainstay_sql::{Database, codes};

use crate::support::{ROWS, ctx, insert, open, stored};

const DISK_BYTES: usize = 2 * 1024 * 1024;

/// Fails at the commit: all of it fits into the writer's page cache.
const FAILS_AT_COMMIT: usize = 6 * 1024 * 1024;

/// Fails within the closure: the page cache overflows into the log.
const FAILS_INSIDE: usize = 24 * 1024 * 1024;

/// Three writes in one batch; the second is too large for the disk.
async fn second_of_three(db: &Database, first_id: i64, bytes: usize, code: &Code) {
    let [first, second, third] = three(db, first_id, [100, bytes, 100]).await;
    assert_eq!(first.unwrap(), 1);
    assert!(second.as_ref().is_err_and(|error| error.is(code)), "{second:?}");
    assert_eq!(third.unwrap(), 1);
    let kept: Vec<_> =
        stored(db).await.into_iter().filter(|id| (first_id..first_id + 3).contains(id)).collect();
    assert_eq!(kept, [first_id, first_id + 2]);
}

async fn three(db: &Database, first_id: i64, bytes: [usize; 3]) -> [Result<u64>; 3] {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (began, begun) = tokio::sync::oneshot::channel::<()>();
    let (released, mut began) = (std::sync::Mutex::new(released), Some(began));
    let ctx = ctx();
    let hold = db.write(&ctx, move |_| {
        drop(began.take());
        let _ = released.lock().unwrap().recv();
        Ok(())
    });
    let write = |number: i64, bytes: usize| db.write(&ctx, move |tx| insert(tx, first_id + number, bytes));
    let let_go = async {
        let _ = begun.await;
        tokio::task::yield_now().await;
        drop(release);
    };
    // Each is queued when it is first polled: the one that holds, then the three; then it is let go.
    let (_, first, second, third, ()) =
        tokio::join!(hold, write(0, bytes[0]), write(1, bytes[1]), write(2, bytes[2]), let_go);
    [first, second, third]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_cleanly_and_goes_on_when_there_is_room() {
    match mainstay_disks::folder() {
        Some(folder) => on_the_small_disk(&folder).await,
        None => mainstay_disks::run_on_small_disk(
            "disk::a_full_disk_refuses_cleanly_and_goes_on_when_there_is_room",
            DISK_BYTES,
        ),
    }
}

async fn on_the_small_disk(folder: &Path) {
    let db = open(folder).unwrap();
    db.migrate(&[ROWS]).await.unwrap();
    second_of_three(&db, 10, FAILS_AT_COMMIT, &codes::FULL).await;
    second_of_three(&db, 20, FAILS_INSIDE, &codes::FULL).await;
    let alone = db.write(&ctx(), |tx| insert(tx, 30, FAILS_INSIDE)).await.unwrap_err();
    assert!(alone.is(&codes::FULL) && !alone.outcome_unknown(), "a full disk leaves no doubt: {alone:?}");

    // Somebody else fills the disk to the last page.
    let ballast = folder.join("ballast");
    fill(&ballast);
    let mut refused = 0;
    for id in 100..160 {
        match db.write(&ctx(), move |tx| insert(tx, id, 100_000)).await {
            Ok(_) => {}
            Err(error) if error.is(&codes::FULL) => refused += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
    assert!(refused > 30, "only {refused} writes were refused");
    let mut expected = stored(&db).await;

    // There is room again: the same process goes on.
    std::fs::remove_file(&ballast).unwrap();
    db.write(&ctx(), |tx| insert(tx, 200, 20_000)).await.unwrap();
    expected.push(200);
    assert_eq!(stored(&db).await, expected);
    db.close().await;
    drop(db);
    assert_eq!(stored(&open(folder).unwrap()).await, expected);
}

fn fill(file: &Path) {
    use std::io::Write;
    let mut file = std::fs::File::create(file).unwrap();
    for block in [64 * 1024, 4096, 1] {
        while file.write_all(&vec![0; block]).is_ok() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_write_to_the_disk_reaches_its_own_caller_only() {
    let Some(folder) = mainstay_disks::folder() else {
        let folder = tempfile::tempdir().unwrap();
        let name = "disk::a_failing_write_to_the_disk_reaches_its_own_caller_only";
        // Without the signal's default, which would end the process, a write beyond the limit fails with EFBIG.
        let limit = "trap '' XFSZ; ulimit -f 4096";
        return mainstay_disks::passes(&mut mainstay_disks::again(name, limit, folder.path()));
    };
    let db = open(&folder).unwrap();
    db.migrate(&[ROWS]).await.unwrap();
    second_of_three(&db, 10, FAILS_AT_COMMIT, &codes::IO).await;
    second_of_three(&db, 20, FAILS_INSIDE, &codes::IO).await;
    let alone = db.write(&ctx(), |tx| insert(tx, 30, FAILS_INSIDE)).await.unwrap_err();
    assert!(alone.is(&codes::IO) && alone.outcome_unknown(), "a broken disk leaves doubt: {alone:?}");
    db.write(&ctx(), |tx| insert(tx, 40, 100)).await.unwrap();
    assert_eq!(stored(&db).await, [10, 12, 20, 22, 40]);
}
