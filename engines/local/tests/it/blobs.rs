//! A folder as a store of objects.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use futures::{StreamExt, stream};
use mainstay_blobs::{BlobKey, BlobStream, Blobs, Expected, codes, collect, stream_of};
use mainstay_conformance::{blobs, case};
use mainstay_core::{BlockingPool, Clock, Context, Result, Tasks};
use mainstay_engine_local::FileBlobs;
use tempfile::TempDir;

fn open(folder: &Path) -> Result<FileBlobs> {
    FileBlobs::open(folder, Clock::system(), BlockingPool::new(4, 1_024).unwrap())
}

fn ctx() -> Context {
    Context::background("test")
}

fn key(text: &str) -> BlobKey {
    text.parse().unwrap()
}

fn any() -> Expected {
    Expected::at_most(u64::MAX)
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_of_the_port_holds() {
    let folder = TempDir::new().unwrap();
    let number = std::cell::Cell::new(0);
    let cases = blobs::cases(|| {
        number.set(number.get() + 1);
        Arc::new(open(&folder.path().join(number.get().to_string())).unwrap())
    });
    assert!(cases.len() >= 13, "the suite has lost cases");
    assert_eq!(case::failures(cases).await, []);
    let left: Vec<_> =
        files(folder.path()).into_iter().filter(|file| file.display().to_string().contains("unf")).collect();
    assert_eq!(left, Vec::<PathBuf>::new(), "what failed or was given up leaves nothing");
}

#[tokio::test]
async fn an_object_is_one_file_that_only_its_owner_reads() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder.path().join("deep/down")).unwrap();
    store.put(&ctx(), &key("a/b"), stream_of(&b"hello"[..]), any()).await.unwrap();
    let place = folder.path().join("deep/down/a+/b");
    assert_eq!(files(folder.path()), std::slice::from_ref(&place));
    assert!(fs::read(&place).unwrap().starts_with(b"hello"));
    assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(place.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    store.delete(&ctx(), &key("a/b")).await.unwrap();
    assert!(!place.parent().unwrap().exists(), "folders that are empty are tidied away");
}

#[test]
fn a_url_names_a_folder() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().display();
    let at = |url: &str| FileBlobs::at(url, Clock::system(), BlockingPool::new(1, 1).unwrap());
    for good in [format!("file:{path}/one"), format!("file://{path}/two")] {
        assert!(at(&good).is_ok(), "{good}");
    }
    assert!(folder.path().join("one").is_dir() && folder.path().join("two").is_dir());
    for bad in ["file:", "file://"] {
        assert!(at(bad).is_err(), "{bad}");
    }
    fs::write(folder.path().join("file"), "").unwrap();
    assert!(at(&format!("file:{path}/file")).unwrap_err().is(&codes::IO));
}

#[tokio::test]
async fn what_a_disk_lost_is_damage_and_no_shorter_object() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).unwrap();
    let place = folder.path().join("a");
    let bytes = vec![7; 300_000];
    let damages: [fn(&fs::File); 4] = [
        |file| file.set_len(299_999).unwrap(),
        |file| file.set_len(10).unwrap(),
        |file| file.set_len(0).unwrap(),
        |file| file.set_len(400_000).unwrap(),
    ];
    for damage in damages {
        store.put(&ctx(), &key("a"), stream_of(bytes.clone()), any()).await.unwrap();
        damage(&fs::File::options().write(true).open(&place).unwrap());
        assert!(store.head(&ctx(), &key("a")).await.unwrap_err().is(&codes::DAMAGED));
        assert!(store.get(&ctx(), &key("a"), None).await.unwrap_err().is(&codes::DAMAGED));
    }
    // One bit, which only who reads all of it can notice.
    store.put(&ctx(), &key("a"), stream_of(bytes.clone()), any()).await.unwrap();
    fs::File::options().write(true).open(&place).unwrap().write_all_at(&[6], 1_000).unwrap();
    let mut reading = store.get(&ctx(), &key("a"), None).await.unwrap().unwrap().bytes;
    let (mut read, mut end) = (0, None);
    while let Some(piece) = reading.next().await {
        match piece {
            Ok(piece) => read += piece.len(),
            Err(error) => end = Some(error),
        }
    }
    assert!(end.unwrap().is(&codes::DAMAGED) && read < bytes.len(), "nobody takes it for whole");
}

#[tokio::test]
async fn a_start_clears_away_what_the_dead_left_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let store = open(folder.path()).unwrap();
    let unfinished = folder.path().join(".unfinished");
    // As a process leaves it that was killed between writing and renaming.
    fs::write(unfinished.join("unf_left"), "half").unwrap();
    let (piece, pieces) = futures::channel::mpsc::unbounded::<Result<bytes::Bytes>>();
    let writer = store.clone();
    let putting = Tasks::new().spawn("test.put", async move {
        writer.put(&ctx(), &key("a"), pieces.boxed(), any()).await.map(drop)
    });
    piece.unbounded_send(Ok(vec![1; 200_000].into())).unwrap();
    // One that was only made is not locked yet, and would be made again.
    let is_written = |file: &PathBuf| fs::metadata(file).is_ok_and(|file| file.len() == 200_000);
    while !files(&unfinished).iter().any(is_written) {
        tokio::task::yield_now().await;
    }
    open(folder.path()).unwrap();
    assert_eq!(files(&unfinished).len(), 1, "what is being written stays");
    assert!(!unfinished.join("unf_left").exists());
    drop(piece);
    putting.join().await.unwrap().unwrap();
    let read = store.get(&ctx(), &key("a"), None).await.unwrap().unwrap();
    assert_eq!(collect(read.bytes, 1_000_000).await.unwrap(), vec![1; 200_000]);
}

