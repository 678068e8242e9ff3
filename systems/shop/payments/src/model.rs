//! What a payment is, and how knowledge about it grows. Pure.
//!
//! Two things are kept apart. `charge` is what the provider is known to have done; it only ever moves up one fixed
//! order, so the same facts, told late, twice or in any order, end in the same state. `released` is what was decided
//! here: a void. A payment is settled when the two agree, and [`Payment::next`] says what is left to do if not.

use mainstay_core::{Id, Money, Result};
use shop_orders_contracts::Checkout;
use shop_payments_contracts as contracts;

use crate::codes;

mod charge;
pub mod compare;
pub mod ledger;

#[cfg(test)]
mod tests;

pub use charge::{Charge, Refund, RefundState, Seen, SeenRefund};

pub type PaymentId = Id<contracts::Payment>;
pub type RefundId = Id<contracts::Refund>;
pub type CheckoutId = Id<Checkout>;

/// What money did, to be booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Movement {
    Captured(Money),
    Refunded(RefundId, Money),
}

/// What came of learning something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    pub changed: bool,
    pub movements: Vec<Movement>,
}

/// What is left to do at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Nothing,
    /// Ask what became of the charge.
    Ask,
    /// Let go of what is held.
    Void,
    Refund(Refund),
}

/// One payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    pub id: PaymentId,
    pub checkout_id: CheckoutId,
    pub amount: Money,
    pub charge: Charge,
    pub released: bool,
    pub refunds: Vec<Refund>,
}

impl Payment {
    /// The reason of a payment whose authorisation never reached the provider. It ranks as a decline, so that a
    /// provider which has it after all is still believed.
    pub const NEVER_ARRIVED: &str = "never_arrived";

    pub fn new(id: PaymentId, checkout_id: CheckoutId, amount: Money) -> Self {
        Self { id, checkout_id, amount, charge: Charge::Unknown, released: false, refunds: Vec::new() }
    }

    /// Takes in what the provider says. What is older than what is known changes nothing.
    ///
    /// Errors: `payments.mismatch` when it speaks of another amount.
    pub fn learn(&mut self, seen: &Seen) -> Result<Learned> {
        if seen.amount != self.amount
            || seen.refunds.iter().any(|refund| refund.amount.currency != self.amount.currency)
        {
            return Err(codes::MISMATCH.error(format!(
                "payment {} is about {} here and {} at the provider",
                self.id, self.amount, seen.amount
            )));
        }
        let mut learned = Learned::default();
        // Only what was taken can be given back, even if the word of the taking is still on its way.
        let charge = if seen.refunds.is_empty() { &seen.charge } else { &Charge::Captured };
        if charge.rank() > self.charge.rank() {
            self.charge = charge.clone();
            learned.changed = true;
            if self.charge == Charge::Captured {
                learned.movements.push(Movement::Captured(self.amount));
            }
        }
        for seen in &seen.refunds {
            let id = self.refund_id(&seen.key);
            if self.given(id, seen.amount)? {
                learned.changed = true;
                learned.movements.push(Movement::Refunded(id, seen.amount));
            }
        }
        learned.changed |= self.wind_down()?;
        Ok(learned)
    }

    /// The id of a refund that the provider lists under this key: ours, or one derived for what was refunded at the
    /// provider's own desk.
    pub fn refund_id(&self, key: &str) -> RefundId {
        key.parse().unwrap_or_else(|_| self.id.derive(key))
    }

    // Whether it is news that this refund was given.
    fn given(&mut self, id: RefundId, amount: Money) -> Result<bool> {
        match self.refunds.iter_mut().find(|refund| refund.id == id) {
            Some(refund) if refund.amount != amount => Err(codes::MISMATCH
                .error(format!("refund {id} is about {} here and {amount} at the provider", refund.amount))),
            Some(refund) if refund.state == RefundState::Given => Ok(false),
            Some(refund) => {
                refund.state = RefundState::Given;
                Ok(true)
            }
            None => {
                self.refunds.push(Refund { id, amount, state: RefundState::Given });
                Ok(true)
            }
        }
    }

