//! Step 1, the pivot: give the money back.

use async_trait::async_trait;
use mainstay_core::Result;
use mainstay_rpc::{Channel, Peer};
use mainstay_workflow::{Progress, Step, StepContext};
use shop_payments_contracts::{PaymentsClient, RefundRequest};

use super::RefundState;

pub const NAME: &str = "repay";

pub struct Repay {
    pub payments: Peer<PaymentsClient<Channel>>,
}

#[async_trait]
impl Step<RefundState> for Repay {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn run(&self, cx: &StepContext, state: &mut RefundState) -> Result<Progress> {
        let refund = RefundRequest {
            payment_id: state.payment_id.to_vec(),
            refund_id: state.refund.id.to_vec(),
            amount: Some(state.refund.amount.into()),
        };
        let request = mainstay_rpc::request(cx.context(), refund);
        mainstay_rpc::answer(self.payments.client().refund(request).await)?;
        Ok(Progress::Done)
    }

    // No undo: a refusal gave nothing back, and what was given back is the buyer's.
}
