//! The file of a replay or an import as a whole: what it is, and where it may be replayed into.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use mainstay_core::config::BAD_CONFIGURATION;
use mainstay_core::{Result, codes};
use mainstay_host::Settings;
use mainstay_records::codes::UNREADABLE;
use sha2::{Digest, Sha256};

/// Read at a time.
const CHUNK: usize = 256 * 1024;

/// The SHA-256 of a file's bytes, in hexadecimal. What can be read only once, such as a pipe, is refused: the file is read
/// again from its beginning, and so it is after a crash.
///
/// # Errors
/// `records.unreadable`, `core.invalid` for what is no regular file.
pub fn digest(path: &Path) -> Result<String> {
    let unreadable = |error: std::io::Error| {
        UNREADABLE.because(format!("{} cannot be read: {error}", path.display()), error)
    };
    // Before it is opened, which waits for ever where nobody writes into a pipe.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(codes::INVALID.error(format!(
            "{} is no regular file, and it is read more than once; write it into a file first",
            path.display()
        )));
    }
    let mut file = File::open(path).map_err(unreadable)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = file.read(&mut buffer).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Refuses a data folder in which there is a shop that no replay began: nobody writes the past into its books.
///
/// # Errors
/// `core.bad_configuration`.
pub fn refuse_other_shop(settings: &Settings) -> Result<()> {
    let data = &settings.process.data;
    if settings.root_key().exists() && !data.join("shop.replay.db").exists() {
        return Err(BAD_CONFIGURATION.error(format!(
            "{} holds a shop that is no replay; name an empty folder with --data",
            data.display()
        )));
    }
    Ok(())
}