#[tokio::test]
async fn room_is_left_for_others() {
    let folder = TempDir::new().unwrap();
    let blocking = BlockingPool::new(1, 8).unwrap();
    let store = FileBlobs::with_reserve(folder.path(), Clock::system(), blocking, u64::MAX).unwrap();
    let refused = store.put(&ctx(), &key("a"), stream_of(&b"hello"[..]), any()).await.unwrap_err();
    assert!(refused.is(&codes::FULL) && refused.is_temporary());
    assert_eq!(files(folder.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_full_disk_refuses_an_object_and_takes_one_when_there_is_room() {
    match mainstay_disks::folder() {
        Some(folder) => on_the_small_disk(&folder).await,
        None => mainstay_disks::run_on_small_disk(
            "blobs::a_full_disk_refuses_an_object_and_takes_one_when_there_is_room",
            4 * 1024 * 1024,
        ),
    }
}

async fn on_the_small_disk(folder: &Path) {
    let blocking = BlockingPool::new(2, 64).unwrap();
    let store = FileBlobs::with_reserve(folder.join("blobs"), Clock::system(), blocking, 0).unwrap();
    let megabytes = |count: usize| -> BlobStream {
        stream::iter((0..count).map(|_| Ok(vec![5; 1_048_576].into()))).boxed()
    };
    store.put(&ctx(), &key("kept"), megabytes(1), any()).await.unwrap();
    for _ in 0..3 {
        let refused = store.put(&ctx(), &key("large"), megabytes(5), any()).await.unwrap_err();
        assert!(refused.is(&codes::FULL), "{}", refused.chain());
        // What was written of it made room again.
        store.put(&ctx(), &key("kept"), megabytes(2), any()).await.unwrap();
        store.put(&ctx(), &key("kept"), megabytes(1), any()).await.unwrap();
    }
    assert_eq!(store.head(&ctx(), &key("large")).await.unwrap(), None);
    assert_eq!(store.head(&ctx(), &key("kept")).await.unwrap().unwrap().size_bytes, 1_048_576);
}

/// Set to the folder in the process that is killed.
const KILLED: &str = "MAINSTAY_TEST_KILLED_FOLDER";

/// Times that a process is killed in the middle of its puts.
const KILLS: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_an_object_is_whole_or_not_there() {
    if let Some(folder) = std::env::var_os(KILLED).map(PathBuf::from) {
        return put_until_killed(&folder).await;
    }
    let folder = TempDir::new().unwrap();
    let (mut acknowledged, mut left) = (BTreeMap::new(), 0);
    for kill in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "blobs::killed_anywhere_an_object_is_whole_or_not_there", "--nocapture"])
            .env(KILLED, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // It is killed behind a few acknowledgements, somewhere in the puts after them.
        for line in lines.map_while(Result::ok).filter(|line| line.contains("put ")).take(3 + kill) {
            let line = line.split("put ").nth(1).unwrap().to_owned();
            let (at, size) = line.split_once(' ').unwrap();
            acknowledged.insert(at.to_owned(), size.parse::<u64>().unwrap());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        left += files(&folder.path().join(".unfinished")).len();
        let store = open(folder.path()).unwrap();
        assert_eq!(files(&folder.path().join(".unfinished")), Vec::<PathBuf>::new());
        for listed in store.list(&ctx(), None, None, 1_000).await.unwrap() {
            let blob = store.get(&ctx(), &listed.key, None).await.unwrap().unwrap();
            collect(blob.bytes, 10_000_000).await.unwrap();
        }
        for at in acknowledged.keys() {
            assert!(store.head(&ctx(), &key(at)).await.unwrap().is_some(), "{at} was acknowledged");
        }
    }
    assert!(left > 0, "no kill came in the middle of a put");
}

/// Puts objects of many sizes, several at a time, some of them over others, and says so of each.
async fn put_until_killed(folder: &Path) {
    let store = open(folder).unwrap();
    let workers = (0..4_u64).map(|worker| {
        let store = store.clone();
        async move {
            for round in 0.. {
                let size = 10_000 + (round * 77_777 + worker * 33_333) % 900_000;
                let at = format!("k/{}/{}", worker % 2, round % 20);
                let bytes = vec![u8::try_from(round % 251).unwrap(); usize::try_from(size).unwrap()];
                let pieces: Vec<Result<bytes::Bytes>> =
                    bytes.chunks(50_000).map(|piece| Ok(piece.to_vec().into())).collect();
                store.put(&ctx(), &key(&at), stream::iter(pieces).boxed(), any()).await.unwrap();
                println!("put {at} {size}");
            }
        }
    });
    futures::future::join_all(workers).await;
}
