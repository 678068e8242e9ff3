//! How long to wait before the next attempt.

use std::time::Duration;

use mainstay_core::Id;

use crate::job::{JobKind, Policy};

/// Exponential, bounded by the policy, and of that a part between half and all: jobs that failed together come back
/// apart, and the wait still grows. The part depends on the job and the attempt alone, so that a test can repeat it.
pub(crate) fn delay(policy: &Policy, attempt: u32, id: &Id<JobKind>) -> Duration {
    let doubled =
        policy.first_retry.saturating_mul(1 << attempt.saturating_sub(1).min(20)).min(policy.longest_retry);
    let seed =
        u128::from_le_bytes(*id.as_bytes()) as u64 ^ u64::from(attempt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    doubled.mul_f64(0.5 + 0.5 * fraction(seed))
}

// SplitMix64's finalizer: neighbouring seeds give unrelated fractions of one.
fn fraction(seed: u64) -> f64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_is_bounded_and_spreads() {
        let policy = Policy::default();
        let mut seen = std::collections::BTreeSet::new();
        for number in 0..100u8 {
            let id = Id::from_bytes([number; 16]);
            assert!(delay(&policy, 1, &id) <= policy.first_retry);
            assert!(delay(&policy, 1, &id) >= policy.first_retry / 2);
            assert!(delay(&policy, 200, &id) <= policy.longest_retry);
            assert!(delay(&policy, 200, &id) >= policy.longest_retry / 2);
            seen.insert(delay(&policy, 1, &id));
        }
        assert!(seen.len() > 90, "the waits of different jobs differ");
    }
}
