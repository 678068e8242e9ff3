//! A charge and its rules. Pure.

use std::time::Duration;

use mainstay_core::{Money, Result, Timestamp};

use crate::codes;

/// How a means of payment behaves. The token's text is what a buyer chooses in the shop's checkout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// `tok_ok`: authorised at once.
    Ok,
    /// `tok_decline`: declined at once with `insufficient_funds`.
    Decline,
    /// `tok_challenge`: the buyer has to pass or fail a challenge on a page of ours.
    Challenge,
    /// `tok_late`: authorised after [`crate::Options::late`]; the answer comes as late, if anybody still waits for it,
    /// and a webhook tells the others.
    Late,
    /// `tok_twice`: authorised at once, and each webhook is sent twice.
    Twice,
    /// `tok_out_of_order`: authorised at once, and the webhook about it arrives after the one about its capture.
    OutOfOrder,
    /// `tok_never`: neither an answer nor a webhook, ever. It can still be voided.
    Never,
}

impl Token {
    const NAMES: [(&'static str, Self); 7] = [
        ("tok_ok", Self::Ok),
        ("tok_decline", Self::Decline),
        ("tok_challenge", Self::Challenge),
        ("tok_late", Self::Late),
        ("tok_twice", Self::Twice),
        ("tok_out_of_order", Self::OutOfOrder),
        ("tok_never", Self::Never),
    ];

    /// The token of this text; `None` is a card that nobody issued.
    pub fn parse(text: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(name, _)| *name == text).map(|(_, token)| *token)
    }

    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, token)| *token == self).map_or("tok_ok", |(name, _)| name)
    }

    /// The status of a new charge, and why it is declined if it is.
    pub fn first_status(self) -> (Status, &'static str) {
        match self {
            Self::Ok | Self::Twice | Self::OutOfOrder => (Status::Authorised, ""),
            Self::Decline => (Status::Declined, "insufficient_funds"),
            Self::Challenge => (Status::Challenge, ""),
            Self::Late | Self::Never => (Status::Processing, ""),
        }
    }

    /// How often each webhook is sent.
    pub fn copies(self) -> usize {
        match self {
            Self::Twice => 2,
            Self::Ok | Self::Decline | Self::Challenge | Self::Late | Self::OutOfOrder | Self::Never => 1,
        }
    }

    /// How long the webhook about this status is held back; `None` when the answer told it already and no webhook
    /// is sent at all.
    pub fn webhook_delay(self, status: Status, held_back: Duration) -> Option<Duration> {
        match self {
            Self::Ok | Self::Decline | Self::Never => None,
            // The first status of a challenge is told by the answer; what comes of it is not.
            Self::Challenge => (status != Status::Challenge).then_some(Duration::ZERO),
            Self::Late => (status != Status::Processing).then_some(Duration::ZERO),
            Self::Twice => Some(Duration::ZERO),
            Self::OutOfOrder if status == Status::Authorised => Some(held_back),
            Self::OutOfOrder => Some(Duration::ZERO),
        }
    }
}

/// Where a charge stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Processing,
    Challenge,
    Authorised,
    Declined,
    Captured,
    Voided,
}

impl Status {
    const NAMES: [(&'static str, Self); 6] = [
        ("processing", Self::Processing),
        ("challenge", Self::Challenge),
        ("authorised", Self::Authorised),
        ("declined", Self::Declined),
        ("captured", Self::Captured),
        ("voided", Self::Voided),
    ];

    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, status)| *status == self).map_or("processing", |(name, _)| name)
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(name, _)| *name == text).map(|(_, status)| *status)
    }
}

/// One charge, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// Grows with each charge: the list is paged by it.
    pub number: i64,
    /// The merchant's own name for it, unique.
    pub reference: String,
    pub token: Token,
    pub amount: Money,
    pub status: Status,
    pub decline_reason: String,
    /// The unguessable part of the challenge's address, empty without one.
    pub challenge: String,
    pub refunds: Vec<Refund>,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
}

/// Money given back, under the key that asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub key: String,
    pub minor: i64,
}

