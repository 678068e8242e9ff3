//! The statements worth a look: slow ones with their plan, and those repeated once a row.
//!
//! Both are kept in rings, so that a busy day costs no memory and the latest are at hand.

use std::collections::VecDeque;
use std::time::Duration;

use mainstay_core::{QueryLedger, Timestamp};
use parking_lot::Mutex;

/// How many of each kind are kept: a screen or two of them, and what repeats shows within that.
pub const KEPT: usize = 100;

/// A statement that took longer than the threshold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlowQuery {
    pub sql: String,
    pub took: Duration,
    /// The engine's plan, one line a part; says so when there is none.
    pub plan: String,
    pub at: Timestamp,
    pub trace_id: u128,
}

/// A query that ran more often within one piece of work than [`mainstay_core::queries::REPEATS_ALLOWED`]: most
/// likely once for every row of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatedQuery {
    pub sql: String,
    /// How often it had run when this was last looked at.
    pub times: u32,
    pub trace_id: u128,
}

/// What was noticed at one database since it was opened.
#[derive(Debug)]
pub struct Insight {
    slow_after: Duration,
    slow: Mutex<VecDeque<SlowQuery>>,
    repeated: Mutex<VecDeque<RepeatedQuery>>,
}

impl Insight {
    pub(crate) fn new(slow_after: Duration) -> Self {
        Self { slow_after, slow: Mutex::default(), repeated: Mutex::default() }
    }

    /// From what duration on a statement is slow.
    pub fn slow_after(&self) -> Duration {
        self.slow_after
    }

    /// The slow statements, latest last.
    pub fn slow(&self) -> Vec<SlowQuery> {
        self.slow.lock().iter().cloned().collect()
    }

    /// The repeated queries, latest last.
    pub fn repeated(&self) -> Vec<RepeatedQuery> {
        self.repeated.lock().iter().cloned().collect()
    }

    pub(crate) fn record_slow(&self, query: SlowQuery) {
        push(&mut self.slow.lock(), query);
    }

    /// Takes over what the ledger of one piece of work has found. Returns how many of it are new.
    pub(crate) fn record_repeated(&self, ledger: &QueryLedger, trace_id: u128) -> u64 {
        let found = ledger.repeated();
        if found.is_empty() {
            return 0;
        }
        let mut repeated = self.repeated.lock();
        let mut new = 0;
        for (sql, times) in found {
            let known = repeated.iter_mut().find(|known| known.trace_id == trace_id && known.sql == sql);
            if let Some(known) = known {
                known.times = times;
            } else {
                push(&mut repeated, RepeatedQuery { sql, times, trace_id });
                new += 1;
            }
        }
        new
    }
}

fn push<T>(ring: &mut VecDeque<T>, item: T) {
    if ring.len() == KEPT {
        ring.pop_front();
    }
    ring.push_back(item);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow(number: usize) -> SlowQuery {
        SlowQuery {
            sql: number.to_string(),
            took: Duration::ZERO,
            plan: String::new(),
            at: Timestamp::from_micros(0),
            trace_id: 1,
        }
    }

    #[test]
    fn the_ring_keeps_the_latest() {
        let insight = Insight::new(Duration::ZERO);
        for number in 0..KEPT + 5 {
            insight.record_slow(slow(number));
        }
        let kept = insight.slow();
        assert_eq!(kept.len(), KEPT);
        assert_eq!(kept[0].sql, "5");
        assert_eq!(kept[KEPT - 1].sql, (KEPT + 4).to_string());
    }

    #[test]
    fn one_piece_of_work_shows_once() {
        let insight = Insight::new(Duration::ZERO);
        let ledger = QueryLedger::default();
        for _ in 0..11 {
            ledger.record("SELECT 1");
        }
        assert_eq!(insight.record_repeated(&ledger, 1), 1);
        ledger.record("SELECT 1");
        assert_eq!(insight.record_repeated(&ledger, 1), 0);
        assert_eq!(insight.repeated().len(), 1);
        assert_eq!(insight.repeated()[0].times, 12);
    }
}
