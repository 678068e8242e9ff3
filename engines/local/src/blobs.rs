//! Objects as files in a folder: `mainstay-blobs`'s port.
//!
//! An object is written into a file beside all objects, synced, and renamed to its place, whose folders are synced too:
//! a file that has an object's name is whole, and one that was acknowledged survives a power cut. The file ends with
//! what the object is said to be (see `blobs/seal.rs`), so that what a disk lost is noticed.
//!
//! Everything that touches the disk runs on the threads for calls that block, a piece at a time.

mod listing;
mod place;
mod seal;
mod unfinished;

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, stream};
use mainstay_blobs::{
    Blob, BlobKey, BlobStream, Blobs, ByteRange, Digester, Expected, Intake, LIST_MAX, Listed, Stored, codes,
};
use mainstay_core::{BlockingPool, Clock, Context, Error, Result, Timestamp, codes as core_codes};

use self::place::Place;
use self::seal::Seal;
use self::unfinished::{Unfinished, Writer};

/// Read or written at once: a turn on a thread costs little beside it, and a thousand readers hold little of it.
const PIECE_BYTES: usize = 128 * 1_024;

/// Left free for the databases, which may be on the same disk and must not stand still for a picture.
const RESERVE_BYTES: u64 = 64 * 1_024 * 1_024;

/// A put begins anew when another one's folder was tidied away under it, so many times.
const TRIES_MAX: u32 = 16;

/// Readable by the owner alone.
const FOLDER_MODE: u32 = 0o700;

/// Objects below a folder. Cheap to clone.
#[derive(Clone, Debug)]
pub struct FileBlobs(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    place: Place,
    reserve_bytes: u64,
    clock: Clock,
    blocking: BlockingPool,
}

impl FileBlobs {
    /// What stands before the colon of the URL.
    pub const SCHEME: &str = "file";

    /// Opens what a URL names: `file:data/blobs`, and also `file:///var/lib/mainstay/blobs`.
    ///
    /// # Errors
    /// `core.invalid` when it names no folder; `blobs.io` when the folder cannot be used.
    pub fn at(url: &str, clock: Clock, blocking: BlockingPool) -> Result<Self> {
        let folder = url.strip_prefix("file:").unwrap_or_default();
        let folder = folder.strip_prefix("//").unwrap_or(folder);
        if folder.is_empty() {
            return Err(core_codes::INVALID.error(format!("{url:?} is no folder; write file:<folder>")));
        }
        Self::open(folder, clock, blocking)
    }

    /// Opens the folder, makes it if it is not there, and clears away what a process left unfinished that died.
    ///
    /// # Errors
    /// `blobs.io` when the folder cannot be used.
    pub fn open(folder: impl Into<PathBuf>, clock: Clock, blocking: BlockingPool) -> Result<Self> {
        Self::with_reserve(folder, clock, blocking, RESERVE_BYTES)
    }

    /// The same, with so much left free on the disk.
    ///
    /// # Errors
    /// `blobs.io` when the folder cannot be used.
    pub fn with_reserve(
        folder: impl Into<PathBuf>,
        clock: Clock,
        blocking: BlockingPool,
        reserve_bytes: u64,
    ) -> Result<Self> {
        let place = Place::new(folder.into());
        let unusable = |error| codes::IO.because("the folder of objects cannot be used", error);
        make_folders(place.unfinished()).map_err(unusable)?;
        unfinished::sweep(place.unfinished()).map_err(unusable)?;
        Ok(Self(Arc::new(Parts { place, reserve_bytes, clock, blocking })))
    }

    async fn on_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Parts) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let parts = Arc::clone(&self.0);
        self.0.blocking.run(move || work(&parts)).await?
    }
}

#[async_trait]
impl Blobs for FileBlobs {
    async fn put(
        &self,
        ctx: &Context,
        key: &BlobKey,
        mut bytes: BlobStream,
        expected: Expected,
    ) -> Result<Stored> {
        let intake = Intake::begin(expected)?;
        let file = self.on_thread(|parts| Unfinished::create(parts.place.unfinished(), &parts.clock)).await?;
        let mut writer = Writer::new(file, intake, self.0.blocking.clone());
        let mut gathered = BytesMut::new();
        loop {
            ctx.remaining(&self.0.clock)?;
            let piece = bytes.next().await.transpose()?;
            let is_last = piece.is_none();
            gathered.extend_from_slice(&piece.unwrap_or_default());
            if gathered.len() >= PIECE_BYTES || (is_last && !gathered.is_empty()) {
                let (place, reserve) = (self.0.place.clone(), self.0.reserve_bytes);
                let full = gathered.split().freeze();
                writer = writer.write(full, move || there_is_room(place.unfinished(), reserve)).await?;
            }
            if is_last {
                break;
            }
        }
        let (parts, key) = (Arc::clone(&self.0), key.clone());
        writer.finish(move |file, seal| move_to_place(file, seal, &parts, &key)).await
    }

    async fn head(&self, _ctx: &Context, key: &BlobKey) -> Result<Option<Stored>> {
        let key = key.clone();
        self.on_thread(move |parts| Ok(open(&parts.place, &key)?.map(|(_, stored)| stored))).await
    }

    async fn get(&self, _ctx: &Context, key: &BlobKey, range: Option<ByteRange>) -> Result<Option<Blob>> {
        let wanted = key.clone();
        let opened = self.on_thread(move |parts| open(&parts.place, &wanted)).await?;
        let Some((file, stored)) = opened else { return Ok(None) };
        let size = stored.size_bytes;
        let (start, length) = match range {
            None => (0, size),
            Some(range) => range.within(size).ok_or_else(|| {
                codes::RANGE.error(format!("the object has {size} bytes, and none of those"))
            })?,
        };
        let reading = Reading {
            file: Arc::new(file),
            at: start,
            end: start + length,
            stored,
            digester: (length == size).then(Digester::default),
            key: key.clone(),
            blocking: self.0.blocking.clone(),
        };
        Ok(Some(Blob { stored, start, length, bytes: reading.stream() }))
    }

