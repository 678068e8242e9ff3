//! Step 5: the order comes into being, in the transaction that records the step.

use std::sync::Arc;

use async_trait::async_trait;
use mainstay_core::Result;
use mainstay_events::Outbox;
use mainstay_sql::Tx;
use mainstay_workflow::{Step, StepContext};

use super::{CheckoutState, PLACED};
use crate::events;
use crate::model::Fact;
use crate::store;

pub struct Place {
    pub outbox: Outbox,
}

#[async_trait]
impl Step<CheckoutState> for Place {
    fn name(&self) -> &'static str {
        PLACED
    }

    fn has_outer_effect(&self) -> bool {
        false
    }

    fn record(&self, tx: &Tx<'_>, cx: &StepContext, state: &mut CheckoutState) -> Result<()> {
        state.order_number = store::next_order_number(tx)?;
        let placed_at = state.replayed_at.unwrap_or_else(|| tx.now());
        state.placed_at = Some(placed_at);
        let fact = Fact::Placed {
            number: state.order_number.clone(),
            checkout_id: state.checkout_id,
            placed_at,
            sale: Arc::clone(state.sale()?),
        };
        store::append(tx, cx.context(), state.order_id(), fact)?;
        events::publish_placed(tx, cx.context(), &self.outbox, state)
    }
}
