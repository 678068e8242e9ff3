//! What a process tells, for those who carry it away: an exporter, a store. Each has a bounded queue of its own, so that
//! a slow one costs nobody else anything.

use std::sync::{Arc, OnceLock};

use parking_lot::RwLock;

use crate::log::Line;
use crate::queue::Queue;
use crate::trace::FinishedSpan;

/// One thing that was told. Masked already.
#[derive(Clone, Debug)]
pub enum Told {
    /// Spans of one trace that ended in this process, in the order in which they ended.
    Spans(Arc<[FinishedSpan]>),
    Line(Arc<Line>),
}

impl Told {
    /// How many spans or lines it is; queues are bounded by that.
    pub fn weight(&self) -> usize {
        match self {
            Self::Spans(spans) => spans.len(),
            Self::Line(_) => 1,
        }
    }
}

type Subscribers = RwLock<Vec<Arc<Queue<Told>>>>;

static SUBSCRIBERS: OnceLock<Subscribers> = OnceLock::new();

/// All that this process tells from now on, up to `waiting_max` spans and lines; more are dropped and counted.
pub fn subscribe(waiting_max: usize) -> Arc<Queue<Told>> {
    let queue = Arc::new(Queue::new(waiting_max));
    SUBSCRIBERS.get_or_init(Subscribers::default).write().push(Arc::clone(&queue));
    queue
}

/// Ends a subscription; what waits can still be taken.
pub fn unsubscribe(queue: &Arc<Queue<Told>>) {
    queue.close();
    if let Some(subscribers) = SUBSCRIBERS.get() {
        subscribers.write().retain(|known| !Arc::ptr_eq(known, queue));
    }
}

/// Whether anybody listens.
pub(crate) fn is_wanted() -> bool {
    SUBSCRIBERS.get().is_some_and(|subscribers| !subscribers.read().is_empty())
}

pub(crate) fn tell(told: &Told) {
    let Some(subscribers) = SUBSCRIBERS.get() else { return };
    for queue in subscribers.read().iter() {
        queue.push(told.weight(), told.clone());
    }
}
