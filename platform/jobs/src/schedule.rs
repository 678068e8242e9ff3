//! Cron patterns and when they fire.
//!
//! Times are UTC: a service may run anywhere, and a local time either happens twice or not at all once a year.

use std::time::Duration;

use croner::Cron;
use croner::parser::{CronParser, Year};
use jiff::tz::TimeZone;
use mainstay_core::{Result, Timestamp};

use crate::codes;
use crate::new_job::NewJob;

/// A wall clock that went back by more than this since the last firing was wrong before: the schedule then begins
/// anew from what the clock says now. By less, nothing fires a second time; the schedule waits until the time is there
/// again.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(3_600);

/// After the last time that a calendar has.
const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);

/// A pattern with the job that it fires.
#[derive(Clone)]
pub(crate) struct Schedule {
    pub(crate) name: String,
    pub(crate) job: NewJob,
    pattern: Cron,
}

impl Schedule {
    /// `jobs.bad_schedule` for a pattern that cannot be read or that no day matches.
    pub(crate) fn new(name: String, pattern: &str, job: NewJob, now: Timestamp) -> Result<Self> {
        let refuse = |why: &dyn std::fmt::Display| {
            codes::BAD_SCHEDULE.error(format!("{pattern:?} of the schedule {name} cannot be used: {why}"))
        };
        let parsed = CronParser::builder()
            .year(Year::Disallowed)
            .build()
            .parse(pattern)
            .map_err(|error| refuse(&error))?;
        let schedule = Self { name: name.clone(), job, pattern: parsed };
        schedule.after(now).ok_or_else(|| refuse(&"no time matches it"))?;
        Ok(schedule)
    }

    pub(crate) fn pattern(&self) -> &str {
        self.pattern.as_str()
    }

    /// The first time after `instant`; `None` when there is none that a clock will show.
    pub(crate) fn after(&self, instant: Timestamp) -> Option<Timestamp> {
        let second = jiff::Timestamp::from_second(instant.as_micros().div_euclid(1_000_000)).ok()?;
        let next = self.pattern.find_next_occurrence(&second.to_zoned(TimeZone::UTC), false).ok()?;
        Some(Timestamp::from_micros(next.timestamp().as_microsecond()))
    }

    /// Whether [`Schedule::plan`] would change something; cheap.
    pub(crate) fn wants(&self, stored: Option<&Stored>, now: Timestamp) -> bool {
        stored.is_none_or(|stored| {
            stored.pattern != self.pattern() || stored.next_at <= now || clock_was_wrong(stored, now)
        })
    }

    /// What the stored times mean now: whether it fires, and when next. `None` when nothing is to be changed.
    pub(crate) fn plan(&self, stored: Option<&Stored>, now: Timestamp) -> Option<Plan> {
        if !self.wants(stored, now) {
            return None;
        }
        let next_at = self.after(now).unwrap_or(NEVER);
        let Some(stored) = stored.filter(|stored| stored.pattern == self.pattern()) else {
            // New, or with another pattern than before: what was missed under the old one is not this one's.
            return Some(Plan { fires: false, next_at });
        };
        Some(Plan { fires: stored.next_at <= now, next_at })
    }
}

fn clock_was_wrong(stored: &Stored, now: Timestamp) -> bool {
    stored.last_at.is_some_and(|last| last.since(now) > CLOCK_TOLERANCE)
}

/// A schedule's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) pattern: String,
    pub(crate) next_at: Timestamp,
    pub(crate) last_at: Option<Timestamp>,
}

/// What is to be done with a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) fires: bool,
    pub(crate) next_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::new_job::{Priority, Start};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn schedule(pattern: &str) -> Result<Schedule> {
        let job = NewJob {
            kind: "test",
            payload: "null".to_owned(),
            unique: None,
            priority: Priority::Normal,
            start: Start::After(Duration::ZERO),
        };
        Schedule::new("nightly".to_owned(), pattern, job, at("2030-01-31T12:00:00Z"))
    }

    fn check(pattern: &str, from: &str, expect: &str) {
        assert_eq!(schedule(pattern).unwrap().after(at(from)), Some(at(expect)), "{pattern} after {from}");
    }

    #[test]
    fn patterns_are_utc_and_strictly_later() {
        check("0 3 * * *", "2030-01-31T02:59:59.999999Z", "2030-01-31T03:00:00Z");
        check("0 3 * * *", "2030-01-31T03:00:00Z", "2030-02-01T03:00:00Z");
        check("0 3 * * *", "2030-01-31T03:00:00.5Z", "2030-02-01T03:00:00Z");
        check("*/5 * * * * *", "2030-01-31T03:00:01Z", "2030-01-31T03:00:05Z");
        check("0 0 29 2 *", "2030-03-01T00:00:00Z", "2032-02-29T00:00:00Z");
        check("@hourly", "2030-03-31T00:30:00Z", "2030-03-31T01:00:00Z");
    }

    #[test]
    fn patterns_that_never_match_or_say_nothing_are_refused() {
        for pattern in ["", "whenever", "61 * * * *", "0 0 31 2 *", "* * * *"] {
            let error = schedule(pattern).map(|_| ()).unwrap_err();
            assert!(error.is(&codes::BAD_SCHEDULE), "{pattern:?}");
        }
    }

    fn stored(next: &str, last: Option<&str>) -> Stored {
        Stored { pattern: "0 3 * * *".to_owned(), next_at: at(next), last_at: last.map(at) }
    }

    fn plan(stored: Option<Stored>, now: &str) -> Option<Plan> {
        schedule("0 3 * * *").unwrap().plan(stored.as_ref(), at(now))
    }

    #[test]
    fn a_new_schedule_and_a_new_pattern_begin_with_their_next_time() {
        let tomorrow = Plan { fires: false, next_at: at("2030-02-01T03:00:00Z") };
        assert_eq!(plan(None, "2030-01-31T12:00:00Z"), Some(tomorrow));
        let other = Stored { pattern: "0 4 * * *".to_owned(), ..stored("2030-01-31T04:00:00Z", None) };
        assert_eq!(plan(Some(other), "2030-01-31T12:00:00Z"), Some(tomorrow));
    }

    #[test]
    fn missed_firings_fire_once() {
        let fires = Plan { fires: true, next_at: at("2030-02-01T03:00:00Z") };
        assert_eq!(plan(Some(stored("2030-01-11T03:00:00Z", None)), "2030-01-31T12:00:00Z"), Some(fires));
    }

    #[test]
    fn a_clock_that_steps_back_a_little_fires_nothing_twice() {
        let fired = stored("2030-02-01T03:00:00Z", Some("2030-01-31T03:00:01Z"));
        assert_eq!(plan(Some(fired), "2030-01-31T02:30:00Z"), None);
    }

    #[test]
    fn a_clock_that_was_a_year_ahead_does_not_silence_the_schedule() {
        let fired = stored("2031-02-01T03:00:00Z", Some("2031-01-31T03:00:00Z"));
        let anew = Plan { fires: false, next_at: at("2030-02-01T03:00:00Z") };
        assert_eq!(plan(Some(fired), "2030-01-31T12:00:00Z"), Some(anew));
    }
}
