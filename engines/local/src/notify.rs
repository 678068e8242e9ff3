//! A folder as a mail box: each message is a file `<id>.eml`, which mail programs open.
//!
//! A message is written beside its place and renamed into it: a file that is there is whole, whenever the process is
//! killed. The name is the id, so a message that comes again finds itself delivered.
//!
//! Nothing is synced. The folder stands in for a mail server while one develops; that the mails of the last half minute
//! outlive a power cut too would cost each of them a sync of its own.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{BlockingPool, Clock, Context, Error, Id, Result};
use mainstay_notify::{Address, Message, MessageKind, Notifier, codes, to_mime};

/// A file that was not renamed within this time belongs to a process that died.
const ABANDONED_AFTER: Duration = Duration::from_secs(3_600);

/// Readable by the owner alone: mails are personal.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// Delivers into a folder. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Mailbox(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    folder: PathBuf,
    from: Address,
    clock: Clock,
    blocking: BlockingPool,
}

impl Mailbox {
    /// Opens the folder, makes it if it is not there, and clears away what a crash left unfinished. Messages are from
    /// `from`; files are written in `blocking`, as many at a time as that has threads. `notify.undelivered` when the
    /// folder cannot be used.
    pub fn open(
        folder: impl Into<PathBuf>,
        from: Address,
        clock: Clock,
        blocking: BlockingPool,
    ) -> Result<Self> {
        let folder = folder.into();
        let unusable = |error| codes::UNDELIVERED.because("the mail folder cannot be used", error);
        fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&folder).map_err(unusable)?;
        clear_abandoned(&folder).map_err(unusable)?;
        Ok(Self(Arc::new(Parts { folder, from, clock, blocking })))
    }

    /// Where the messages are.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }
}

#[async_trait]
impl Notifier for Mailbox {
    async fn send(&self, _ctx: &Context, message: &Message) -> Result<()> {
        let mail = to_mime(message, &self.0.from, self.0.clock.now())?;
        let place = self.0.folder.join(format!("{}.eml", message.id()));
        let name = Id::<MessageKind>::generate(&self.0.clock);
        let unfinished = self.0.folder.join(format!(".{name}.tmp"));
        let written = self.0.blocking.run(move || deliver(&mail, &unfinished, &place));
        written.await?.map_err(undelivered)
    }
}

fn undelivered(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    codes::UNDELIVERED.because("the message could not be put into the mail folder", error)
}

fn deliver(mail: &[u8], unfinished: &Path, place: &Path) -> io::Result<()> {
    if place.try_exists()? {
        return Ok(());
    }
    let written = write(mail, unfinished).and_then(|()| fs::rename(unfinished, place));
    if written.is_err() {
        // What is left of it must not fill a disk that is full already; if it stays, the next start removes it.
        let _ = fs::remove_file(unfinished);
    }
    written
}

fn write(mail: &[u8], place: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(place)?;
    file.write_all(mail)
}

fn clear_abandoned(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_unfinished = name.to_str().is_some_and(|name| name.starts_with('.') && name.ends_with(".tmp"));
        if is_unfinished && is_abandoned(&entry.metadata()?) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

// By the file system's own clock, which another process that is writing now has also set.
fn is_abandoned(metadata: &fs::Metadata) -> bool {
    let age = metadata.modified().ok().and_then(|modified| modified.elapsed().ok());
    age.is_some_and(|age| age > ABANDONED_AFTER)
}
