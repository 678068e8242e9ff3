//! How often jobs of a kind may start: a bucket of tokens, kept in the database, so that neither a restart nor a change
//! of the leader fills it anew.
//!
//! The bucket is one moment: when it will be full again. Every start moves it on by the time that one token takes to
//! come back. That is exact, needs no loop that fills, and costs one row a kind.

use std::time::Duration;

use mainstay_core::Timestamp;

/// At most so many starts in a time; attempts that are repeats count, since the other side sees them too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    starts: u32,
    per: Duration,
    burst: u32,
}

impl Rate {
    /// `starts` in each `per`, evenly; after a pause up to `starts` at once. At least one.
    pub const fn new(starts: u32, per: Duration) -> Self {
        let starts = if starts == 0 { 1 } else { starts };
        Self { starts, per, burst: starts }
    }

    /// After a pause so many at once. At least one.
    #[must_use]
    pub const fn with_burst(self, burst: u32) -> Self {
        Self { burst: if burst == 0 { 1 } else { burst }, ..self }
    }

    /// The time in which a token comes back.
    fn interval(self) -> Duration {
        (self.per / self.starts).max(Duration::from_micros(1))
    }

    // After a step back of the wall clock no bucket is emptier than empty.
    fn full_at(self, stored: Option<Timestamp>, now: Timestamp) -> Timestamp {
        let emptiest = now + self.interval() * self.burst;
        stored.map_or(now, |at| at.clamp(now, emptiest))
    }

    /// How many may start now, given when the bucket was said to be full.
    pub(crate) fn tokens(self, stored: Option<Timestamp>, now: Timestamp) -> usize {
        let missing = self.full_at(stored, now).since(now).as_micros().div_ceil(self.interval().as_micros());
        usize::try_from(u128::from(self.burst).saturating_sub(missing)).unwrap_or(usize::MAX)
    }

    /// When the bucket is full after `taken` more starts.
    pub(crate) fn after(self, stored: Option<Timestamp>, now: Timestamp, taken: usize) -> Timestamp {
        let taken = u32::try_from(taken).unwrap_or(u32::MAX);
        self.full_at(stored, now) + self.interval().saturating_mul(taken)
    }

    /// From when on there is a token; not after `now` when there is one.
    pub(crate) fn next(self, stored: Option<Timestamp>, now: Timestamp) -> Timestamp {
        self.full_at(stored, now) - self.interval() * (self.burst - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_900_000_000_000_000);

    #[test]
    fn tokens_come_back_one_by_one() {
        let rate = Rate::new(4, Duration::from_secs(1)).with_burst(2);
        assert_eq!((rate.tokens(None, NOW), rate.next(None, NOW) <= NOW), (2, true));
        let full_at = rate.after(None, NOW, 2);
        assert_eq!(rate.tokens(Some(full_at), NOW), 0);
        assert_eq!(rate.next(Some(full_at), NOW), NOW + Duration::from_millis(250));
        assert_eq!(rate.tokens(Some(full_at), NOW + Duration::from_millis(249)), 0);
        assert_eq!(rate.tokens(Some(full_at), NOW + Duration::from_millis(250)), 1);
        assert_eq!(rate.tokens(Some(full_at), NOW + Duration::from_secs(9)), 2);
    }

    #[test]
    fn a_clock_that_steps_back_costs_one_bucket_at_most() {
        let rate = Rate::new(1, Duration::from_secs(1));
        let full_at = rate.after(None, NOW + Duration::from_secs(3_600), 1);
        assert_eq!(rate.tokens(Some(full_at), NOW), 0);
        assert_eq!(rate.next(Some(full_at), NOW), NOW + Duration::from_secs(1));
    }

    #[test]
    fn a_rate_without_starts_is_one_start() {
        assert_eq!(Rate::new(0, Duration::from_secs(1)).with_burst(0).tokens(None, NOW), 1);
    }
}
