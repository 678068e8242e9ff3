//! How long to wait before the next attempt.

use std::time::Duration;

use mainstay_core::Id;

/// Exponential from `first`, at most `longest`, of which a part between half and all is taken: attempts that failed
/// together come back apart, and the wait still grows.
///
/// The part depends on `id` and `attempt` alone, so that no source of randomness is needed and a test can repeat it.
pub(crate) fn delay<K>(first: Duration, longest: Duration, attempt: u32, id: &Id<K>) -> Duration {
    let doubled = first.saturating_mul(1 << attempt.saturating_sub(1).min(20)).min(longest);
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
    use crate::event::EventKind;

    #[test]
    fn it_grows_is_bounded_and_spreads() {
        let (first, longest) = (Duration::from_millis(100), Duration::from_secs(10));
        let mut seen = std::collections::BTreeSet::new();
        for number in 0..100u8 {
            let id = Id::<EventKind>::from_bytes([number; 16]);
            assert!(delay(first, longest, 1, &id) <= first);
            assert!(delay(first, longest, 1, &id) >= first / 2);
            assert!(delay(first, longest, 200, &id) <= longest);
            assert!(delay(first, longest, 200, &id) >= longest / 2);
            seen.insert(delay(first, longest, 1, &id));
        }
        assert!(seen.len() > 90, "the waits of different messages differ");
    }
}
