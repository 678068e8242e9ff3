//! The part of a connection that others reach: they set flags and wake it, and never wait for it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Waker;

use futures::task::AtomicWaker;

/// There may be something new in a room.
pub(crate) const NEWS: u32 = 1;
/// Time for a heartbeat, and to ask whether the session still holds.
pub(crate) const PULSE: u32 = 1 << 1;
/// The peer has been silent for too long.
pub(crate) const SILENT: u32 = 1 << 2;
/// The process ends.
pub(crate) const AWAY: u32 = 1 << 3;

/// What hub and rooms know of a connection.
#[derive(Debug, Default)]
pub(crate) struct Member {
    flags: AtomicU32,
    heard: AtomicU32,
    waker: AtomicWaker,
}

impl Member {
    pub(crate) fn new(tick: u32) -> Self {
        Self { heard: AtomicU32::new(tick), ..Self::default() }
    }

    /// Sets a flag, and wakes the connection unless it is awake for this reason already.
    pub(crate) fn tell(&self, flag: u32) {
        if self.flags.fetch_or(flag, Ordering::AcqRel) & flag == 0 {
            self.waker.wake();
        }
    }

    /// Takes what was told since the last time. Register first, or what comes in between is slept through.
    pub(crate) fn take(&self) -> u32 {
        self.flags.swap(0, Ordering::AcqRel)
    }

    pub(crate) fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// The peer gave a sign of life.
    pub(crate) fn hear(&self, tick: u32) {
        self.heard.store(tick, Ordering::Relaxed);
    }

    /// Ticks since the last sign of life.
    pub(crate) fn silent_for(&self, tick: u32) -> u32 {
        tick.wrapping_sub(self.heard.load(Ordering::Relaxed))
    }
}
