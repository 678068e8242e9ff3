//! Waiting a moment for a fuller batch.
//!
//! Callers that were just answered often write again at once, and a request that goes from one database to the next
//! comes in company. A commit with the first of them alone would make the others wait for two syncs instead of one,
//! and would spend a sync on a single row. So commits of a database that has several callers keep a pace. Where all who
//! were there are back and experience says that nobody else will come, the batch is complete before; whoever is alone
//! waits for nobody.
//!
//! How long a wait may take does not depend on how long commits take: where the processors are busy both would grow,
//! and the wait would add to what it is to make up for.

use std::time::Duration;

use mainstay_core::Stopwatch;

use super::queue::{Queue, Works};

/// From the end of one commit to the beginning of the next, at most. Decision 0026 has what other values come to.
const PACE: Duration = Duration::from_millis(1);

/// After waits in vain for others the next 1, 2, 4, … batches do without, up to this many.
const LEFT_OUT_MAX: u32 = 256;

#[derive(Default)]
pub(super) struct Linger {
    /// How many were being served or in line when the last commit was done.
    present: usize,
    /// Runs since then.
    since: Option<Stopwatch>,
    /// How many batches the last wait in vain cost, and how many of them are still to come.
    penalty: u32,
    left_out: u32,
}

impl Linger {
    /// A commit is done, with so many callers there.
    pub(super) fn learn(&mut self, present: usize) {
        self.present = present;
        self.since = Some(Stopwatch::start());
    }

    /// Adds to `works` those who come in time, so that there are `most` at most.
    pub(super) fn gather(&mut self, queue: &Queue, works: &mut Works, most: usize) {
        let since = self.since.as_ref().map_or(PACE, Stopwatch::elapsed);
        let patience = PACE.saturating_sub(since);
        if works.len().max(self.present) < 2 || patience.is_zero() {
            return;
        }
        let hopeful = self.left_out == 0;
        self.left_out = self.left_out.saturating_sub(1);
        let wanted = if hopeful { most } else { self.present.min(most) };
        queue.gather(works, wanted, most, patience);
        if hopeful {
            self.judge(works.len());
        }
    }

    /// What a wait for the whole time teaches: whether anybody came beyond those who were there before. A batch of
    /// fewer teaches nothing, since it would have been waited for all the same.
    fn judge(&mut self, works: usize) {
        if works > self.present {
            self.penalty = 0;
        } else if works == self.present {
            self.penalty = (self.penalty * 2).clamp(1, LEFT_OUT_MAX);
            self.left_out = self.penalty;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hopeful_batches(linger: &mut Linger, batches: u32, works: usize) -> u32 {
        let mut hopeful = 0;
        for _ in 0..batches {
            linger.learn(works);
            if linger.left_out == 0 {
                hopeful += 1;
                linger.judge(works);
            } else {
                linger.left_out -= 1;
            }
        }
        hopeful
    }

    #[test]
    fn where_nobody_else_ever_comes_hardly_a_batch_waits_for_them() {
        let mut linger = Linger::default();
        assert!(hopeful_batches(&mut linger, 511, 64) <= 9, "1, 2, 4, … are left out");
        assert!(hopeful_batches(&mut linger, 2_570, 64) <= 10, "at most 256 are");
        // One who came after all is enough to wait again, and fewer than there were say nothing.
        linger.left_out = 0;
        linger.judge(65);
        assert_eq!(linger.left_out, 0);
        linger.judge(63);
        assert_eq!(linger.left_out, 0);
        linger.judge(64);
        assert_eq!(linger.left_out, 1);
    }
}
