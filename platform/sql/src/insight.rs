//! The statements worth a look: slow ones with their plan, and those repeated once a row.
//!
//! Both are kept in rings, so that a busy day costs no memory and the latest are at hand.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
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

/// A statement that runs often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrequentQuery {
    pub sql: String,
    /// How often it ran, by the samples that were taken.
    pub times: u64,
    /// The engine's plan, as it was when the statement was first sampled.
    pub plan: String,
}

/// One statement in so many is counted, so that counting costs nothing; what is frequent is met soon.
const SAMPLED_ONE_IN: u64 = 16;

/// More texts than this mean that values are written into them; further ones are not counted.
const FREQUENT_MAX: usize = 500;

/// What was noticed at one database since it was opened.
#[derive(Debug)]
pub struct Insight {
    ran: AtomicU64,
    frequent: Mutex<HashMap<String, (u64, String)>>,
    slow_after: Duration,
    slow: Mutex<VecDeque<SlowQuery>>,
    repeated: Mutex<VecDeque<RepeatedQuery>>,
}

impl Insight {
    pub(crate) fn new(slow_after: Duration) -> Self {
        Self {
            ran: AtomicU64::new(0),
            frequent: Mutex::default(),
            slow_after,
            slow: Mutex::default(),
            repeated: Mutex::default(),
        }
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

    /// The statements that were sampled, the most frequent first.
    pub fn frequent(&self) -> Vec<FrequentQuery> {
        let frequent = self.frequent.lock();
        let mut queries: Vec<FrequentQuery> = frequent
            .iter()
            .map(|(sql, (samples, plan))| FrequentQuery {
                sql: sql.clone(),
                times: samples * SAMPLED_ONE_IN,
                plan: plan.clone(),
            })
            .collect();
        queries.sort_by_key(|query| std::cmp::Reverse(query.times));
        queries
    }

    /// Whether the statement that just ran is one of those that are counted.
    pub(crate) fn is_sampled(&self) -> bool {
        self.ran.fetch_add(1, Ordering::Relaxed).is_multiple_of(SAMPLED_ONE_IN)
    }

    /// Counts a statement; `plan` is asked for once a text.
    pub(crate) fn record_frequent(&self, sql: &str, plan: impl FnOnce() -> String) {
        let mut frequent = self.frequent.lock();
        if let Some((samples, _)) = frequent.get_mut(sql) {
            *samples += 1;
        } else if frequent.len() < FREQUENT_MAX {
            frequent.insert(sql.to_owned(), (1, plan()));
        }
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
    fn what_is_frequent_is_counted_by_samples_and_explained_once() {
        let insight = Insight::new(Duration::ZERO);
        for number in 0..SAMPLED_ONE_IN * 4 {
            if insight.is_sampled() {
                insight.record_frequent("SELECT 1", || format!("plan {number}"));
            }
        }
        (0..FREQUENT_MAX * 2).for_each(|number| insight.record_frequent(&number.to_string(), String::new));
        let frequent = insight.frequent();
        let expected =
            FrequentQuery { sql: "SELECT 1".into(), times: SAMPLED_ONE_IN * 4, plan: "plan 0".into() };
        assert_eq!(frequent[0], expected);
        assert_eq!(frequent.len(), FREQUENT_MAX);
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
