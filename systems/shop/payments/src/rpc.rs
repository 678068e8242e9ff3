//! What peers call. Each method takes its request apart, calls an action, and puts the answer together.

use std::sync::Arc;

use mainstay_access::Relation;
use mainstay_core::{Context, Id, IdKind, Result, Timestamp};
use mainstay_rpc::v1::required_money;
use shop_access_contracts::PAYMENTS_MOVE;
use shop_payments_contracts as contracts;
use shop_payments_contracts::v1;
use tonic::{Request, Response, Status};

use crate::actions::{self, Difference, NewPayment, Reconciliation, Totals};
use crate::app::App;
use crate::events;

/// The contract's server.
#[derive(Clone)]
pub struct Rpc(pub Arc<App>);

impl Rpc {
    // Money moves at the word of a service, never of a person, and so is it looked at: orders has decided what a person
    // may.
    fn may_move(&self, ctx: &Context) -> Result<()> {
        self.0.access.require(ctx, PAYMENTS_MOVE, Relation::Other)
    }

    async fn authorise_in(&self, ctx: &Context, req: v1::AuthoriseRequest) -> Result<v1::AuthoriseResponse> {
        self.may_move(ctx)?;
        let new = NewPayment {
            id: id(&req.payment_id, "payment_id")?,
            checkout_id: id(&req.checkout_id, "checkout_id")?,
            amount: required_money(req.amount.as_ref(), "amount")?,
            token: req.token,
        };
        let payment = actions::authorise(&self.0, ctx, new).await?;
        Ok(v1::AuthoriseResponse { payment: Some(events::message(&payment)?) })
    }

    async fn capture_in(&self, ctx: &Context, req: v1::CaptureRequest) -> Result<v1::CaptureResponse> {
        self.may_move(ctx)?;
        let payment = actions::capture(&self.0, ctx, id(&req.payment_id, "payment_id")?).await?;
        Ok(v1::CaptureResponse { payment: Some(events::message(&payment)?) })
    }

    async fn void_in(&self, ctx: &Context, req: v1::VoidRequest) -> Result<v1::VoidResponse> {
        self.may_move(ctx)?;
        let payment = actions::void(&self.0, ctx, id(&req.payment_id, "payment_id")?).await?;
        Ok(v1::VoidResponse { payment: Some(payment) })
    }

    async fn refund_in(&self, ctx: &Context, req: v1::RefundRequest) -> Result<v1::RefundResponse> {
        self.may_move(ctx)?;
        let amount = required_money(req.amount.as_ref(), "amount")?;
        let (payment, refund) = (id(&req.payment_id, "payment_id")?, id(&req.refund_id, "refund_id")?);
        let payment = actions::refund(&self.0, ctx, payment, refund, amount).await?;
        Ok(v1::RefundResponse { payment: Some(events::message(&payment)?) })
    }

    async fn get_payment_in(
        &self,
        ctx: &Context,
        req: v1::GetPaymentRequest,
    ) -> Result<v1::GetPaymentResponse> {
        self.may_move(ctx)?;
        let payment = actions::get_payment(&self.0, ctx, id(&req.payment_id, "payment_id")?).await?;
        Ok(v1::GetPaymentResponse { payment: Some(payment) })
    }

    async fn reconcile_in(&self, ctx: &Context, req: v1::ReconcileRequest) -> Result<v1::ReconcileResponse> {
        let since = Timestamp::from_micros(req.since_micros);
        let found = actions::reconcile(&self.0, ctx, since, req.mend).await?;
        Ok(reconciliation(found))
    }
}

fn id<K: IdKind>(bytes: &[u8], field: &str) -> Result<Id<K>> {
    Id::try_from_slice(bytes).map_err(|error| error.with_field(field, "has 16 bytes"))
}

fn reconciliation(found: Reconciliation) -> v1::ReconcileResponse {
    v1::ReconcileResponse {
        compared: found.compared,
        differences: found.differences.into_iter().map(difference).collect(),
        unnamed: found.unnamed,
        totals: found
            .totals
            .into_iter()
            .map(|(currency, totals)| {
                let Totals { captured, refunded, .. } = totals;
                v1::CurrencyTotal {
                    currency: currency.to_string(),
                    captured_minor: captured,
                    refunded_minor: refunded,
                    provider_captured_minor: totals.provider_captured,
                    provider_refunded_minor: totals.provider_refunded,
                    ledger_captured_minor: totals.ledger_captured,
                    ledger_refunded_minor: totals.ledger_refunded,
                }
            })
            .collect(),
    }
}

fn difference(found: Difference) -> v1::Difference {
    v1::Difference {
        kind: found.kind.into(),
        payment_id: found.payment_id.map(|id| id.to_vec()).unwrap_or_default(),
        reference: found.reference,
        ours: found.ours,
        theirs: found.theirs,
        mended: found.mended,
    }
}

#[tonic::async_trait]
impl contracts::Payments for Rpc {
    async fn authorise(
        &self,
        request: Request<v1::AuthoriseRequest>,
    ) -> Result<Response<v1::AuthoriseResponse>, Status> {
        mainstay_rpc::handle(request, async |ctx, req| self.authorise_in(&ctx, req).await).await
    }

    async fn capture(
        &self,
        request: Request<v1::CaptureRequest>,
    ) -> Result<Response<v1::CaptureResponse>, Status> {
        mainstay_rpc::handle(request, async |ctx, req| self.capture_in(&ctx, req).await).await
    }

    async fn void(&self, request: Request<v1::VoidRequest>) -> Result<Response<v1::VoidResponse>, Status> {
        mainstay_rpc::handle(request, async |ctx, req| self.void_in(&ctx, req).await).await
    }

    async fn refund(
        &self,
        request: Request<v1::RefundRequest>,
    ) -> Result<Response<v1::RefundResponse>, Status> {
        mainstay_rpc::handle(request, async |ctx, req| self.refund_in(&ctx, req).await).await
    }

    async fn get_payment(
        &self,
        request: Request<v1::GetPaymentRequest>,
    ) -> Result<Response<v1::GetPaymentResponse>, Status> {
        mainstay_rpc::handle(request, async |ctx, req| self.get_payment_in(&ctx, req).await).await
    }

    async fn reconcile(
        &self,
        request: Request<v1::ReconcileRequest>,
    ) -> Result<Response<v1::ReconcileResponse>, Status> {
        mainstay_rpc::handle(request, async |ctx, req| self.reconcile_in(&ctx, req).await).await
    }
}
