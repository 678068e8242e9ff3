//! What becomes of a run when an attempt failed. Pure, and the one place that knows the pivot's rules.

use mainstay_core::{Error, Kind};

use super::position::{Position, Standing};
use super::step::StepPolicy;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Try the same again after a pause.
    Again,
    /// Undo this step and all before it.
    TurnBack,
    /// There is no way forward and none back: a person decides.
    Park,
}

/// Judges a failed attempt; `standing` already counts it.
pub(super) fn judge(standing: &Standing, pivot: usize, policy: &StepPolicy, error: &Error) -> Verdict {
    let without_return = match standing.position {
        Position::Forward(place) if place < pivot => false,
        // A refusal of the pivot is an answer: it did not happen, since the same key would have told of its success.
        // But a time-out, or a breakdown on the other side, is none, and what may have happened must not be undone.
        Position::Forward(place) if place == pivot => in_doubt(standing, error),
        Position::Forward(_) | Position::Back(_) => true,
    };
    if without_return {
        // What is broken may be repaired, so a breakdown is tried as often as a time-out; a refusal stays one.
        let hopeless = !error.is_temporary() && !is_breakdown(error);
        return if hopeless || standing.attempts >= policy.attempts_without_return {
            Verdict::Park
        } else {
            Verdict::Again
        };
    }
    if error.is_temporary() && standing.attempts < policy.attempts {
        Verdict::Again
    } else {
        Verdict::TurnBack
    }
}

fn in_doubt(standing: &Standing, error: &Error) -> bool {
    let refused = !error.is_temporary() && !is_breakdown(error);
    !refused && (standing.unknown || error.outcome_unknown() || is_breakdown(error))
}

/// Whether the other side broke down while it worked, which leaves open how far it came.
fn is_breakdown(error: &Error) -> bool {
    matches!(error.kind(), Kind::Internal | Kind::DataLoss)
}

#[cfg(test)]
mod tests {
    use mainstay_core::codes;

    use super::*;

    const PIVOT: usize = 1;

    fn check(position: Position, attempts: u32, unknown: bool, error: Error, expect: Verdict) {
        let mut standing = Standing::start();
        standing.reach(position);
        standing.attempts = attempts;
        standing.unknown = unknown;
        let policy = StepPolicy { attempts: 3, attempts_without_return: 9, ..StepPolicy::default() };
        assert_eq!(
            judge(&standing, PIVOT, &policy, &error),
            expect,
            "{position:?} after {attempts}: {error:?}"
        );
    }

    #[test]
    fn before_the_pivot_it_goes_back() {
        let at = Position::Forward(0);
        check(at, 1, false, codes::UNAVAILABLE.error(""), Verdict::Again);
        check(at, 3, true, codes::UNAVAILABLE.error(""), Verdict::TurnBack);
        check(at, 1, false, codes::PRECONDITION.error(""), Verdict::TurnBack);
        check(at, 1, false, codes::INTERNAL.error(""), Verdict::TurnBack);
    }

    #[test]
    fn at_the_pivot_only_an_answer_turns_it_back() {
        let at = Position::Forward(PIVOT);
        check(at, 1, false, codes::PRECONDITION.error(""), Verdict::TurnBack);
        check(at, 2, true, codes::PRECONDITION.error(""), Verdict::TurnBack);
        check(at, 3, false, codes::OVERLOADED.error(""), Verdict::TurnBack);
        check(at, 3, true, codes::OVERLOADED.error(""), Verdict::Again);
        check(at, 3, false, codes::DEADLINE.error(""), Verdict::Again);
        check(at, 3, false, codes::INTERNAL.error(""), Verdict::Again);
        check(at, 9, false, codes::DEADLINE.error(""), Verdict::Park);
    }

    #[test]
    fn after_the_pivot_and_on_the_way_back_it_never_turns() {
        for at in [Position::Forward(2), Position::Back(0)] {
            check(at, 3, false, codes::UNAVAILABLE.error(""), Verdict::Again);
            check(at, 3, false, codes::INTERNAL.error(""), Verdict::Again);
            check(at, 9, false, codes::UNAVAILABLE.error(""), Verdict::Park);
            check(at, 1, false, codes::PRECONDITION.error(""), Verdict::Park);
        }
    }
}
