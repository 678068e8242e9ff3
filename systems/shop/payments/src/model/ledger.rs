//! The books: which accounts there are, and how a movement of money is written into them. Pure.
//!
//! An entry moves an amount from one account to another, so each entry is balanced by its shape. An authorisation
//! moves nothing and books nothing.

use std::collections::BTreeMap;

use mainstay_core::{Currency, Money};

use crate::model::{Movement, PaymentId};

/// Where money is, or why it moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// What the provider has taken for us and will pay out.
    ProviderClearing,
    /// What buyers have paid.
    Sales,
    /// What buyers were given back.
    Refunds,
}

impl Account {
    pub const ALL: [Self; 3] = [Self::ProviderClearing, Self::Sales, Self::Refunds];

    pub const fn name(self) -> &'static str {
        match self {
            Self::ProviderClearing => "provider_clearing",
            Self::Sales => "sales",
            Self::Refunds => "refunds",
        }
    }
}

/// One line in the books, for good. A correction is another entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What the entry is about; no two entries have the same cause.
    pub cause: String,
    pub payment_id: PaymentId,
    pub debit: Account,
    pub credit: Account,
    /// Above zero.
    pub amount: Money,
}

impl Entry {
    /// How a movement of a payment's money is booked.
    pub fn of(payment_id: PaymentId, movement: Movement) -> Self {
        match movement {
            Movement::Captured(amount) => Self {
                cause: format!("capture:{payment_id}"),
                payment_id,
                debit: Account::ProviderClearing,
                credit: Account::Sales,
                amount,
            },
            Movement::Refunded(refund_id, amount) => Self {
                cause: format!("refund:{refund_id}"),
                payment_id,
                debit: Account::Refunds,
                credit: Account::ProviderClearing,
                amount,
            },
        }
    }
}

/// What an account has seen in one currency.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "LedgerBalance")]
pub struct Balance {
    #[schemars(example = &"sales")]
    pub account: String,
    pub debits: Money,
    pub credits: Money,
}

/// Whether debits and credits are equal in each currency. In any order.
pub fn balanced(balances: &[Balance]) -> bool {
    let mut sums: BTreeMap<Currency, i128> = BTreeMap::new();
    for Balance { debits, credits, .. } in balances {
        *sums.entry(debits.currency).or_default() += i128::from(debits.minor) - i128::from(credits.minor);
    }
    sums.values().all(|sum| *sum == 0)
}
