//! The one clock. Deadlines, leases and expiry go through it, so that a test can move time and nothing else can.
//!
//! Tokio's own paused time is of no use here: it jumps whenever the runtime is idle, which it is while a database
//! thread works.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::codes;
use crate::error::Result;
use crate::time::Timestamp;

/// A point on the monotonic clock of this process; means nothing in another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Monotonic(Duration);

impl Monotonic {
    /// How far ahead of `earlier` it is; zero when it is not.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl std::ops::Add<Duration> for Monotonic {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}

/// Tells the time and waits. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System { origin: Instant },
    Manual(Arc<Mutex<Manual>>),
}

struct Manual {
    wall: Timestamp,
    elapsed: Duration,
    // Keyed by wake-up time and a number that keeps equal times apart.
    sleepers: BTreeMap<(Duration, u64), oneshot::Sender<()>>,
    next_sleeper: u64,
}

/// Moves the time of a [`Clock::manual`].
#[derive(Clone)]
pub struct ManualClock(Arc<Mutex<Manual>>);

impl Clock {
    /// The machine's. All of them in a process agree, so that a point in time may go from one to another.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clocks")]
    pub fn system() -> Self {
        static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
        Self(Source::System { origin: *ORIGIN })
    }

    /// A clock that stands still until told.
    pub fn manual(start: Timestamp) -> (Self, ManualClock) {
        let manual = Arc::new(Mutex::new(Manual {
            wall: start,
            elapsed: Duration::ZERO,
            sleepers: BTreeMap::new(),
            next_sleeper: 0,
        }));
        (Self(Source::Manual(Arc::clone(&manual))), ManualClock(manual))
    }

    /// The wall clock. It may step back.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clocks")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System { .. } => {
                let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
            }
            Source::Manual(manual) => manual.lock().wall,
        }
    }

    pub fn monotonic(&self) -> Monotonic {
        match &self.0 {
            Source::System { origin } => Monotonic(origin.elapsed()),
            Source::Manual(manual) => Monotonic(manual.lock().elapsed),
        }
    }

    pub async fn sleep(&self, duration: Duration) {
        self.sleep_until(self.monotonic() + duration).await;
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that waits on the machine's clock")]
    pub async fn sleep_until(&self, until: Monotonic) {
        match &self.0 {
            Source::System { origin } => {
                // A far deadline saturates instead of overflowing the machine's clock: a year is for ever here.
                let ahead = until.0.saturating_sub(origin.elapsed()).min(Duration::from_secs(365 * 86_400));
                if ahead.is_zero() {
                    // A timer that is due rings at the next millisecond, so whoever is late would stay late.
                    tokio::task::yield_now().await;
                } else {
                    tokio::time::sleep(ahead).await;
                }
            }
            Source::Manual(manual) => {
                let woken = {
                    let mut manual = manual.lock();
                    if until.0 <= manual.elapsed {
                        return;
                    }
                    let (wake, woken) = oneshot::channel();
                    let number = manual.next_sleeper;
                    manual.next_sleeper += 1;
                    // Sleepers that were dropped, as by a timeout that was not reached, leave here.
                    manual.sleepers.retain(|_, sleeper| !sleeper.is_closed());
                    manual.sleepers.insert((until.0, number), wake);
                    woken
                };
                // An error means that the clock is gone: then time stands still for good.
                if woken.await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        }
    }

    /// Waits until the wall clock reads `at` or later. On a system clock that steps, it is asked again each minute.
    pub async fn sleep_until_wall(&self, at: Timestamp) {
        const LONGEST_NAP: Duration = Duration::from_secs(60);
        loop {
            let ahead = at.since(self.now());
            if ahead.is_zero() {
                return;
            }
            self.sleep(ahead.min(LONGEST_NAP)).await;
        }
    }

    /// The future's output, or `core.deadline` when `limit` passes first; the future is dropped then.
    pub async fn timeout<F: Future>(&self, limit: Duration, future: F) -> Result<F::Output> {
        tokio::select! {
            biased;
            output = future => Ok(output),
            () = self.sleep(limit) => Err(codes::DEADLINE.error("no answer within the time limit")),
        }
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Source::System { .. } => "Clock::system",
            Source::Manual(_) => "Clock::manual",
        })
    }
}

impl ManualClock {
    /// Moves both clocks ahead and wakes who waited for it.
    pub fn advance(&self, duration: Duration) {
        let mut manual = self.0.lock();
        manual.elapsed += duration;
        manual.wall = manual.wall + duration;
        let first_later = (manual.elapsed + Duration::from_nanos(1), 0);
        let later = manual.sleepers.split_off(&first_later);
        for (_, wake) in std::mem::replace(&mut manual.sleepers, later) {
            // The sleeper may be gone; then there is nobody to wake.
            let _ = wake.send(());
        }
    }

    /// Sets the wall clock alone, as an administrator or NTP does.
    pub fn set_wall(&self, wall: Timestamp) {
        self.0.lock().wall = wall;
    }

    /// How many tasks wait on the clock.
    pub fn sleepers(&self) -> usize {
        self.0.lock().sleepers.values().filter(|sleeper| !sleeper.is_closed()).count()
    }
}

/// Measures how long something took; for metrics and logs, never for decisions.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "measuring is not deciding: a test has no need to move it")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_is_late_lets_others_go_first_and_then_waits_no_more() {
        let clock = Clock::system();
        let mut late = Box::pin(clock.sleep_until(clock.monotonic()));
        assert!(futures::poll!(&mut late).is_pending());
        assert!(futures::poll!(&mut late).is_ready());
    }

    #[tokio::test]
    async fn a_point_in_time_is_the_same_on_every_clock_of_the_machine() {
        let one = Clock::system();
        one.sleep(Duration::from_millis(20)).await;
        let before = one.monotonic();
        let other = Clock::system().monotonic();
        assert!(before <= other && other <= one.monotonic());
    }

    #[tokio::test]
    async fn manual_time_moves_only_when_told() {
        let (clock, manual) = Clock::manual(Timestamp::from_micros(0));
        let sleeper = {
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(5)).await }
        };
        let mut sleeper = Box::pin(sleeper);
        assert!(futures::poll!(&mut sleeper).is_pending());
        manual.advance(Duration::from_secs(4));
        assert!(futures::poll!(&mut sleeper).is_pending());
        manual.advance(Duration::from_secs(1));
        sleeper.await;
        assert_eq!(clock.now(), Timestamp::from_micros(5_000_000));
    }

    #[tokio::test]
    async fn a_step_of_the_wall_clock_wakes_nobody() {
        let (clock, manual) = Clock::manual(Timestamp::from_micros(0));
        let mut sleeper = Box::pin(clock.sleep(Duration::from_secs(5)));
        assert!(futures::poll!(&mut sleeper).is_pending());
        manual.set_wall(Timestamp::from_micros(1_000_000_000));
        assert!(futures::poll!(&mut sleeper).is_pending());
        assert_eq!(manual.sleepers(), 1);
        drop(sleeper);
        assert_eq!(manual.sleepers(), 0);
    }

    #[tokio::test]
    async fn a_timeout_is_a_deadline_error() {
        let (clock, manual) = Clock::manual(Timestamp::from_micros(0));
        let mut wait = Box::pin(clock.timeout(Duration::from_secs(1), std::future::pending::<()>()));
        assert!(futures::poll!(&mut wait).is_pending());
        manual.advance(Duration::from_secs(1));
        assert!(wait.await.unwrap_err().is(&codes::DEADLINE));
    }
}
