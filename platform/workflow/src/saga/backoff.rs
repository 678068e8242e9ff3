//! How long to pause before the next attempt: doubling, with full jitter.

use std::time::Duration;

use mainstay_core::{Error, Id, Retry};

use super::status::RunKind;
use super::step::StepPolicy;

/// No pause is longer, whatever a policy or an error asks for. So a sleeping retry that lies further ahead was put there
/// before the wall clock stepped back, and is due: see [`super::runs::due`].
pub(super) const LONGEST: Duration = Duration::from_secs(600);

/// The pause after the `attempts`-th failure, and never less than what the error asks for.
///
/// The jitter is drawn from the run's own id: it spreads runs that failed together, which is its purpose, and it makes
/// a run's pauses the same whenever they are computed.
pub(super) fn pause(run: Id<RunKind>, attempts: u32, policy: &StepPolicy, error: &Error) -> Duration {
    let doublings = attempts.saturating_sub(1).min(20);
    let ceiling = policy.first_pause.saturating_mul(1 << doublings).min(policy.longest_pause);
    let drawn = ceiling.mul_f64(fraction(run, attempts));
    let pause = match error.retry() {
        Retry::After(hint) => drawn.max(hint),
        Retry::Never => drawn,
    };
    pause.min(LONGEST)
}

/// A number from 0 to 1 by splitmix64, whose output for neighbouring inputs looks independent.
fn fraction(run: Id<RunKind>, attempts: u32) -> f64 {
    let bytes = run.as_bytes();
    let mut low = [0; 8];
    low.copy_from_slice(&bytes[8..]);
    let mut mixed =
        u64::from_le_bytes(low).wrapping_add(u64::from(attempts).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use mainstay_core::codes;

    use super::*;

    #[test]
    fn pauses_grow_to_their_limit_and_keep_to_the_hint() {
        let policy = StepPolicy::default();
        for last in 0..=255 {
            let run = Id::from_bytes([last; 16]);
            for attempts in 1..40 {
                let error = codes::CONFLICT.error("");
                let ceiling =
                    policy.first_pause.saturating_mul(1 << (attempts - 1).min(20)).min(policy.longest_pause);
                let drawn = pause(run, attempts, &policy, &error);
                assert!(
                    drawn <= ceiling.max(Duration::from_millis(20)) && drawn >= Duration::from_millis(20)
                );
            }
            let hint = Duration::from_secs(300);
            assert!(pause(run, 1, &policy, &codes::OVERLOADED.error("").retry_after(hint)) >= hint);
        }
    }

    #[test]
    fn runs_that_fail_together_do_not_return_together() {
        let drawn: Vec<f64> = (0..=255u8).map(|byte| fraction(Id::from_bytes([byte; 16]), 1)).collect();
        for tenth in 0..10 {
            let low = f64::from(tenth) / 10.0;
            let inside = drawn.iter().filter(|value| (low..low + 0.1).contains(*value)).count();
            assert!((10..=45).contains(&inside), "{inside} of 256 in the tenth from {low}");
        }
    }
}
