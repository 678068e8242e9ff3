//! A bounded queue between those who tell something and one who takes it away. Whoever tells never waits: what does not
//! fit is dropped and counted.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

/// A queue that holds up to a total weight.
#[derive(Debug)]
pub struct Queue<T> {
    inner: Mutex<Inner<T>>,
    changed: Notify,
    weight_max: usize,
    dropped: AtomicU64,
}

#[derive(Debug)]
struct Inner<T> {
    items: VecDeque<(usize, T)>,
    weight: usize,
    closed: bool,
}

impl<T> Queue<T> {
    pub fn new(weight_max: usize) -> Self {
        let inner = Inner { items: VecDeque::new(), weight: 0, closed: false };
        Self { inner: Mutex::new(inner), changed: Notify::new(), weight_max, dropped: AtomicU64::new(0) }
    }

    /// Adds an item of that weight; `false` when it was dropped, which counts its weight.
    pub fn push(&self, weight: usize, item: T) -> bool {
        {
            let mut inner = self.inner.lock();
            if inner.closed || inner.weight + weight > self.weight_max {
                self.dropped.fetch_add(weight as u64, Ordering::Relaxed);
                return false;
            }
            inner.weight += weight;
            inner.items.push_back((weight, item));
        }
        self.changed.notify_one();
        true
    }

    /// Takes what waits, up to `weight_max` but at least one item; waits while there is nothing. `None` once the queue
    /// is closed and empty. For one taker.
    pub async fn take(&self, weight_max: usize) -> Option<Vec<T>> {
        loop {
            // Asked before looking, so that what is closed meanwhile is looked at once more.
            let closed = self.is_closed();
            let taken = self.take_now(weight_max);
            if !taken.is_empty() {
                return Some(taken);
            }
            if closed {
                return None;
            }
            self.changed.notified().await;
        }
    }

    /// Takes what waits, up to `weight_max` but at least one item if there is one.
    pub fn take_now(&self, weight_max: usize) -> Vec<T> {
        let mut inner = self.inner.lock();
        let mut taken = Vec::new();
        let mut weight = 0;
        while let Some((next, _)) = inner.items.front()
            && (taken.is_empty() || weight + next <= weight_max)
            && let Some((next, item)) = inner.items.pop_front()
        {
            weight += next;
            taken.push(item);
        }
        inner.weight -= weight;
        taken
    }

    /// Takes nothing more in; what waits can still be taken.
    pub fn close(&self) {
        self.inner.lock().closed = true;
        self.changed.notify_one();
    }

    /// Waits until it is closed. For the one taker, who looks for items by itself afterwards.
    pub async fn closed(&self) {
        while !self.is_closed() {
            self.changed.notified().await;
        }
    }

    pub fn is_closed(&self) -> bool {
        self.inner.lock().closed
    }

    /// The weight of all that was dropped.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// The weight of what waits.
    pub fn depth(&self) -> usize {
        self.inner.lock().weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_does_not_fit_is_dropped_by_weight_and_the_rest_comes_in_order() {
        let queue = Queue::new(10);
        assert!(queue.push(4, "a") && queue.push(4, "b"));
        assert!(!queue.push(4, "too much"));
        assert!(queue.push(2, "c"));
        assert_eq!((queue.dropped(), queue.depth()), (4, 10));
        assert_eq!(queue.take(8).await.unwrap(), ["a", "b"]);
        queue.close();
        assert!(!queue.push(1, "too late"));
        assert_eq!(queue.take(1).await.unwrap(), ["c"]);
        assert_eq!(queue.take(1).await, None);
        assert_eq!(queue.dropped(), 5);
    }

    #[tokio::test]
    async fn a_taker_wakes_for_an_item_heavier_than_it_asked_for() {
        let queue = std::sync::Arc::new(Queue::new(10));
        let taker = std::sync::Arc::clone(&queue);
        let taking = mainstay_core::Tasks::new().spawn("take", async move { taker.take(1).await });
        tokio::task::yield_now().await;
        assert!(queue.push(9, "big"));
        assert_eq!(taking.join().await.flatten().unwrap(), ["big"]);
    }
}
