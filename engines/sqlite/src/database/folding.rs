//! The thread that folds the log into the main file while the writer goes on writing.
//!
//! Copying thousands of pages and syncing them takes ten milliseconds and more, once a second under load: done by the
//! writer, that was the longest wait that one commit in a hundred met. A passive checkpoint stops nobody, so it runs
//! here on a connection of its own. What it cannot do is to come to the log's end while commits are added, and only
//! from there the log begins anew: that rest, a few pages, stays the writer's.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::thread::{self, JoinHandle};

use mainstay_core::Result;

use super::{errors, io, settings};

const RESTING: u8 = 0;
const WORKING: u8 = 1;
const DONE: u8 = 2;

/// The thread, as the writer sees it. Dropping it waits for what it does.
pub(super) struct Folding {
    // `None` only while it is dropped: then the thread has nothing more to wait for.
    ask: Option<SyncSender<()>>,
    stage: Arc<AtomicU8>,
    thread: Option<JoinHandle<()>>,
}

/// What the writer is to do about a log that has grown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// The thread works on it.
    GoOn,
    /// The thread has done its part; the rest is the writer's.
    Finish,
}

impl Folding {
    /// Opens a connection to `file` and starts the thread.
    pub(super) fn start(file: &Path, name: &str) -> Result<Self> {
        let connection = settings::folder(file)?;
        let stage = Arc::new(AtomicU8::new(RESTING));
        let (ask, asked) = mpsc::sync_channel(1);
        let (told, database) = (Arc::clone(&stage), name.to_owned());
        let thread = thread::Builder::new()
            .name(format!("fold {name}"))
            .spawn(move || {
                while asked.recv().is_ok() {
                    let folded = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
                    if let Err(error) = folded {
                        // The writer tries it itself next, and says so when that fails too.
                        let error = errors::of(error, false);
                        tracing::debug!(database, error = error.chain(), "the log could not be folded aside");
                    }
                    told.store(DONE, Ordering::Release);
                }
            })
            .map_err(|error| io("the thread that folds the log cannot be started", error))?;
        Ok(Self { ask: Some(ask), stage, thread: Some(thread) })
    }

    /// The log has grown: sets the thread to work, or tells that it has done so.
    pub(super) fn turn(&self) -> Turn {
        match self.stage.load(Ordering::Acquire) {
            DONE => {
                self.stage.store(RESTING, Ordering::Release);
                Turn::Finish
            }
            WORKING => Turn::GoOn,
            _ => {
                self.stage.store(WORKING, Ordering::Release);
                let asked = self.ask.as_ref().is_some_and(|ask| ask.try_send(()).is_ok());
                // Without the thread the writer folds as it would without help.
                if asked { Turn::GoOn } else { Turn::Finish }
            }
        }
    }
}

impl Drop for Folding {
    fn drop(&mut self) {
        drop(self.ask.take());
        if let Some(thread) = self.thread.take() {
            // It does not panic; if it did, the log would be folded by the writer all the same.
            let _ = thread.join();
        }
    }
}
