//! The port through which messages reach every hub, and the engine for one process.
//!
//! What is fanned out is a [`Batch`] of one kind: messages with their positions, in order, and how far the kind's log
//! has been read. An engine may lose batches if it says so: a listener then hears [`Heard::Gap`], and hubs let their
//! subscribers fetch anew instead of missing something in silence.

mod memory;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use mainstay_core::Result;
use mainstay_events::Position;

use crate::room::RoomName;

pub use memory::InMemory;

/// The largest message: what is pushed says what changed, and is fetched when it is more than that.
pub const MESSAGE_BYTES_MAX: usize = 16 * 1024;

/// Messages in one batch: what a consumer of a log reads at once.
pub const BATCH_MAX: usize = 256;

/// One message to a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub room: RoomName,
    pub position: Position,
    /// JSON without line breaks, at most [`MESSAGE_BYTES_MAX`].
    pub data: Bytes,
}

/// What is fanned out at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The kind of all its rooms.
    pub kind: &'static str,
    /// Set when the log is followed anew: nothing is known of what came at or before this place.
    pub begins_after: Option<Position>,
    /// Oldest first; positions ascend. At most [`BATCH_MAX`].
    pub messages: Vec<Message>,
    /// The log was read up to here.
    pub through: Position,
}

/// What a listener hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Batch(Arc<Batch>),
    /// Batches were lost: nothing may be concluded from what was heard before.
    Gap,
}

/// What an engine can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Publishing waits for slow listeners, so that there is never a gap.
    pub lossless: bool,
}

/// Hands batches to every hub, in this process and, with an engine that can, in others.
#[async_trait]
pub trait Fanout: Send + Sync + 'static {
    fn capabilities(&self) -> Capabilities;

    /// Hands it to everybody who listens. Batches of one publisher arrive in the order of these calls. A batch that
    /// nobody hears is gone.
    ///
    /// # Errors
    /// `core.invalid` for a message or a batch beyond its bound; anything temporary when the engine cannot be reached.
    async fn publish(&self, batch: Batch) -> Result<()>;

    /// Hears what is published from now on.
    fn listen(&self) -> Box<dyn Listener>;
}

/// One listener's place.
#[async_trait]
pub trait Listener: Send {
    /// The next thing heard; waits for it. Dropping the future loses nothing.
    async fn next(&mut self) -> Result<Heard>;

    /// What else is there already, without waiting; so that subscribers are woken once for many batches.
    fn ready(&mut self) -> Option<Heard>;
}

impl Batch {
    /// Refuses what an engine must not take.
    pub fn check(&self) -> Result<()> {
        let refuse = |why: &str| Err(mainstay_core::codes::INVALID.error(why.to_owned()));
        if self.messages.len() > BATCH_MAX {
            return refuse("a batch has too many messages");
        }
        if self.messages.iter().any(|message| message.data.len() > MESSAGE_BYTES_MAX) {
            return refuse("a message is larger than what is pushed");
        }
        if self.messages.iter().any(|message| message.room.kind() != self.kind) {
            return refuse("a batch is of one kind of rooms");
        }
        Ok(())
    }
}
