//! The root key of an installation: made once, kept in one file that only its owner can read.
//!
//! The file is one line of text, `mainstay-root-1` and hexadecimal, so that a person can copy it to paper. It ends in
//! a check value: a key with one wrong letter is refused here instead of failing to open everything later. The file
//! appears whole or not at all, and of two processes that start at once one makes it and both use it.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use mainstay_core::{Error, Result};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::codes::{ROOT_KEY_DAMAGED, ROOT_KEY_EXPOSED, ROOT_KEY_UNUSABLE};
use crate::key::{Key, random};

const HEADER: &str = "mainstay-root-1 ";
const CHECK_BYTES: usize = 4;

/// A key file is 89 bytes; one that is much longer is something else.
const FILE_BYTES_MAX: u64 = 1_024;

/// The key that all others come from.
#[derive(Clone, Debug)]
pub struct RootKey(Key);

impl RootKey {
    /// Reads the key at `path`, by custom `data/keys/root`, or makes it when there is none.
    ///
    /// # Errors
    /// `secrets.root_key_exposed` when anybody but the owner may read it, `secrets.root_key_damaged` when it is cut
    /// off or altered, `secrets.root_key_unusable` when the folder cannot be used.
    pub fn open_or_create(path: &Path) -> Result<Self> {
        match File::open(path) {
            Ok(file) => Self::read(path, file),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                create(path).map_err(|error| unusable(path, "made", error))?;
                let file = File::open(path).map_err(|error| unusable(path, "read", error))?;
                Self::read(path, file)
            }
            Err(error) => Err(unusable(path, "read", error)),
        }
    }

    /// A root key from bytes, for tests and tools.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Key::from_bytes(bytes))
    }

    /// The key that `label` names, see [`Key::derive`].
    #[must_use]
    pub fn derive(&self, label: &str) -> Key {
        self.0.derive(label)
    }

    fn read(path: &Path, file: File) -> Result<Self> {
        let mode = file.metadata().map_err(|error| unusable(path, "read", error))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(ROOT_KEY_EXPOSED.error(format!(
                "{path} has mode {mode:03o}, so others than its owner can use it; run: chmod 600 {path}",
                path = path.display(),
                mode = mode & 0o777,
            )));
        }
        let mut text = Zeroizing::new(String::new());
        file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(|error| match error.kind() {
            ErrorKind::InvalidData => damaged(path),
            _ => unusable(path, "read", error),
        })?;
        parse(&text).map(Self).ok_or_else(|| damaged(path))
    }
}

fn parse(text: &str) -> Option<Key> {
    let hex = text.strip_prefix(HEADER)?.strip_suffix('\n')?;
    let bytes = Zeroizing::new(HEXLOWER.decode(hex.as_bytes()).ok()?);
    let (key, check) = bytes.split_at_checked(bytes.len().checked_sub(CHECK_BYTES)?)?;
    let key: [u8; 32] = key.try_into().ok()?;
    (check == check_value(&key)).then(|| Key::from_bytes(key))
}

fn check_value(key: &[u8]) -> [u8; CHECK_BYTES] {
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&Sha256::digest(key)[..CHECK_BYTES]);
    check
}

/// Makes the file under another name, syncs it, and links it to its own: the link fails when somebody else was first,
/// which is as good, and no reader ever sees half a key.
fn create(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;

    let key = Key::generate().map_err(std::io::Error::other)?;
    let draft = draft_path(folder)?;
    let mut line = Zeroizing::new(String::with_capacity(128));
    line.push_str(HEADER);
    HEXLOWER.encode_append(key.as_bytes(), &mut line);
    HEXLOWER.encode_append(&check_value(key.as_bytes()), &mut line);
    line.push('\n');

    let written =
        write_synced(&draft, line.as_bytes()).and_then(|()| match std::fs::hard_link(&draft, path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        });
    let removed = std::fs::remove_file(&draft);
    written?;
    removed?;
    // The name is durable only when the folder is synced too.
    File::open(folder)?.sync_all()
}

fn draft_path(folder: &Path) -> std::io::Result<PathBuf> {
    let mut tail = [0; 8];
    random(&mut tail).map_err(std::io::Error::other)?;
    Ok(folder.join(format!(".root-{}", HEXLOWER.encode(&tail))))
}

fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn unusable(path: &Path, what: &str, error: std::io::Error) -> Error {
    ROOT_KEY_UNUSABLE.because(format!("the root key {} cannot be {what}: {error}", path.display()), error)
}

fn damaged(path: &Path) -> Error {
    ROOT_KEY_DAMAGED.error(format!("{} is not a whole root key; restore it from a backup", path.display()))
}
