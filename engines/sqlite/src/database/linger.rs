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

pub(super) struct Linger {
    pace: Duration,
    /// How many were being served or in line when the last commit was done.
    present: usize,
    /// Runs since then.
    since: Option<Stopwatch>,
    /// How many batches the last wait in vain cost, and how many of them are still to come.
    penalty: u32,
    left_out: u32,
}

impl Default for Linger {
    fn default() -> Self {
        Self { pace: PACE, present: 0, since: None, penalty: 0, left_out: 0 }
    }
}

impl Linger {
    /// A commit is done, with so many callers there.
    pub(super) fn learn(&mut self, present: usize) {
        self.present = present;
        self.since = Some(Stopwatch::start());
    }

    /// Adds to `works` those who come in time, so that there are `most` at most.
    pub(super) fn gather(&mut self, queue: &Queue, works: &mut Works, most: usize) {
        let since = self.since.as_ref().map_or(self.pace, Stopwatch::elapsed);
        let patience = self.pace.saturating_sub(since);
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
    use std::sync::Arc;
    use std::thread;

    use mainstay_core::Error;
    use mainstay_sql::{Connection, Metrics, Verdict, Work};

    use super::*;

    const MOST: usize = 8;
    /// A test that waited for this would be seen to hang.
    const FOR_EVER: Duration = Duration::from_secs(3_600);

    struct Nothing;

    impl Work for Nothing {
        fn run(&mut self, _: &dyn Connection) -> Verdict {
            Verdict::Keep
        }

        fn answer(self: Box<Self>, _: Option<Error>) {}

        fn is_bounded(&self) -> bool {
            true
        }
    }

    fn works(count: usize) -> Works {
        (0..count).map(|_| Box::new(Nothing) as Box<dyn Work>).collect()
    }

    fn queue(count: usize) -> Queue {
        let queue = Queue::new(100, Metrics::unregistered().of("linger"));
        works(count).into_iter().for_each(|work| queue.push(work));
        queue
    }

    /// How many are in a batch of `count` in the end, with `queued` in line.
    fn gathered(linger: &mut Linger, count: usize, queue: &Queue) -> usize {
        let mut batch = works(count);
        linger.gather(queue, &mut batch, MOST);
        batch.len()
    }

    /// One that expects nobody beyond the `present` ones.
    fn hopeless(present: usize) -> Linger {
        let mut linger = Linger { pace: FOR_EVER, left_out: 100, ..Linger::default() };
        linger.learn(present);
        linger
    }

    #[test]
    fn who_is_alone_waits_for_nobody_and_the_first_do_not_either() {
        let mut linger = Linger { pace: FOR_EVER, ..Linger::default() };
        assert_eq!(gathered(&mut linger, 3, &queue(0)), 3, "no commit was before");
        linger.learn(1);
        assert_eq!(gathered(&mut linger, 1, &queue(0)), 1);
    }

    #[test]
    fn a_batch_is_complete_when_all_who_were_there_are_back() {
        assert_eq!(gathered(&mut hopeless(3), 3, &queue(0)), 3);
        assert_eq!(gathered(&mut hopeless(3), 1, &queue(2)), 3);
        assert_eq!(gathered(&mut hopeless(3), 1, &queue(4)), 5, "who is in line anyhow comes along");
        assert_eq!(gathered(&mut hopeless(3), 1, &queue(20)), MOST);
    }

    #[test]
    fn the_last_one_to_come_back_ends_the_wait_and_so_does_the_end_of_the_queue() {
        let line = Arc::new(queue(0));
        let late = {
            let line = Arc::clone(&line);
            thread::spawn(move || works(2).into_iter().for_each(|work| line.push(work)))
        };
        assert_eq!(gathered(&mut hopeless(3), 1, &line), 3);
        late.join().unwrap();
        let closer = {
            let line = Arc::clone(&line);
            thread::spawn(move || line.close())
        };
        assert_eq!(gathered(&mut hopeless(3), 1, &line), 1);
        closer.join().unwrap();
        assert_eq!(gathered(&mut hopeless(3), 1, &line), 1, "and it has ended");
    }

    #[test]
    fn where_nobody_else_ever_comes_hardly_a_batch_waits_for_them() {
        let mut linger = Linger { pace: Duration::from_millis(50), ..Linger::default() };
        let mut hopeful = 0;
        for _ in 0..511 {
            linger.learn(2);
            hopeful += u32::from(linger.left_out == 0);
            assert_eq!(gathered(&mut linger, 2, &queue(0)), 2);
        }
        // After 1, 2, 4, … 256 left out; a few more where the test itself was held up beyond the pace.
        assert!((2..=16).contains(&hopeful), "{hopeful}");
    }

    #[test]
    fn one_who_came_after_all_is_waited_for_again() {
        let mut linger = Linger { pace: Duration::from_millis(50), penalty: 64, ..Linger::default() };
        linger.learn(2);
        assert_eq!(gathered(&mut linger, 2, &queue(1)), 3);
        assert_eq!((linger.penalty, linger.left_out), (0, 0));
        linger.learn(4);
        assert_eq!(gathered(&mut linger, 2, &queue(1)), 3);
        assert_eq!((linger.penalty, linger.left_out), (0, 0), "fewer than there were teach nothing");
    }
}
