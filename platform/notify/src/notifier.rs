//! The port: who delivers messages.

use async_trait::async_trait;
use mainstay_core::{Context, Result};

use crate::message::Message;

/// Delivers messages, each id once. Many are handed to it at once; it bounds what the other side has to take.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Hands the message over for good: when it returns, the message survives a crash of this process and of what
    /// took it. A message whose id was handed over before is not delivered again, and that is a success.
    ///
    /// `notify.undelivered` when it could not be handed over or nobody knows; then the same message is sent again.
    async fn send(&self, ctx: &Context, message: &Message) -> Result<()>;
}
