//! How many retries there may be: a share of the calls, and a few beside it for quiet times.

use mainstay_core::{Clock, Monotonic};
use parking_lot::Mutex;

/// What may be saved up: a short burst of failures is retried in full, an outage is not.
const SAVED_MAX: f64 = 10.0;

/// Paid in each second whether or not there are calls, so that a dependency that is called once a minute has its
/// retries too.
const PAID_EACH_SECOND: f64 = 0.5;

/// Shared by all callers of one dependency.
pub(super) struct Budget {
    share: f64,
    clock: Clock,
    account: Mutex<Account>,
}

struct Account {
    saved: f64,
    paid_until: Monotonic,
}

impl Budget {
    pub(super) fn new(share: f64, clock: &Clock) -> Self {
        let account = Account { saved: SAVED_MAX, paid_until: clock.monotonic() };
        Self { share: share.clamp(0.0, 1.0), clock: clock.clone(), account: Mutex::new(account) }
    }

    /// A call was made.
    pub(super) fn deposit(&self) {
        let mut account = self.account.lock();
        account.saved = (account.saved + self.share).min(SAVED_MAX);
    }

    /// Whether a retry may be made; it is paid for then.
    pub(super) fn withdraw(&self) -> bool {
        let now = self.clock.monotonic();
        let mut account = self.account.lock();
        let paid = now.since(account.paid_until).as_secs_f64() * PAID_EACH_SECOND;
        account.paid_until = now;
        account.saved = (account.saved + paid).min(SAVED_MAX);
        if account.saved < 1.0 {
            return false;
        }
        account.saved -= 1.0;
        true
    }
}
