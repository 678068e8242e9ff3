//! How long values are kept, and when they are loaded anew.

use std::hash::BuildHasher;
use std::time::Duration;

/// The times of one cache. The defaults suit what is invalidated by events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// A value younger than this is told as it is. Each key's is up to a tenth shorter, so that values that came
    /// together do not go together. Default: 5 minutes, which bounds how stale a value gets whose event was lost.
    pub fresh: Duration,
    /// An older value is still told for so long while one caller's request loads it anew. Default: 1 minute.
    pub stale: Duration,
    /// In the last part of its fresh time, a value that is asked for is loaded anew beside. Default: 30 seconds.
    pub early: Duration,
    /// That there is no such thing is told for so long. Shorter than `fresh`: somebody is likely to make it. Default:
    /// 10 seconds.
    pub absent: Duration,
    /// A load that takes longer has failed. Default: 5 seconds.
    pub load_within: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            fresh: Duration::from_secs(300),
            stale: Duration::from_secs(60),
            early: Duration::from_secs(30),
            absent: Duration::from_secs(10),
            load_within: Duration::from_secs(5),
        }
    }
}

/// What to do with a value of some age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    Fresh,
    /// Tell it, and load it anew beside.
    Early,
    /// The same, late.
    Stale,
    Over,
}

impl Policy {
    /// How long a store keeps a value at most.
    pub(crate) fn keep_for(&self, present: bool) -> Duration {
        if present { self.fresh + self.stale } else { self.absent }
    }

    pub(crate) fn age(&self, key: &str, present: bool, age: Duration) -> Age {
        if !present {
            return if age < self.absent { Age::Fresh } else { Age::Over };
        }
        let fresh = self.fresh - spread(key, self.fresh / 10);
        if age + self.early < fresh {
            Age::Fresh
        } else if age < fresh {
            Age::Early
        } else if age < fresh + self.stale {
            Age::Stale
        } else {
            Age::Over
        }
    }
}

/// A part of `most` that depends on the key alone, so that a key's time does not jump between two looks.
fn spread(key: &str, most: Duration) -> Duration {
    const PARTS: u64 = 1_024;
    let hash = foldhash::fast::FixedState::default().hash_one(key);
    let part = u32::try_from(hash % PARTS).unwrap_or(0);
    most * part / u32::try_from(PARTS).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_came_together_do_not_go_together() {
        let policy = Policy::default();
        let ends =
            |key: &str| (0..400).find(|age| policy.age(key, true, Duration::from_secs(*age)) == Age::Stale);
        let ends: std::collections::BTreeSet<_> =
            (0..200).map(|key| ends(&key.to_string()).unwrap()).collect();
        assert!(ends.len() > 20, "{ends:?}");
        assert!(ends.iter().all(|end| (270..=300).contains(end)), "{ends:?}");
    }

    #[test]
    fn a_value_is_fresh_then_early_then_stale_then_over() {
        let policy = Policy::default();
        let at = |seconds| policy.age("k", true, Duration::from_secs(seconds));
        assert_eq!([at(0), at(239), at(299), at(361)], [Age::Fresh, Age::Fresh, at(299), Age::Over]);
        assert!(matches!(at(269), Age::Early) || matches!(at(269), Age::Fresh));
        let absent = |seconds| policy.age("k", false, Duration::from_secs(seconds));
        assert_eq!([absent(9), absent(10)], [Age::Fresh, Age::Over]);
    }
}
