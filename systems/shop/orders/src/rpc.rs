//! What peers call.

use async_trait::async_trait;
use mainstay_core::{Context, Id, Result};
use shop_orders_contracts::{GetOrderRequest, GetOrderResponse, OrderPlaced, Orders as Contract};
use tonic::{Request, Response, Status};

use crate::Orders;
use crate::{actions, events};

#[async_trait]
impl Contract for Orders {
    async fn get_order(
        &self,
        request: Request<GetOrderRequest>,
    ) -> Result<Response<GetOrderResponse>, Status> {
        mainstay_rpc::handle(request, |ctx, message| self.answer_get_order(ctx, message)).await
    }
}

impl Orders {
    async fn answer_get_order(&self, ctx: Context, message: GetOrderRequest) -> Result<GetOrderResponse> {
        let id = Id::try_from_slice(&message.order_id)?;
        let order = actions::read_order(self, &ctx, id).await?;
        let placed = OrderPlaced {
            checkout_id: order.checkout_id.to_vec(),
            payment_id: order.paid.map(|(payment, _)| payment.to_vec()).unwrap_or_default(),
            placed_at_micros: order.placed_at.as_micros(),
            ..events::sale_message(&order.sale)
        };
        Ok(GetOrderResponse { placed: Some(placed), state: order.state().as_str().to_owned() })
    }
}
