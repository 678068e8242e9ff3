//! Allowances in the memory of one process: a table of fixed size, so that a flood of keys costs no memory.
//!
//! A key's place is a set of eight slots, chosen by a hash that nobody outside can predict. When all eight are in use
//! the key whose allowance is the nearest to whole is forgotten: it loses least, and who asks the most is the last to be
//! forgotten. Two keys with one 64-bit hash share an allowance; with a million keys that is one chance in 37 million.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use mainstay_core::{Clock, Monotonic};
use mainstay_telemetry::{Counter, Registry};
use parking_lot::Mutex;

use super::{Capabilities, Key, Limits, Rate, Taken, Verdict};

/// Enough for every caller of a busy minute, in one megabyte.
pub const KEYS_DEFAULT: usize = 65_536;

/// Slots in which a key may be. Eight are two cache lines.
const WAYS: usize = 8;

/// Locks, each over an equal part of the table, so that threads seldom meet.
const SHARDS: usize = 64;

#[derive(Clone, Copy, Default)]
struct Slot {
    /// 0 is nobody's.
    hash: u64,
    /// When the allowance is whole again, in nanoseconds of the table's own time.
    whole_at: u64,
}

/// Limits in memory.
pub struct MemoryLimits {
    clock: Clock,
    origin: Monotonic,
    hasher: RandomState,
    shards: Vec<Mutex<Vec<Slot>>>,
    forgotten: Counter,
}

impl MemoryLimits {
    /// Room for about `keys` of them.
    pub fn new(keys: usize, clock: &Clock, registry: &Registry) -> Self {
        let sets = (keys / (SHARDS * WAYS)).max(1).next_power_of_two();
        let forgotten = registry.counter(
            "resilience_limits_forgotten",
            "Keys that were forgotten before their allowance was whole, because the table was full",
            &[],
        );
        Self {
            clock: clock.clone(),
            origin: clock.monotonic(),
            hasher: RandomState::new(),
            shards: (0..SHARDS).map(|_| Mutex::new(vec![Slot::default(); sets * WAYS])).collect(),
            forgotten,
        }
    }

    fn now(&self) -> u64 {
        nanos(self.clock.monotonic().since(self.origin))
    }
}

impl Limits for MemoryLimits {
    fn capabilities(&self) -> Capabilities {
        Capabilities { shared: false }
    }

    fn take(&self, key: &Key<'_>, rate: &Rate) -> Taken {
        if rate.is_off() {
            let free = Verdict {
                allowed: true,
                remaining: u32::MAX,
                reset: Duration::ZERO,
                retry_after: Duration::ZERO,
            };
            return Taken::Now(free);
        }
        let now = self.now();
        let hash = self.hasher.hash_one(key).max(1);
        let shard = &self.shards[(hash >> 58) as usize % SHARDS];
        let mut slots = shard.lock();
        let sets = slots.len() / WAYS;
        let first = (hash as usize % sets) * WAYS;
        let set = &mut slots[first..first + WAYS];
        let place = match set.iter().position(|slot| slot.hash == hash) {
            Some(place) => place,
            None => {
                // Empty ones have been whole for ever.
                let nearest = (0..WAYS).min_by_key(|place| set[*place].whole_at).unwrap_or_default();
                if set[nearest].whole_at > now {
                    self.forgotten.inc();
                }
                set[nearest] = Slot { hash, whole_at: now };
                nearest
            }
        };
        let (whole_at, verdict) = decide(set[place].whole_at, now, rate);
        set[place].whole_at = whole_at;
        Taken::Now(verdict)
    }
}

/// The rule itself: from when the allowance was to be whole, to when it will be.
fn decide(whole_at: u64, now: u64, rate: &Rate) -> (u64, Verdict) {
    let interval = nanos(rate.interval()).max(1);
    let bucket = interval.saturating_mul(u64::from(rate.burst()));
    let before = whole_at.max(now);
    let after = before.saturating_add(interval);
    let owed = after - now;
    if owed > bucket {
        let refused = Verdict {
            allowed: false,
            remaining: 0,
            reset: Duration::from_nanos(before - now),
            retry_after: Duration::from_nanos(owed - bucket),
        };
        return (before, refused);
    }
    let allowed = Verdict {
        allowed: true,
        remaining: u32::try_from((bucket - owed) / interval).unwrap_or(u32::MAX),
        reset: Duration::from_nanos(owed),
        retry_after: Duration::ZERO,
    };
    (after, allowed)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use mainstay_core::{TenantId, Timestamp};

    use super::*;

    fn key(who: &[u8]) -> Key<'_> {
        Key { tenant: TenantId::SOLE, what: "test", who }
    }

    fn take(limits: &MemoryLimits, who: &[u8], rate: &Rate) -> Verdict {
        match limits.take(&key(who), rate) {
            Taken::Now(verdict) => verdict,
            Taken::Later(_) => panic!("memory answers at once"),
        }
    }

    #[test]
    fn a_flood_of_keys_takes_no_memory_and_does_not_free_who_asks_most() {
        let (clock, _) = Clock::manual(Timestamp::from_micros(0));
        let registry = Registry::new();
        let limits = MemoryLimits::new(512, &clock, &registry);
        let slots = || limits.shards.iter().map(|shard| shard.lock().capacity()).sum::<usize>();
        let before = slots();
        let rate = Rate::per_minute(10);
        while take(&limits, b"greedy", &rate).allowed {}
        for number in 0..100_000_u32 {
            take(&limits, &number.to_be_bytes(), &rate);
        }
        assert_eq!(slots(), before);
        assert!(limits.forgotten.get() > 90_000);
        assert!(
            !take(&limits, b"greedy", &rate).allowed,
            "the emptiest allowance is the last to be forgotten"
        );
    }

    #[test]
    fn a_bucket_cannot_overflow() {
        let rate: Rate = "1/h burst 4294967295".parse().unwrap();
        let (whole_at, verdict) = decide(u64::MAX - 5, 0, &rate);
        assert!(!verdict.allowed || whole_at >= u64::MAX - 5);
        let (_, verdict) = decide(0, 0, &rate);
        assert!(
            verdict.allowed && verdict.remaining > 5_000_000,
            "time has an end, and the count does not turn over"
        );
    }
}
