//! The thread that owns the connection that writes.

use std::path::Path;
use std::sync::Arc;
use std::thread;

use mainstay_core::Result;
use mainstay_sql::Options;
use tokio::sync::watch;

use super::ahead::RoomAhead;
use super::batch::{Batches, MOST};
use super::checkpoint::Checkpoints;
use super::folding::Folding;
use super::queue::Queue;
use super::session::Link;
use super::{io, scheduling, settings};

/// The running thread, as its database sees it.
pub(super) struct Writer(watch::Receiver<()>);

impl Writer {
    /// Opens the file on the caller's thread, so that a failure is the caller's, and starts the thread.
    pub(super) fn start(file: &Path, name: &str, options: &Options, queue: Arc<Queue>) -> Result<Self> {
        let connection = settings::writer(file)?;
        let folding = Folding::start(file, name)?;
        let checkpoints = Checkpoints::watch(&connection, folding, options.metrics.of(name));
        let room = RoomAhead::of(&connection);
        let link = Link::new(connection)?;
        let (database, options) = (name.to_owned(), options.clone());
        let (running, ended) = watch::channel(());
        thread::Builder::new()
            .name(format!("write {name}"))
            .spawn(move || {
                // Dropped last, also by a panic: whoever waits for the end hears of it.
                let _running = running;
                let _abandon = Abandon(Arc::clone(&queue));
                scheduling::become_batch();
                // A capture would be dropped after these: whoever heard of the end would find the file still open.
                let link = link;
                let batches =
                    Batches::new(link.kept_session(), room, &database, &options, Arc::clone(&queue));
                serve(&queue, batches, checkpoints);
            })
            .map_err(|error| io("the thread that writes cannot be started", error))?;
        Ok(Self(ended))
    }

    /// Waits until the thread has finished what was queued and closed the file.
    pub(super) async fn ended(&self) {
        let mut ended = self.0.clone();
        // The only news of this channel is that its sender is gone.
        while ended.changed().await.is_ok() {}
    }
}

fn serve(queue: &Queue, mut batches: Batches<'_>, mut checkpoints: Checkpoints) {
    let mut works = Vec::with_capacity(MOST);
    while queue.take(&mut works, MOST) {
        batches.run(&mut works);
        checkpoints.when_due(&batches.session, batches.disk_full);
    }
    checkpoints.finish(&batches.session);
}

// Nobody may wait for a thread that is gone, whatever ended it.
struct Abandon(Arc<Queue>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
