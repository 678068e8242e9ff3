//! The replay clock: under which time what is replayed happens.
//!
//! A replay does again, today, what happened long ago, and the books must show the day on which it happened. Time is
//! never taken from a caller: the command that replays announces in the process, before it sends a request, which time
//! the request's idempotency key stands for. Only a process that was started with [`Host::replaying`](crate::Host)
//! has such a clock; nothing in a request, a header or the configuration can make one or reach it. Everything else in
//! the process (deadlines, leases, holds, sessions) goes by the real clock, or it would end while it is under way.

use std::collections::HashMap;
use std::sync::Arc;

use mainstay_core::{Result, Timestamp, codes};
use parking_lot::Mutex;

/// Most times announced at once: far more than any replay has under way.
const ANNOUNCED_MAX: usize = 100_000;

/// Times by idempotency key. Cheap to clone; all clones are one clock.
#[derive(Clone, Default)]
pub struct ReplayClock(Arc<Mutex<HashMap<String, Timestamp>>>);

impl ReplayClock {
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on a request under `key` happens at `time`, until it is [forgotten](Self::forget).
    ///
    /// # Errors
    /// `core.overloaded` when more are announced than can be under way.
    pub fn announce(&self, key: &str, time: Timestamp) -> Result<()> {
        let mut times = self.0.lock();
        if times.len() >= ANNOUNCED_MAX && !times.contains_key(key) {
            return Err(codes::OVERLOADED.error("more of a replay is announced than can be under way"));
        }
        times.insert(key.to_owned(), time);
        Ok(())
    }

    /// The request under `key` has its last answer.
    pub fn forget(&self, key: &str) {
        self.0.lock().remove(key);
    }

    /// When a request under `key` happens; nothing for one that is no part of the replay: it happens now.
    pub fn time_of(&self, key: &str) -> Option<Timestamp> {
        self.0.lock().get(key).copied()
    }
}

impl std::fmt::Debug for ReplayClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReplayClock({} announced)", self.0.lock().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_time_until_it_is_forgotten() {
        let clock = ReplayClock::new();
        let time = Timestamp::from_micros(1_291_190_760_000_000);
        assert_eq!(clock.time_of("a"), None);
        clock.announce("a", time).unwrap();
        assert_eq!(clock.clone().time_of("a"), Some(time), "clones are one clock");
        clock.forget("a");
        assert_eq!(clock.time_of("a"), None);
    }

    #[test]
    fn what_is_announced_is_bounded() {
        let clock = ReplayClock::new();
        for number in 0..ANNOUNCED_MAX {
            clock.announce(&number.to_string(), Timestamp::from_micros(0)).unwrap();
        }
        assert!(clock.announce("one more", Timestamp::from_micros(0)).unwrap_err().is(&codes::OVERLOADED));
        assert!(clock.announce("7", Timestamp::from_micros(1)).is_ok(), "a known one may be announced again");
    }
}
