//! Step 3: have the amount set aside, waiting for the buyer's challenge or a late provider as long as the hold lasts.

use async_trait::async_trait;
use mainstay_core::{Error, Result, codes};
use mainstay_events::Outbox;
use mainstay_rpc::Peer;
use mainstay_sql::Tx;
use mainstay_workflow::{Progress, Step, StepContext};
use shop_payments_contracts::{
    AuthoriseRequest, GetPaymentRequest, PaymentState, PaymentsClient, VoidRequest, v1,
};

use super::{CheckoutState, PAYMENT_SIGNAL};
use crate::codes as orders;
use crate::events;

pub struct Authorise {
    pub payments: Peer<PaymentsClient<mainstay_rpc::Channel>>,
    pub outbox: Outbox,
}

#[async_trait]
impl Step<CheckoutState> for Authorise {
    fn name(&self) -> &'static str {
        "authorise"
    }

    async fn run(&self, cx: &StepContext, state: &mut CheckoutState) -> Result<Progress> {
        let payment = if cx.waiting_until().is_some() {
            self.look(cx, state).await?
        } else {
            self.ask(cx, state).await?
        };
        match payment.state() {
            PaymentState::Authorised | PaymentState::Captured => {
                state.authorised = true;
                // Once used, the token is nobody's business any more.
                state.payment_token.clear();
                Ok(Progress::Done)
            }
            PaymentState::Declined => {
                Err(orders::PAYMENT_DECLINED.error(decline_sentence(&payment.decline_reason)).permanent())
            }
            PaymentState::Voided => Err(orders::PAYMENT_TIMEOUT.error("the payment was let go")),
            PaymentState::Pending | PaymentState::Challenge => {
                if cx.now() >= state.hold_until {
                    return Err(orders::PAYMENT_TIMEOUT
                        .error("the payment was not completed while the goods were held"));
                }
                Ok(Progress::WaitFor { signal: PAYMENT_SIGNAL, until: state.hold_until })
            }
            PaymentState::Unspecified => Err(codes::INTERNAL.error("a payment without a state")),
        }
    }

    async fn undo(&self, cx: &StepContext, state: &mut CheckoutState) -> Result<()> {
        let void = VoidRequest { payment_id: state.payment_id().to_vec() };
        let request = mainstay_rpc::request(cx.context(), void);
        mainstay_rpc::answer(self.payments.client().void(request).await).map(drop)
    }

    fn record_undo(&self, tx: &Tx<'_>, cx: &StepContext, state: &mut CheckoutState) -> Result<()> {
        // Whose money was never touched has nothing to be told but the refusal itself.
        if state.authorised {
            events::publish_reversal(tx, cx.context(), &self.outbox, state)?;
        }
        Ok(())
    }
}

impl Authorise {
    async fn ask(&self, cx: &StepContext, state: &CheckoutState) -> Result<v1::Payment> {
        let authorise = AuthoriseRequest {
            payment_id: state.payment_id().to_vec(),
            checkout_id: state.checkout_id.to_vec(),
            amount: Some(state.sale()?.total.into()),
            token: state.payment_token.clone(),
        };
        let request = mainstay_rpc::request(cx.context(), authorise);
        mainstay_rpc::answer(self.payments.client().authorise(request).await)?.payment.ok_or_else(no_payment)
    }

    async fn look(&self, cx: &StepContext, state: &CheckoutState) -> Result<v1::Payment> {
        let get = GetPaymentRequest { payment_id: state.payment_id().to_vec() };
        let request = mainstay_rpc::request(cx.context(), get);
        mainstay_rpc::answer(self.payments.client().get_payment(request).await)?
            .payment
            .ok_or_else(no_payment)
    }
}

fn no_payment() -> Error {
    codes::INTERNAL.error("an answer about a payment without the payment")
}

fn decline_sentence(reason: &str) -> String {
    if reason.is_empty() {
        return "the payment was declined".to_owned();
    }
    format!("the payment was declined: {}", reason.replace('_', " "))
}
