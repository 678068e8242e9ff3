//! Waiting a moment for a fuller batch.
//!
//! Callers that were just answered often write again at once. Starting the next commit with the first of them would
//! make the others wait for two syncs instead of one, and would spend a sync on a single row. So the writer waits
//! until as many are back as were there a moment ago, at most for half the time that a commit takes. Where callers
//! do not come back, it learns so and stops waiting.

use std::time::Duration;

use super::queue::{Queue, Works};

/// Shorter than this a thread cannot sleep and wake anyhow.
const SHORTEST: Duration = Duration::from_micros(20);

/// On a slow disk too, nobody waits noticeably longer for the sake of others.
const LONGEST: Duration = Duration::from_millis(1);

/// After waits in vain the writer leaves out 1, 2, 4, … chances, up to this many.
const LEFT_OUT_MAX: u32 = 64;

#[derive(Default)]
pub(super) struct Linger {
    /// How many were being served or in line when the last commit was done.
    present: usize,
    patience: Duration,
    /// How many chances the next wait in vain costs, and how many are still to be left out.
    penalty: u32,
    left_out: u32,
}

impl Linger {
    /// What the last batch teaches: how many callers there are, and what a commit costs.
    pub(super) fn learn(&mut self, present: usize, commit_took: Duration) {
        self.present = present;
        self.patience = (commit_took / 2).min(LONGEST);
    }

    /// Adds to `works` those who come back in time.
    pub(super) fn gather(&mut self, queue: &Queue, works: &mut Works, most: usize) {
        let before = works.len();
        let missing = self.present.min(most).saturating_sub(before);
        if missing == 0 || self.patience < SHORTEST {
            return;
        }
        if self.left_out > 0 {
            self.left_out -= 1;
            return;
        }
        queue.gather(works, before + missing, self.patience);
        let came = works.len() - before;
        if came * 2 >= missing {
            self.penalty = 0;
        } else {
            self.penalty = (self.penalty * 2).clamp(1, LEFT_OUT_MAX);
            self.left_out = self.penalty;
        }
    }
}
