//! What the provider does, in its own order of things: a charge, and refunds of it.

use mainstay_core::Money;

use crate::model::RefundId;

/// What the provider is known to have done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Charge {
    /// It has not answered, or its answer did not arrive.
    Unknown,
    /// The buyer has to pass a challenge at this address.
    Challenge {
        url: String,
    },
    /// With the provider's stable word for the reason.
    Declined {
        reason: String,
    },
    Authorised,
    Voided,
    Captured,
}

impl Charge {
    // A provider that contradicts itself is believed where it says that it has money: that must not be overlooked.
    pub(crate) const fn rank(&self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Challenge { .. } => 1,
            Self::Declined { .. } => 2,
            Self::Authorised => 3,
            Self::Voided => 4,
            Self::Captured => 5,
        }
    }

    /// For people and for the column in the database.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Challenge { .. } => "challenge",
            Self::Declined { .. } => "declined",
            Self::Authorised => "authorised",
            Self::Voided => "voided",
            Self::Captured => "captured",
        }
    }

    /// Whether the provider holds money, has taken it, or may come to.
    pub const fn is_open(&self) -> bool {
        match self {
            Self::Unknown | Self::Challenge { .. } | Self::Authorised | Self::Captured => true,
            Self::Declined { .. } | Self::Voided => false,
        }
    }
}

/// Money that goes back to the buyer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refund {
    pub id: RefundId,
    pub amount: Money,
    pub state: RefundState,
}

/// Where a refund stands; knowledge moves up this order only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefundState {
    /// Asked for here; the provider's answer is not known.
    Asked,
    /// The provider refused it.
    Refused,
    /// The provider has given it.
    Given,
}

/// What the provider says about one charge: an answer, a webhook, or a line of its list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub amount: Money,
    pub charge: Charge,
    pub refunds: Vec<SeenRefund>,
}

/// A refund as the provider lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRefund {
    /// The key under which it was asked for: a refund's id, or something of the provider's own.
    pub key: String,
    pub amount: Money,
}
