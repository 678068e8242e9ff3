//! What the service publishes.

use mainstay_core::{Context, Money, Result};
use mainstay_events::Outbox;
use mainstay_sql::Tx;
use shop_payments_contracts::v1::Payment as PaymentMessage;
use shop_payments_contracts::{PaymentChanged, PaymentState, TOPIC};

use crate::model::{Charge, Payment, PaymentId};

/// What others can see of a payment and would call a change of state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Face {
    state: PaymentState,
    refunded: Money,
}

pub fn face(payment: &Payment) -> Result<Face> {
    Ok(Face { state: payment.state(), refunded: payment.refunded()? })
}

/// Tells that a payment changed, in the write that changed it. Its beginning is told to nobody: who began it knows.
pub fn tell(outbox: &Outbox, tx: &Tx<'_>, ctx: &Context, payment: &Payment) -> Result<()> {
    let event = PaymentChanged { payment: Some(message(payment)?) };
    outbox.append(tx, ctx, &TOPIC, &payment.id.to_string(), &event)
}

/// A payment in the words of the contract.
pub fn message(payment: &Payment) -> Result<PaymentMessage> {
    let (challenge_url, decline_reason) = match &payment.charge {
        Charge::Challenge { url } => (url.clone(), String::new()),
        Charge::Declined { reason } => (String::new(), reason.clone()),
        Charge::Unknown | Charge::Authorised | Charge::Voided | Charge::Captured => Default::default(),
    };
    Ok(PaymentMessage {
        id: payment.id.to_vec(),
        checkout_id: payment.checkout_id.to_vec(),
        state: payment.state().into(),
        amount: Some(payment.amount.into()),
        refunded: Some(payment.refunded()?.into()),
        challenge_url,
        decline_reason,
    })
}

/// A payment that was voided before anybody authorised it: there is nothing else to say of it.
pub fn early_void(id: PaymentId) -> PaymentMessage {
    PaymentMessage { id: id.to_vec(), state: PaymentState::Voided.into(), ..PaymentMessage::default() }
}
