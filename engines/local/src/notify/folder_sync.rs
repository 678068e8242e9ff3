//! One sync of the folder for all who put a file into it meanwhile.
//!
//! A sync that begins after a file got its name covers that file. So whoever finds a sync under way waits for its end,
//! and one of those who waited syncs for all of them.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use parking_lot::{Condvar, Mutex};

#[derive(Debug)]
pub(super) struct FolderSync {
    folder: PathBuf,
    turns: Mutex<Turns>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct Turns {
    /// Numbers those who want to be covered.
    asked: u64,
    /// The last of them whom a successful sync covers.
    covered: u64,
    is_running: bool,
}

impl FolderSync {
    pub fn of(folder: PathBuf) -> Self {
        Self { folder, turns: Mutex::default(), ended: Condvar::new() }
    }

    /// Returns when the folder has been synced, from a moment after the call on. Blocks its thread.
    pub fn sync(&self) -> io::Result<()> {
        let mut turns = self.turns.lock();
        turns.asked += 1;
        let mine = turns.asked;
        loop {
            if turns.covered >= mine {
                return Ok(());
            }
            if !turns.is_running {
                break;
            }
            self.ended.wait(&mut turns);
        }
        turns.is_running = true;
        let covers = turns.asked;
        drop(turns);
        let outcome = File::open(&self.folder).and_then(|folder| folder.sync_all());
        let mut turns = self.turns.lock();
        turns.is_running = false;
        if outcome.is_ok() {
            turns.covered = covers;
        }
        // Those whom a failed sync would have covered try for themselves.
        self.ended.notify_all();
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;
    use std::thread;

    use super::*;

    #[test]
    fn everybody_returns_and_a_failure_is_told_to_each() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("mail");
        fs::create_dir(&place).unwrap();
        let synced = Arc::new(FolderSync::of(place.clone()));
        let all = |synced: &Arc<FolderSync>| -> Vec<bool> {
            let threads: Vec<_> = (0..16)
                .map(|_| {
                    let synced = Arc::clone(synced);
                    thread::spawn(move || synced.sync().is_ok())
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        };
        assert_eq!(all(&synced), [true; 16]);
        assert_eq!(synced.turns.lock().covered, 16);
        fs::remove_dir(&place).unwrap();
        assert_eq!(all(&synced), [false; 16]);
        assert_eq!(synced.turns.lock().covered, 16);
    }
}