    async fn delete(&self, _ctx: &Context, key: &BlobKey) -> Result<bool> {
        let key = key.clone();
        self.on_thread(move |parts| delete(&parts.place, &key).map_err(|error| failed(error, "deleted")))
            .await
    }

    async fn list(
        &self,
        _ctx: &Context,
        under: Option<&BlobKey>,
        after: Option<&BlobKey>,
        limit: usize,
    ) -> Result<Vec<Listed>> {
        let (under, after) = (under.cloned(), after.cloned());
        let limit = limit.min(LIST_MAX);
        self.on_thread(move |parts| {
            let found = listing::list(&parts.place, under.as_ref(), after.as_ref(), limit);
            found.map_err(|error| failed(error, "listed"))
        })
        .await
    }
}

/// An object that is being read.
struct Reading {
    file: Arc<File>,
    at: u64,
    end: u64,
    stored: Stored,
    /// Only of a whole object it is known what its digest must be.
    digester: Option<Digester>,
    key: BlobKey,
    blocking: BlockingPool,
}

impl Reading {
    fn stream(self) -> BlobStream {
        stream::try_unfold(self, |reading| async move {
            if reading.at == reading.end {
                return Ok(None);
            }
            let blocking = reading.blocking.clone();
            blocking.run(move || reading.next()).await?.map(Some)
        })
        .boxed()
    }

    fn next(mut self) -> Result<(Bytes, Self)> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let mut piece = vec![0; left.min(PIECE_BYTES)];
        self.file.read_exact_at(&mut piece, self.at).map_err(|error| failed(error, "read"))?;
        self.at += piece.len() as u64;
        if let Some(digester) = &mut self.digester {
            digester.update(&piece);
            // Before the last piece is given away: who reads must not take it for whole.
            if self.at == self.end && digester.clone().finish() != self.stored.digest {
                return Err(codes::DAMAGED
                    .because("the object has other bytes than were stored", self.key.to_string()));
            }
        }
        Ok((piece.into(), self))
    }
}

fn open(place: &Place, key: &BlobKey) -> Result<Option<(File, Stored)>> {
    let file = match File::open(place.of(key)) {
        Err(error) if is_absent(&error) => return Ok(None),
        opened => opened.map_err(|error| failed(error, "read"))?,
    };
    let metadata = file.metadata().map_err(|error| failed(error, "read"))?;
    match Seal::read(&file, metadata.len()).map_err(|error| failed(error, "read"))? {
        Some(Seal { size_bytes, digest }) => {
            Ok(Some((file, Stored { size_bytes, digest, stored_at: stored_at(&metadata) })))
        }
        None => Err(codes::DAMAGED.because("the object is not whole any more", key.to_string())),
    }
}

fn stored_at(metadata: &fs::Metadata) -> Timestamp {
    let since = metadata.modified().ok().and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
    let micros = since.and_then(|since| i64::try_from(since.as_micros()).ok());
    Timestamp::from_micros(micros.unwrap_or_default())
}

fn move_to_place(file: Unfinished, seal: Seal, parts: &Parts, key: &BlobKey) -> Result<Stored> {
    let metadata = file.seal(&seal, parts.clock.now()).map_err(|error| failed(error, "written"))?;
    let moved = rename_into_folders(file, &parts.place, key).and_then(|()| parts.place.sync_folders_of(key));
    moved.map_err(|error| failed(error, "written"))?;
    Ok(Stored { size_bytes: seal.size_bytes, digest: seal.digest, stored_at: stored_at(&metadata) })
}

/// A delete tidies away folders that it leaves empty, perhaps one that was just made for this object.
fn rename_into_folders(mut file: Unfinished, place: &Place, key: &BlobKey) -> io::Result<()> {
    let there = place.of(key);
    let folder = there.parent().unwrap_or(&there);
    for _ in 0..TRIES_MAX {
        match make_folders(folder).and_then(|()| file.rename(&there)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            done => return done,
        }
    }
    Err(io::ErrorKind::NotFound.into())
}

fn delete(place: &Place, key: &BlobKey) -> io::Result<bool> {
    let there = place.of(key);
    match fs::remove_file(&there) {
        Err(error) if is_absent(&error) => return Ok(false),
        removed => removed?,
    }
    for folder in place.folders_of(key) {
        // One that is not empty stays, and so do those above it. The removal of a folder is as good as its sync.
        if fs::remove_dir(&folder).is_err() {
            match File::open(&folder).and_then(|folder| folder.sync_all()) {
                // Another delete was quicker.
                Err(error) if is_absent(&error) => continue,
                synced => return synced.map(|()| true),
            }
        }
    }
    File::open(place.root())?.sync_all()?;
    Ok(true)
}

fn make_folders(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)
}

fn there_is_room(folder: &Path, reserve_bytes: u64) -> Result<()> {
    // Where it cannot be asked, the disk itself says when it is full.
    let Ok(disk) = rustix::fs::statvfs(folder) else { return Ok(()) };
    if disk.f_bavail.saturating_mul(disk.f_frsize) < reserve_bytes {
        return Err(codes::FULL.error("the disk has no room for more objects"));
    }
    Ok(())
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn failed(error: io::Error, what: &str) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            codes::FULL.because("the disk has no room for the object", error)
        }
        io::ErrorKind::UnexpectedEof => codes::DAMAGED.because("the object is not whole any more", error),
        _ => codes::IO.because(format!("an object could not be {what}"), error),
    }
}
