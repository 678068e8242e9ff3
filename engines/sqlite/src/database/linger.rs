//! Waiting a moment for a fuller batch.
//!
//! Callers that were just answered often write again at once. A commit with the first of them alone would make the
//! others wait for two syncs instead of one, and would spend a sync on a single row. So while a batch is open, the
//! writer takes in those who come back, until as many are in it as were there a moment ago. It waits for as long as they
//! keep coming, at most for the time of four commits; where nobody comes for the time of one, the batch is complete.
//! Where callers do not come back at all, it learns so and stops waiting.

use std::time::Duration;

use mainstay_core::Stopwatch;

use super::queue::{Queue, Works};

/// Shorter than this a thread cannot sleep and wake anyhow.
const SHORTEST: Duration = Duration::from_micros(20);

/// On a slow disk too, nobody waits noticeably longer for the sake of the next, nor of all who keep coming.
const LONGEST_GAP: Duration = Duration::from_millis(2);
const LONGEST: Duration = Duration::from_millis(4);

/// After waits in vain the writer leaves out 1, 2, 4, … chances, up to this many.
const LEFT_OUT_MAX: u32 = 64;

#[derive(Default)]
pub(super) struct Linger {
    /// How many were being served or in line when the last commit was done.
    present: usize,
    /// How long the next one is waited for, and all of them together.
    gap: Duration,
    patience: Duration,
    /// How many chances the last wait in vain cost, and how many of them are still to be left out.
    penalty: u32,
    left_out: u32,
}

/// The wait of one batch.
pub(super) struct Wait {
    began: Stopwatch,
    before: usize,
    /// How many the batch is to have.
    pub(super) wanted: usize,
}

impl Linger {
    /// What the last batch teaches: how many callers there are, and what a commit costs.
    pub(super) fn learn(&mut self, present: usize, commit_took: Duration) {
        self.present = present;
        self.gap = commit_took.min(LONGEST_GAP);
        self.patience = (commit_took * 4).min(LONGEST);
    }

    /// A batch begins with so many works and may have `most`.
    pub(super) fn begin(&mut self, works: usize, most: usize) -> Wait {
        let mut wanted = self.present.clamp(works, most.max(works));
        if wanted > works {
            if self.gap < SHORTEST {
                wanted = works;
            } else if self.left_out > 0 {
                self.left_out -= 1;
                wanted = works;
            }
        }
        Wait { began: Stopwatch::start(), before: works, wanted }
    }

    /// Adds to `works` those who are back; whether there are any. Without any the batch is complete.
    pub(super) fn more(&mut self, wait: &Wait, queue: &Queue, works: &mut Works) -> bool {
        let have = works.len();
        if have >= wait.wanted {
            return false;
        }
        let left = self.patience.saturating_sub(wait.began.elapsed());
        queue.gather(works, wait.wanted - have, left.min(self.gap));
        works.len() > have
    }

    /// What the wait of a batch teaches.
    pub(super) fn end(&mut self, wait: &Wait, works: usize) {
        let (missing, came) = (wait.wanted - wait.before, works - wait.before);
        if missing == 0 {
            return;
        }
        if came * 2 >= missing {
            self.penalty = 0;
        } else {
            self.penalty = (self.penalty * 2).clamp(1, LEFT_OUT_MAX);
            self.left_out = self.penalty;
        }
    }
}
