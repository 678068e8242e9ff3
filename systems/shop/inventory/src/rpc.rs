//! What peers call. Thin: read the message, call an action, answer.

use mainstay_core::{Id, IdKind, Result, Timestamp, codes};
use mainstay_rpc::handle;
use shop_inventory_contracts::{self as wire, Inventory};
use tonic::{Request, Response, Status};

use crate::actions::{self, Reserve, Stock};
use crate::model::{Level, VariantId};

/// The generated trait over the actions.
#[derive(Clone)]
pub struct Rpc(pub Stock);

#[tonic::async_trait]
impl Inventory for Rpc {
    async fn get_levels(
        &self,
        req: Request<wire::GetLevelsRequest>,
    ) -> Result<Response<wire::GetLevelsResponse>, Status> {
        handle(req, |ctx, message| async move {
            let ids = message.variant_ids.iter().enumerate();
            let variants = ids.map(|(place, bytes)| id(bytes, || format!("variant_ids[{place}]")));
            let levels = actions::get_levels(&self.0, &ctx, variants.collect::<Result<_>>()?).await?;
            Ok(wire::GetLevelsResponse { levels: levels.into_iter().map(level).collect() })
        })
        .await
    }

    async fn reserve(
        &self,
        req: Request<wire::ReserveRequest>,
    ) -> Result<Response<wire::ReserveResponse>, Status> {
        handle(req, |ctx, message| async move {
            let lines = message.lines.iter().enumerate().map(|(place, line)| {
                id(&line.variant_id, || format!("lines[{place}].variant_id"))
                    .map(|variant| (variant, line.quantity))
            });
            let asked = Reserve {
                id: id(&message.reservation_id, || "reservation_id".into())?,
                lines: lines.collect::<Result<_>>()?,
                expires_at: Timestamp::from_micros(message.expires_at_micros),
            };
            actions::reserve(&self.0, &ctx, asked).await.map(|()| wire::ReserveResponse {})
        })
        .await
    }

    async fn commit(
        &self,
        req: Request<wire::CommitRequest>,
    ) -> Result<Response<wire::CommitResponse>, Status> {
        handle(req, |ctx, message| async move {
            let reservation = id(&message.reservation_id, || "reservation_id".into())?;
            actions::commit(&self.0, &ctx, reservation).await.map(|()| wire::CommitResponse {})
        })
        .await
    }

    async fn release(
        &self,
        req: Request<wire::ReleaseRequest>,
    ) -> Result<Response<wire::ReleaseResponse>, Status> {
        handle(req, |ctx, message| async move {
            let reservation = id(&message.reservation_id, || "reservation_id".into())?;
            actions::release(&self.0, &ctx, reservation).await.map(|()| wire::ReleaseResponse {})
        })
        .await
    }

    async fn adjust(
        &self,
        req: Request<wire::AdjustRequest>,
    ) -> Result<Response<wire::AdjustResponse>, Status> {
        handle(req, |ctx, message| async move {
            let adjustments = message.adjustments.iter().enumerate().map(|(place, adjustment)| {
                id(&adjustment.variant_id, || format!("adjustments[{place}].variant_id"))
                    .map(|variant| (variant, adjustment.delta))
            });
            let adjustments = adjustments.collect::<Result<_>>()?;
            actions::adjust(&self.0, &ctx, message.cause, adjustments).await.map(|_| wire::AdjustResponse {})
        })
        .await
    }

    async fn count(&self, req: Request<wire::CountRequest>) -> Result<Response<wire::CountResponse>, Status> {
        handle(req, |ctx, message| async move {
            let counted = message.counted.iter().enumerate().map(|(place, counted)| {
                id(&counted.variant_id, || format!("counted[{place}].variant_id"))
                    .map(|variant| (variant, counted.on_hand))
            });
            let held = actions::count(&self.0, &ctx, message.cause, counted.collect::<Result<_>>()?).await?;
            Ok(wire::CountResponse { held_variant_ids: held.iter().map(Id::to_vec).collect() })
        })
        .await
    }
}

fn level((variant, level): (VariantId, Level)) -> wire::Level {
    wire::Level {
        variant_id: variant.to_vec(),
        on_hand: level.on_hand,
        held: level.held,
        available: level.available(),
    }
}

/// An id of a message; the error names the field.
fn id<K: IdKind>(bytes: &[u8], path: impl FnOnce() -> String) -> Result<Id<K>> {
    Id::try_from_slice(bytes).map_err(|_| {
        codes::INVALID.error("an id has 16 bytes").with_field(path(), "must be the 16 bytes of an id")
    })
}
