//! What peers call.

use async_trait::async_trait;
use mainstay_core::{Context, Id, Result};
use shop_orders_contracts::{
    GetOrderRequest, GetOrderResponse, Orders as Contract, PageOrdersRequest, PageOrdersResponse,
};
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

    async fn page_orders(
        &self,
        request: Request<PageOrdersRequest>,
    ) -> Result<Response<PageOrdersResponse>, Status> {
        mainstay_rpc::handle(request, |ctx, message| self.answer_page_orders(ctx, message)).await
    }
}

impl Orders {
    async fn answer_get_order(&self, ctx: Context, message: GetOrderRequest) -> Result<GetOrderResponse> {
        let id = Id::try_from_slice(&message.order_id)?;
        let order = actions::read_order(self, &ctx, id).await?;
        Ok(GetOrderResponse {
            placed: Some(events::placed_message(&order)),
            state: order.state().as_str().to_owned(),
        })
    }

    async fn answer_page_orders(
        &self,
        ctx: Context,
        message: PageOrdersRequest,
    ) -> Result<PageOrdersResponse> {
        let after = match message.after.as_slice() {
            [] => None,
            bytes => Some(Id::try_from_slice(bytes)?),
        };
        let page = actions::page_orders(self, &ctx, after).await?;
        Ok(events::page_message(page))
    }
}
