//! Counts of the recent past, in slices that fall out one by one.

use std::time::Duration;

use mainstay_core::Monotonic;

/// Each slice is a tenth of the window, so that what falls out at once is small.
const SLICES: usize = 10;

#[derive(Clone, Copy, Default)]
struct Slice {
    calls: u32,
    failed: u32,
}

/// How many calls there were lately, and how many of them failed.
pub(super) struct Window {
    slices: [Slice; SLICES],
    current: usize,
    // When the current slice began.
    since: Monotonic,
    slice_length: Duration,
}

impl Window {
    pub(super) fn new(length: Duration, now: Monotonic) -> Self {
        let slice_length = (length / SLICES as u32).max(Duration::from_millis(1));
        Self { slices: [Slice::default(); SLICES], current: 0, since: now, slice_length }
    }

    pub(super) fn record(&mut self, now: Monotonic, well: bool) {
        self.advance(now);
        let slice = &mut self.slices[self.current];
        slice.calls = slice.calls.saturating_add(1);
        slice.failed = slice.failed.saturating_add(u32::from(!well));
    }

    /// Calls and failures within the window.
    pub(super) fn totals(&mut self, now: Monotonic) -> (u32, u32) {
        self.advance(now);
        self.slices.iter().fold((0, 0), |(calls, failed), slice| {
            (calls.saturating_add(slice.calls), failed.saturating_add(slice.failed))
        })
    }

    fn advance(&mut self, now: Monotonic) {
        for _ in 0..SLICES {
            if now.since(self.since) < self.slice_length {
                return;
            }
            self.since = self.since + self.slice_length;
            self.current = (self.current + 1) % SLICES;
            self.slices[self.current] = Slice::default();
        }
        // After a longer silence everything is empty, and the slices go on from here.
        self.since = now;
    }
}
