//! The embedded engine: every listener of the process has a bounded queue, and publishing waits for the slowest.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use mainstay_core::{Result, codes};
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::{Batch, Capabilities, Fanout, Heard, Listener};

/// Batches that wait for one listener. A hub takes them as they come; this only evens out its scheduling.
const QUEUE: usize = 64;

/// Fans out within the process. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct InMemory(Arc<Mutex<Vec<mpsc::Sender<Arc<Batch>>>>>);

impl InMemory {
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Fanout for InMemory {
    fn capabilities(&self) -> Capabilities {
        Capabilities { lossless: true }
    }

    async fn publish(&self, batch: Batch) -> Result<()> {
        batch.check()?;
        let batch = Arc::new(batch);
        let listeners = {
            let mut listeners = self.0.lock();
            listeners.retain(|listener| !listener.is_closed());
            listeners.clone()
        };
        // Who went away meanwhile hears nothing, which is right.
        join_all(listeners.iter().map(|listener| listener.send(Arc::clone(&batch)))).await;
        Ok(())
    }

    fn listen(&self) -> Box<dyn Listener> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        self.0.lock().push(sender);
        // Keeping the engine keeps the senders, so that the queue never ends under the listener.
        Box::new(Queue { receiver, _engine: self.clone() })
    }
}

struct Queue {
    receiver: mpsc::Receiver<Arc<Batch>>,
    _engine: InMemory,
}

#[async_trait]
impl Listener for Queue {
    async fn next(&mut self) -> Result<Heard> {
        let ended = || codes::INTERNAL.error("the fan-out within the process ended");
        self.receiver.recv().await.map(Heard::Batch).ok_or_else(ended)
    }

    fn ready(&mut self) -> Option<Heard> {
        self.receiver.try_recv().ok().map(Heard::Batch)
    }
}
