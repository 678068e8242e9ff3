//! Room that is written ahead of the log's end.
//!
//! A sync after a file has grown takes new blocks and a new length along, which costs as much again as the data. The log
//! only grows until it begins anew for the first time, but that is the time in which a new or restarted service is
//! looked at. So where commits come to the end of the file, zeros for many of them are written at once, and what
//! they add then replaces what is there. `docs/decisions/0027-room-ahead-in-the-log.md` has what it is worth.
//!
//! Zeros are no frames: their salt is not the log's, so recovery ends where they begin.

use std::fs::{File, OpenOptions};
use std::io::Result;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// The log's header, before its first frame.
const HEADER_BYTES: u64 = 32;

/// A page with its frame's header.
const FRAME_BYTES: u64 = 4_096 + 24;

/// Pages in a log up to which it is left as it is: most databases hardly ever write.
const PAGES_SMALL: u32 = 64;

/// Less room than this, in pages, is too little for the next commit of a busy service.
const PAGES_LEAST: u64 = 32;

/// Pages that are written ahead at once. Fewer are too many syncs of a longer file, more hold up the commit that syncs
/// them: this many by two thirds of a millisecond.
const PAGES_AHEAD: usize = 128;

static ZEROS: [u8; PAGES_AHEAD * FRAME_BYTES as usize] = [0; PAGES_AHEAD * FRAME_BYTES as usize];

/// The room in one log.
pub(super) struct RoomAhead {
    /// Where the log is, if the database is in a file.
    path: Option<PathBuf>,
    file: Option<File>,
    /// The log's length when it was last looked at, in bytes.
    length: u64,
}

impl RoomAhead {
    pub(super) fn of(connection: &rusqlite::Connection) -> Self {
        // With symbolic links followed, as SQLite does before it names the log.
        let path = connection.path().filter(|path| !path.is_empty()).map(|path| format!("{path}-wal").into());
        Self { path, file: None, length: 0 }
    }

    /// Makes room where commits are about to reach the log's end, which is after `pages`. Only for whoever holds the
    /// lock for writing: nobody else then adds to the log or cuts it.
    pub(super) fn make(&mut self, pages: u32) {
        if pages < PAGES_SMALL {
            // It may have been cut when it began anew.
            self.length = 0;
            return;
        }
        let wanted = HEADER_BYTES + (u64::from(pages) + PAGES_LEAST) * FRAME_BYTES;
        if wanted <= self.length {
            return;
        }
        self.length = self.extended(wanted).unwrap_or_else(|error| {
            // A full disk, say: the commit itself will tell, if it needs the room.
            tracing::debug!(%error, "no room was made ahead in the log");
            wanted + ZEROS.len() as u64
        });
    }

    fn extended(&mut self, wanted: u64) -> Result<u64> {
        let Some(path) = &self.path else { return Ok(u64::MAX) };
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(OpenOptions::new().write(true).open(path)?),
        };
        // The transaction may have spilled pages beyond what was committed, so only the file itself knows its end.
        let length = file.metadata()?.len();
        if wanted <= length {
            return Ok(length);
        }
        file.write_all_at(&ZEROS, length)?;
        Ok(length + ZEROS.len() as u64)
    }
}
