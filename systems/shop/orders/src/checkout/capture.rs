//! Step 6: take the money that was set aside.

use async_trait::async_trait;
use mainstay_core::{Result, codes};
use mainstay_rpc::Peer;
use mainstay_sql::Tx;
use mainstay_workflow::{Progress, Step, StepContext};
use shop_payments_contracts::{CaptureRequest, PaymentState, PaymentsClient};

use super::CheckoutState;
use crate::model::Fact;
use crate::store;

pub struct Capture {
    pub payments: Peer<PaymentsClient<mainstay_rpc::Channel>>,
}

#[async_trait]
impl Step<CheckoutState> for Capture {
    fn name(&self) -> &'static str {
        "capture"
    }

    async fn run(&self, cx: &StepContext, state: &mut CheckoutState) -> Result<Progress> {
        let capture = CaptureRequest { payment_id: state.payment_id().to_vec() };
        let request = mainstay_rpc::request(cx.context(), capture);
        let payment = mainstay_rpc::answer(self.payments.client().capture(request).await)?.payment;
        match payment.map(|payment| payment.state()) {
            Some(PaymentState::Captured) => Ok(Progress::Done),
            // The provider's answer is out; the same capture asks again.
            _ => Err(codes::UNAVAILABLE.error("the capture is not confirmed yet")),
        }
    }

    fn record(&self, tx: &Tx<'_>, cx: &StepContext, state: &mut CheckoutState) -> Result<()> {
        let fact = Fact::Paid { payment_id: state.payment_id(), amount: state.sale()?.total };
        store::append(tx, cx.context(), state.order_id(), fact)
    }
}