impl Charge {
    /// Takes the whole authorised amount.
    pub fn capture(&mut self) -> Result<()> {
        match self.status {
            Status::Authorised => {
                self.status = Status::Captured;
                Ok(())
            }
            Status::Processing | Status::Challenge | Status::Declined | Status::Captured | Status::Voided => {
                Err(self.refuse("captured"))
            }
        }
    }

    /// Lets go of what is held, or of what would be held. A second void changes nothing.
    pub fn void(&mut self) -> Result<()> {
        match self.status {
            Status::Authorised | Status::Challenge | Status::Processing | Status::Voided => {
                self.status = Status::Voided;
                Ok(())
            }
            Status::Declined | Status::Captured => Err(self.refuse("voided")),
        }
    }

    /// Gives back part of what was captured, never more than that in all.
    pub fn refund(&mut self, key: &str, minor: i64) -> Result<()> {
        if self.status != Status::Captured {
            return Err(self.refuse("refunded"));
        }
        if minor <= 0 || minor > self.amount.minor - self.refunded_minor() {
            return Err(codes::AMOUNT.error("more would be given back than was taken"));
        }
        self.refunds.push(Refund { key: key.to_owned(), minor });
        Ok(())
    }

    /// What a challenge or a late decision came to. `false` when it was decided before.
    pub fn decide(&mut self, passed: bool) -> bool {
        if !matches!(self.status, Status::Challenge | Status::Processing) {
            return false;
        }
        if passed {
            self.status = Status::Authorised;
        } else {
            self.status = Status::Declined;
            "challenge_failed".clone_into(&mut self.decline_reason);
        }
        true
    }

    pub fn refunded_minor(&self) -> i64 {
        self.refunds.iter().map(|refund| refund.minor).sum()
    }

    fn refuse(&self, verb: &str) -> mainstay_core::Error {
        codes::STATUS.error(format!("a charge that is {} cannot be {verb}", self.status.name()))
    }
}

#[cfg(test)]
mod tests {
    use mainstay_core::Currency;

    use super::*;

    fn charge(status: Status) -> Charge {
        Charge {
            number: 1,
            reference: "pay_1".to_owned(),
            token: Token::Ok,
            amount: Money::new(1_000, Currency::GBP),
            status,
            decline_reason: String::new(),
            challenge: String::new(),
            refunds: Vec::new(),
            created_at: Timestamp::default(),
            changed_at: Timestamp::default(),
        }
    }

    #[test]
    fn names_and_back() {
        for (name, token) in Token::NAMES {
            assert_eq!(Token::parse(name), Some(token));
            assert_eq!(token.name(), name);
        }
        for (name, status) in Status::NAMES {
            assert_eq!(Status::parse(name), Some(status));
            assert_eq!(status.name(), name);
        }
        assert_eq!(Token::parse("tok_of_gold"), None);
    }

    #[test]
    fn only_what_is_authorised_is_captured_and_only_what_is_captured_is_refunded() {
        for (_, status) in Status::NAMES {
            assert_eq!(charge(status).capture().is_ok(), status == Status::Authorised, "{status:?}");
            assert_eq!(charge(status).refund("r", 1).is_ok(), status == Status::Captured, "{status:?}");
            let free = !matches!(status, Status::Captured | Status::Declined);
            assert_eq!(charge(status).void().is_ok(), free, "{status:?}");
        }
    }

    #[test]
    fn refunds_never_pass_the_captured_amount() {
        let mut charge = charge(Status::Captured);
        charge.refund("a", 600).unwrap();
        assert!(charge.refund("b", 401).unwrap_err().is(&codes::AMOUNT));
        assert!(charge.refund("b", 0).is_err());
        assert!(charge.refund("b", -1).is_err());
        charge.refund("b", 400).unwrap();
        assert!(charge.refund("c", 1).is_err());
    }

    #[test]
    fn a_decision_is_made_once() {
        let mut charge = charge(Status::Challenge);
        assert!(charge.decide(false));
        assert_eq!(charge.status, Status::Declined);
        assert!(!charge.decide(true));
        assert_eq!(charge.status, Status::Declined);
    }
}
