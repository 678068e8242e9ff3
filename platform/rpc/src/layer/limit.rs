//! How many calls one service works on at once.

use std::sync::Arc;

use mainstay_core::{Result, codes};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A thousand checkouts a second, each in a service for some milliseconds, are dozens at once. Ten times that is a
/// service that no longer keeps up: refusing is then quicker for everybody than queueing.
pub(crate) const CALLS_MAX: usize = 1_024;

/// Refuses what is too much, at once.
pub(crate) struct Limit(Arc<Semaphore>);

impl Limit {
    pub(crate) fn new(calls: usize) -> Self {
        Self(Arc::new(Semaphore::new(calls)))
    }

    /// A place, held until the answer's last byte is taken; `core.overloaded` when there is none.
    pub(crate) fn enter(&self) -> Result<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.0).try_acquire_owned();
        place.map_err(|_| codes::OVERLOADED.error("the service has too many calls at once"))
    }
}
