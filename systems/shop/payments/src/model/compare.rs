//! What differs between a payment here and the charge at the provider, by kind. Pure.

use shop_payments_contracts::DifferenceKind;

use crate::model::{Charge, Payment, RefundState, Seen};

/// One thing on which the two do not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub kind: DifferenceKind,
    pub ours: String,
    pub theirs: String,
    /// Whether taking the provider's word, or letting go there, would mend it.
    pub safe: bool,
}

/// Compares a payment with what the provider says of it, if it says anything.
pub fn differences(payment: &Payment, theirs: Option<&Seen>) -> Vec<Found> {
    let Some(theirs) = theirs else { return without_charge(payment) };
    if theirs.amount != payment.amount {
        return vec![found(DifferenceKind::Amount, payment.amount, theirs.amount, false)];
    }
    let mut differences = Vec::new();
    let (ours_rank, theirs_rank) = (payment.charge.rank(), theirs.charge.rank());
    if theirs_rank > ours_rank {
        differences.push(found(DifferenceKind::Behind, payment.charge.name(), theirs.charge.name(), true));
    } else if theirs_rank < ours_rank {
        differences.push(found(DifferenceKind::Ahead, payment.charge.name(), theirs.charge.name(), false));
    }
    refunds(payment, theirs, &mut differences);
    if payment.released && !has_let_go(theirs) {
        differences.push(found(DifferenceKind::NotLetGo, "voided", theirs.charge.name(), true));
    }
    differences
}

fn without_charge(payment: &Payment) -> Vec<Found> {
    match &payment.charge {
        // It never arrived there, and nobody here believes that it did.
        Charge::Unknown => Vec::new(),
        Charge::Declined { reason } if reason == Payment::NEVER_ARRIVED => Vec::new(),
        charge => vec![found(DifferenceKind::UnknownThere, charge.name(), "no such charge", false)],
    }
}

fn refunds(payment: &Payment, theirs: &Seen, differences: &mut Vec<Found>) {
    let given = |refund: &&crate::model::Refund| refund.state == RefundState::Given;
    let mut unmatched: Vec<_> = payment.refunds.iter().filter(given).collect();
    for seen in &theirs.refunds {
        let id = payment.refund_id(&seen.key);
        match unmatched.iter().position(|refund| refund.id == id) {
            Some(place) => {
                let refund = unmatched.swap_remove(place);
                if refund.amount != seen.amount {
                    differences.push(found(DifferenceKind::Amount, refund.amount, seen.amount, false));
                }
            }
            None => differences.push(found(DifferenceKind::Refund, "not given", seen.amount, true)),
        }
    }
    for refund in unmatched {
        differences.push(found(DifferenceKind::Refund, refund.amount, "not given", false));
    }
}

fn has_let_go(theirs: &Seen) -> bool {
    match theirs.charge {
        Charge::Unknown | Charge::Challenge { .. } | Charge::Authorised => false,
        Charge::Declined { .. } | Charge::Voided => true,
        Charge::Captured => {
            let back: i64 = theirs.refunds.iter().map(|refund| refund.amount.minor).sum();
            back >= theirs.amount.minor
        }
    }
}

fn found(kind: DifferenceKind, ours: impl ToString, theirs: impl ToString, safe: bool) -> Found {
    Found { kind, ours: ours.to_string(), theirs: theirs.to_string(), safe }
}

#[cfg(test)]
mod tests {
    use mainstay_core::{Currency, Id, Money};

    use super::*;
    use crate::model::SeenRefund;

    fn pounds(minor: i64) -> Money {
        Money::new(minor, Currency::GBP)
    }

    fn seen(charge: Charge) -> Seen {
        Seen { amount: pounds(100), charge, refunds: Vec::new() }
    }

    fn payment(charge: Charge) -> Payment {
        let mut payment = Payment::new(Id::from_bytes([1; 16]), Id::from_bytes([2; 16]), pounds(100));
        payment.learn(&seen(charge)).unwrap();
        payment
    }

    fn kinds(payment: &Payment, theirs: Option<&Seen>) -> Vec<(DifferenceKind, bool)> {
        differences(payment, theirs).into_iter().map(|found| (found.kind, found.safe)).collect()
    }

    #[test]
    fn who_agrees_differs_in_nothing() {
        for charge in [Charge::Unknown, Charge::Authorised, Charge::Captured, Charge::Voided] {
            assert_eq!(kinds(&payment(charge.clone()), Some(&seen(charge))), []);
        }
        assert_eq!(kinds(&payment(Charge::Unknown), None), []);
        let never = Charge::Declined { reason: Payment::NEVER_ARRIVED.into() };
        assert_eq!(kinds(&payment(never), None), []);
    }

    #[test]
    fn each_difference_has_its_kind() {
        use DifferenceKind as Kind;
        let authorised = payment(Charge::Authorised);
        assert_eq!(kinds(&authorised, None), [(Kind::UnknownThere, false)]);
        assert_eq!(kinds(&authorised, Some(&seen(Charge::Captured))), [(Kind::Behind, true)]);
        assert_eq!(
            kinds(&payment(Charge::Captured), Some(&seen(Charge::Authorised))),
            [(Kind::Ahead, false)]
        );
        let dear = Seen { amount: pounds(101), ..seen(Charge::Authorised) };
        assert_eq!(kinds(&authorised, Some(&dear)), [(Kind::Amount, false)]);
        let mut released = authorised.clone();
        released.release().unwrap();
        assert_eq!(kinds(&released, Some(&seen(Charge::Authorised))), [(Kind::NotLetGo, true)]);
        assert_eq!(
            kinds(&released, Some(&seen(Charge::Unknown))),
            [(Kind::Ahead, false), (Kind::NotLetGo, true)]
        );
    }

    #[test]
    fn refunds_are_matched_one_by_one() {
        let mut captured = payment(Charge::Captured);
        let back = SeenRefund { key: "desk".into(), amount: pounds(30) };
        let theirs = Seen { refunds: vec![back], ..seen(Charge::Captured) };
        assert_eq!(kinds(&captured, Some(&theirs)), [(DifferenceKind::Refund, true)]);
        captured.learn(&theirs).unwrap();
        assert_eq!(kinds(&captured, Some(&theirs)), []);
        assert_eq!(kinds(&captured, Some(&seen(Charge::Captured))), [(DifferenceKind::Refund, false)]);
    }
}
