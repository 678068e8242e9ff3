//! The port to whoever moves the money.
//!
//! A charge is known to the provider by our payment id, which is also the idempotency key of its authorisation; the
//! other operations have keys derived from it, refunds their own id. So whatever timed out can be asked about by a
//! key that is known beforehand, and a repeat is never a second effect.

use async_trait::async_trait;
use mainstay_core::{Context, Money, Result, Timestamp};

use crate::model::{PaymentId, RefundId, Seen};

mod guarded;
mod test_provider;
mod wire;

pub use crate::metrics::Metrics;
pub use guarded::{Guarded, default_options};
pub use test_provider::TestProviderAdapter;
pub use wire::{Event, WireList};

/// One page of the provider's own list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub charges: Vec<Listed>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<i64>,
}

/// A charge in the provider's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The name that we gave it: a payment's id, if it is ours.
    pub reference: String,
    pub seen: Seen,
}

/// Moves money. Every call may be repeated.
///
/// Errors of all calls: ones of which [`outcome_unknown`](mainstay_core::Error::outcome_unknown) is true when the call may
/// have taken effect; `payments.provider_refused` when the provider says that the charge does not allow it;
/// `core.overloaded` when nothing was sent; `payments.provider_broken` when its answer makes no sense.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Asks to set `amount` aside. A decline is an answer and no error.
    async fn authorise(&self, ctx: &Context, payment: PaymentId, amount: Money, token: &str) -> Result<Seen>;

    /// Takes the whole amount that was set aside.
    async fn capture(&self, ctx: &Context, payment: PaymentId) -> Result<Seen>;

    /// Lets go of the amount that was set aside.
    async fn void(&self, ctx: &Context, payment: PaymentId) -> Result<Seen>;

    /// Gives back part of what was taken.
    async fn refund(
        &self,
        ctx: &Context,
        payment: PaymentId,
        refund: RefundId,
        amount: Money,
    ) -> Result<Seen>;

    /// What has become of a charge; `None` when the provider never heard of it.
    async fn find(&self, ctx: &Context, payment: PaymentId) -> Result<Option<Seen>>;

    /// The charges made at or after `since`, in the order of making, `after` a place that a former page named.
    async fn list(&self, ctx: &Context, since: Timestamp, after: i64) -> Result<Page>;
}