    /// Decides to let go: what is held is voided, what was taken goes back in full. Returns whether that is news.
    pub fn release(&mut self) -> Result<bool> {
        let news = !self.released;
        self.released = true;
        Ok(self.wind_down()? || news)
    }

    // Of a released payment, whatever was taken and is not on its way back becomes a refund. It is decided in the
    // same write as its cause, so that its id and amount are fixed before the provider hears of it.
    fn wind_down(&mut self) -> Result<bool> {
        if !self.released || self.charge != Charge::Captured {
            return Ok(false);
        }
        let rest = self.amount.checked_sub(self.committed()?)?;
        if rest.minor <= 0 {
            return Ok(false);
        }
        // A refund that was refused stays in the list, so the next one gets another id.
        let id = self.id.derive(&format!("void:{}", self.refunds.len()));
        self.refunds.push(Refund { id, amount: rest, state: RefundState::Asked });
        Ok(true)
    }

    /// Begins a refund, or finds the one that this id began.
    ///
    /// Errors: `payments.not_captured`, `payments.exceeds`, `payments.id_reused`, `core.invalid`.
    pub fn ask_refund(&mut self, id: RefundId, amount: Money) -> Result<Refund> {
        if let Some(refund) = self.refunds.iter().find(|refund| refund.id == id) {
            if refund.amount == amount {
                return Ok(*refund);
            }
            return Err(codes::ID_REUSED.error(format!("refund {id} is about {}", refund.amount)));
        }
        if self.charge != Charge::Captured {
            return Err(codes::NOT_CAPTURED.error("only a captured payment can be refunded"));
        }
        if amount.minor <= 0 || amount.currency != self.amount.currency {
            return Err(mainstay_core::codes::INVALID
                .error("a refund is above zero and in the payment's currency")
                .with_field("amount", "is above zero and in the payment's currency"));
        }
        let committed = self.committed()?.checked_add(amount)?;
        if committed.minor > self.amount.minor {
            let left = self.amount.checked_sub(self.committed()?)?;
            return Err(codes::EXCEEDS.error(format!("at most {left} can still be refunded")));
        }
        let refund = Refund { id, amount, state: RefundState::Asked };
        self.refunds.push(refund);
        Ok(refund)
    }

    /// Notes that the provider refused a refund; nothing if it has given it by now. Returns whether that is news.
    pub fn refund_refused(&mut self, id: RefundId) -> bool {
        match self.refunds.iter_mut().find(|refund| refund.id == id) {
            Some(refund) if refund.state == RefundState::Asked => {
                refund.state = RefundState::Refused;
                true
            }
            Some(_) | None => false,
        }
    }

    /// What is left to do at the provider, one thing at a time.
    pub fn next(&self) -> Next {
        if let Some(refund) = self.refunds.iter().find(|refund| refund.state == RefundState::Asked) {
            return Next::Refund(*refund);
        }
        match self.charge {
            Charge::Unknown => Next::Ask,
            Charge::Challenge { .. } | Charge::Authorised if self.released => Next::Void,
            Charge::Challenge { .. }
            | Charge::Authorised
            | Charge::Declined { .. }
            | Charge::Voided
            | Charge::Captured => Next::Nothing,
        }
    }

    /// The state that callers see. A payment that was let go is voided, whatever the provider still thinks.
    pub fn state(&self) -> contracts::PaymentState {
        use contracts::PaymentState as State;
        if self.released {
            return State::Voided;
        }
        match self.charge {
            Charge::Unknown => State::Pending,
            Charge::Challenge { .. } => State::Challenge,
            Charge::Declined { .. } => State::Declined,
            Charge::Authorised => State::Authorised,
            Charge::Voided => State::Voided,
            Charge::Captured => State::Captured,
        }
    }

    /// What the provider has given back.
    pub fn refunded(&self) -> Result<Money> {
        self.sum(|state| state == RefundState::Given)
    }

    // Given back or about to be.
    fn committed(&self) -> Result<Money> {
        self.sum(|state| state != RefundState::Refused)
    }

    fn sum(&self, counts: impl Fn(RefundState) -> bool) -> Result<Money> {
        let counted = self.refunds.iter().filter(|refund| counts(refund.state));
        Money::sum(self.amount.currency, counted.map(|refund| refund.amount))
    }
}
