//! Step 7: tell everybody that the order is paid. Mails go out from here, after all that can fail.

use async_trait::async_trait;
use mainstay_core::Result;
use mainstay_events::Outbox;
use mainstay_sql::Tx;
use mainstay_workflow::{Step, StepContext};

use super::CheckoutState;
use crate::events;

pub struct Notify {
    pub outbox: Outbox,
}

#[async_trait]
impl Step<CheckoutState> for Notify {
    fn name(&self) -> &'static str {
        "notify"
    }

    fn has_outer_effect(&self) -> bool {
        false
    }

    fn record(&self, tx: &Tx<'_>, cx: &StepContext, state: &mut CheckoutState) -> Result<()> {
        events::publish_paid(tx, cx.context(), &self.outbox, state)
    }
}
