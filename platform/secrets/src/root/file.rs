//! The file: only its owner's, whole or not at all, and of two processes that start at once one makes it and both use
//! it.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use mainstay_core::{Error, Result};
use zeroize::Zeroizing;

use super::ring::{FILE_BYTES_MAX, Ring};
use crate::codes::{ROOT_KEY_DAMAGED, ROOT_KEY_EXPOSED, ROOT_KEY_UNUSABLE};
use crate::key::{Key, random};

/// Enough to see that a file was replaced, rewritten, or given to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    place: (u64, u64),
    size_bytes: u64,
    modified: (i64, i64),
    // Also when its rights change.
    changed: (i64, i64),
}

impl Mark {
    fn of(metadata: &Metadata) -> Self {
        Self {
            place: (metadata.dev(), metadata.ino()),
            size_bytes: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// `None` when there is no such file.
    pub(super) fn at(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|metadata| Self::of(&metadata))
    }
}

/// The keys in the file, and the file's mark; `None` when there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<(Ring, Mark)>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(path, "read", error)),
    };
    let metadata = file.metadata().map_err(|error| unusable(path, "read", error))?;
    if metadata.mode() & 0o077 != 0 {
        return Err(ROOT_KEY_EXPOSED.error(format!(
            "{path} has mode {mode:03o}, so others than its owner can use it; run: chmod 600 {path}",
            path = path.display(),
            mode = metadata.mode() & 0o777,
        )));
    }
    let mut text = Zeroizing::new(String::with_capacity(usize::try_from(FILE_BYTES_MAX).unwrap_or(0)));
    file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(|error| match error.kind() {
        ErrorKind::InvalidData => damaged(path),
        _ => unusable(path, "read", error),
    })?;
    let ring = Ring::parse(&text).ok_or_else(|| damaged(path))?;
    Ok(Some((ring, Mark::of(&metadata))))
}

/// Makes the first key. Written under another name, synced, and linked to its own: the link fails when somebody else was
/// first, which is as good, and no reader ever sees half a key.
pub(super) fn create(path: &Path) -> Result<()> {
    let made = || -> std::io::Result<()> {
        let folder = folder_of(path);
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let ring = Ring::of(Key::generate().map_err(std::io::Error::other)?);
        let draft = draft(folder, &ring)?;
        let linked = match std::fs::hard_link(&draft, path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        };
        let removed = std::fs::remove_file(&draft);
        linked?;
        removed?;
        sync(folder)
    };
    made().map_err(|error| unusable(path, "made", error))
}

/// Keeps every other process from changing the file for as long as it is held. Readers are not held up: what they see is
/// whole at any time. The folder is what is locked, since the file itself is another one after each change.
pub(super) fn lock(path: &Path) -> Result<File> {
    let locked = || -> std::io::Result<File> {
        let folder = File::open(folder_of(path))?;
        folder.lock()?;
        Ok(folder)
    };
    locked().map_err(|error| unusable(path, "locked", error))
}

/// Puts other keys in the place of those that are there: until the name is moved the old file is whole, from then on the
/// new one, and a crash leaves one of the two.
pub(super) fn replace(path: &Path, ring: &Ring) -> Result<()> {
    let replaced = || -> std::io::Result<()> {
        let folder = folder_of(path);
        let draft = draft(folder, ring)?;
        if let Err(error) = std::fs::rename(&draft, path) {
            // It is a key: it does not stay behind under a name that nobody looks for.
            let _ = std::fs::remove_file(&draft);
            return Err(error);
        }
        sync(folder)
    };
    replaced().map_err(|error| unusable(path, "written", error))
}

/// Writes the keys under a name of their own, synced.
fn draft(folder: &Path, ring: &Ring) -> std::io::Result<PathBuf> {
    let mut tail = [0; 8];
    random(&mut tail).map_err(std::io::Error::other)?;
    let draft = folder.join(format!(".root-{}", HEXLOWER.encode(&tail)));
    let written = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(ring.text().as_bytes())?;
        file.sync_all()
    };
    match written() {
        Ok(()) => Ok(draft),
        Err(error) => {
            let _ = std::fs::remove_file(&draft);
            Err(error)
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A name is durable only when its folder is synced too.
fn sync(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

fn unusable(path: &Path, what: &str, error: std::io::Error) -> Error {
    ROOT_KEY_UNUSABLE.because(format!("the root key {} cannot be {what}: {error}", path.display()), error)
}

fn damaged(path: &Path) -> Error {
    ROOT_KEY_DAMAGED.error(format!("{} is not a whole root key; restore it from a backup", path.display()))
}
