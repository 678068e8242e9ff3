//! The folder as a mail box.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use mainstay_conformance::case::failures;
use mainstay_conformance::notify::{Delivery, cases};
use mainstay_core::{BlockingPool, Clock, Context, Id};
use mainstay_engine_local::Mailbox;
use mainstay_notify::{Message, Notifier, codes};
use tempfile::TempDir;

fn open(folder: &Path) -> mainstay_core::Result<Mailbox> {
    let blocking = BlockingPool::new(8, 1_024).unwrap();
    Mailbox::open(folder, "shop@example.com".parse().unwrap(), Clock::system(), blocking)
}

fn message(number: u8) -> Message {
    let to = "ada@example.org".parse().unwrap();
    Message::new(Id::from_bytes([number; 16]), to, "Your order", "Thank you.").unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_of_the_port_holds() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_owned();
    let delivery = Delivery {
        notifier: Arc::new(open(folder.path()).unwrap()),
        delivered: Arc::new(move || {
            let mails = files(&path).iter().map(|file| fs::read(file).unwrap()).collect();
            async move { Ok(mails) }.boxed()
        }),
    };
    let cases = cases(&delivery);
    assert!(cases.len() >= 4, "the suite has lost cases");
    assert_eq!(failures(cases).await, []);
}

#[tokio::test]
async fn a_message_is_one_file_named_by_its_id_that_only_its_owner_reads() {
    let folder = TempDir::new().unwrap();
    let mailbox = open(&folder.path().join("deep/down")).unwrap();
    mailbox.send(&Context::background("test"), &message(1)).await.unwrap();
    let place = mailbox.folder().join(format!("{}.eml", message(1).id()));
    assert_eq!(files(mailbox.folder()), std::slice::from_ref(&place));
    assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(mailbox.folder()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn what_is_delivered_is_never_written_again() {
    let folder = TempDir::new().unwrap();
    let mailbox = open(folder.path()).unwrap();
    let place = folder.path().join(format!("{}.eml", message(1).id()));
    fs::write(&place, "as it was").unwrap();
    mailbox.send(&Context::background("test"), &message(1)).await.unwrap();
    assert_eq!(fs::read_to_string(place).unwrap(), "as it was");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_an_error_that_may_pass() {
    let folder = TempDir::new().unwrap();
    let mailbox = open(folder.path()).unwrap();
    fs::remove_dir_all(folder.path()).unwrap();
    let error = mailbox.send(&Context::background("test"), &message(1)).await.unwrap_err();
    assert!(error.is(&codes::UNDELIVERED) && error.is_temporary());
    fs::create_dir(folder.path()).unwrap();
    mailbox.send(&Context::background("test"), &message(1)).await.unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(open(&file).unwrap_err().is(&codes::UNDELIVERED));
}

#[tokio::test]
async fn a_start_clears_away_what_a_crash_left_long_ago() {
    let folder = TempDir::new().unwrap();
    let (old, new, other) =
        (folder.path().join(".old.tmp"), folder.path().join(".new.tmp"), folder.path().join("notes.tmp"));
    for file in [&old, &new, &other] {
        fs::write(file, "half").unwrap();
    }
    let long_ago = fs::metadata(&old).unwrap().modified().unwrap() - Duration::from_secs(86_400);
    let age =
        |file: &Path, to: SystemTime| fs::File::options().write(true).open(file).unwrap().set_modified(to);
    age(&old, long_ago).unwrap();
    age(&other, long_ago).unwrap();
    open(folder.path()).unwrap();
    assert_eq!(files(folder.path()), [new, other]);
}
