//! Step 3: the refund is a fact, and everybody hears of it.

use async_trait::async_trait;
use mainstay_core::{Result, codes};
use mainstay_events::Outbox;
use mainstay_sql::Tx;
use mainstay_workflow::{Step, StepContext};

use super::RefundState;
use crate::model::Fact;
use crate::{events, store};

pub struct Finish {
    pub outbox: Outbox,
}

#[async_trait]
impl Step<RefundState> for Finish {
    fn name(&self) -> &'static str {
        "finish"
    }

    fn has_outer_effect(&self) -> bool {
        false
    }

    fn record(&self, tx: &Tx<'_>, cx: &StepContext, state: &mut RefundState) -> Result<()> {
        let order = store::order(tx, state.order_id)?
            .ok_or_else(|| codes::INTERNAL.error("a refund of an order that does not exist"))?;
        let country = order.sale.address.country.clone();
        let fact = Fact::Refunded { refund: state.refund.clone(), country, at: state.replayed_at };
        store::append(tx, cx.context(), state.order_id, fact)?;
        events::publish_refund(tx, cx.context(), &self.outbox, &order, &state.refund)
    }
}
