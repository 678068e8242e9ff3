//! Files that are being written.
//!
//! A file is locked as long as its process lives and goes on with it. So whoever finds one without a lock may take it
//! away, whatever its age: a start does that.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures::FutureExt;
use mainstay_blobs::{Intake, Stored, codes};
use mainstay_core::{BlockingPool, Clock, Id, IdKind, Result, Timestamp};
use rustix::fs::{FlockOperation, flock};

use super::failed;
use super::seal::Seal;

/// Readable by the owner alone.
const FILE_MODE: u32 = 0o600;

/// A sweep may take a file away in the moment before it is locked; then another one is made.
const TRIES_MAX: u32 = 16;

/// Names a file that is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum UnfinishedFile {}

impl IdKind for UnfinishedFile {
    const PREFIX: &'static str = "unf";
}

/// A file that is not an object yet. Dropped, it is gone.
pub(super) struct Unfinished {
    file: File,
    path: PathBuf,
    is_moved: bool,
}

impl Unfinished {
    pub(super) fn create(folder: &Path, clock: &Clock) -> Result<Self> {
        let create = || {
            for _ in 0..TRIES_MAX {
                let path = folder.join(Id::<UnfinishedFile>::generate(clock).to_string());
                let file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&path)?;
                let is_locked = flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok();
                if is_locked && file.metadata()?.nlink() > 0 {
                    return Ok(Self { file, path, is_moved: false });
                }
            }
            Err(io::ErrorKind::WouldBlock.into())
        };
        create().map_err(|error| failed(error, "written"))
    }

    /// Says what is in it and when it was stored, by our clock and not by the file system's, and makes it durable.
    pub(super) fn seal(&self, seal: &Seal, now: Timestamp) -> io::Result<fs::Metadata> {
        (&self.file).write_all(&seal.bytes())?;
        let since = Duration::from_micros(u64::try_from(now.as_micros()).unwrap_or_default());
        self.file.set_modified(SystemTime::UNIX_EPOCH + since)?;
        self.file.sync_all()?;
        self.file.metadata()
    }

    pub(super) fn rename(&mut self, to: &Path) -> io::Result<()> {
        fs::rename(&self.path, to)?;
        self.is_moved = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_moved {
            // What is left of it must not fill a disk that is full already; if it stays, the next start removes it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Writes an object piece by piece, each on a thread for calls that block.
pub(super) struct Writer {
    // There until it is handed to a thread.
    work: Option<(Unfinished, Intake)>,
    blocking: BlockingPool,
}

impl Writer {
    pub(super) fn new(file: Unfinished, intake: Intake, blocking: BlockingPool) -> Self {
        Self { work: Some((file, intake)), blocking }
    }

    /// Writes a piece, unless `may` refuses.
    pub(super) async fn write(
        mut self,
        piece: Bytes,
        may: impl FnOnce() -> Result<()> + Send + 'static,
    ) -> Result<Self> {
        let Some((file, mut intake)) = self.work.take() else { return Err(handed_over()) };
        let written = self.blocking.run(move || {
            intake.take(&piece)?;
            may()?;
            (&file.file).write_all(&piece).map_err(|error| failed(error, "written"))?;
            Ok((file, intake))
        });
        self.work = Some(written.await??);
        Ok(self)
    }

    /// Hands the file over with its seal, when it is what was expected.
    pub(super) async fn finish(
        mut self,
        finish: impl FnOnce(Unfinished, Seal) -> Result<Stored> + Send + 'static,
    ) -> Result<Stored> {
        let Some((file, intake)) = self.work.take() else { return Err(handed_over()) };
        let finished = self.blocking.run(move || {
            let (size_bytes, digest) = intake.end()?;
            finish(file, Seal { size_bytes, digest })
        });
        finished.await?
    }
}

fn handed_over() -> mainstay_core::Error {
    codes::IO.error("the file of an object was handed over already")
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            // Whoever gave up is on a thread that must not wait for a disk. A call runs also when nobody waits for it,
            // so it is enough to ask once. One that is refused drops the file here.
            let _ = self.blocking.run(move || drop(work)).now_or_never();
        }
    }
}

/// Takes away what processes left that are no more.
pub(super) fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // What is gone meanwhile was somebody's who finished it.
        let Ok(file) = File::open(&path) else { continue };
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            let _ = fs::remove_file(&path);
        }
    }
    Ok(())
}
