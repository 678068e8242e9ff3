//! The bounded line of work in front of a pool's threads.
//!
//! A thread that finds nothing sleeps at once, and one piece of work wakes one thread. Channels made for many threads
//! look again and again before they sleep, which on few processors takes them from whoever would send.

use std::collections::VecDeque;

use parking_lot::{Condvar, Mutex};

pub(super) type Work = Box<dyn FnOnce() + Send>;

pub(super) struct Line {
    state: Mutex<State>,
    arrived: Condvar,
    capacity: usize,
}

#[derive(Default)]
struct State {
    works: VecDeque<Work>,
    closed: bool,
}

impl Line {
    pub(super) fn new(capacity: usize) -> Self {
        Self { state: Mutex::default(), arrived: Condvar::new(), capacity }
    }

    /// Puts work at the end. Returns whether there was room.
    pub(super) fn push(&self, work: Work) -> bool {
        let mut state = self.state.lock();
        if state.works.len() >= self.capacity {
            return false;
        }
        state.works.push_back(work);
        drop(state);
        // One load where nobody sleeps.
        self.arrived.notify_one();
        true
    }

    /// The next piece of work; waits while there is none. Nothing once the line is closed and empty.
    pub(super) fn take(&self) -> Option<Work> {
        let mut state = self.state.lock();
        loop {
            if let Some(work) = state.works.pop_front() {
                return Some(work);
            }
            if state.closed {
                return None;
            }
            self.arrived.wait(&mut state);
        }
    }

    /// Nothing comes any more; what stands in line is still taken.
    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.arrived.notify_all();
    }
}
