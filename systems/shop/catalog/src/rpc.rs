//! What peers call. Thin: read the message, call an action, answer.

use mainstay_core::{Result, codes};
use mainstay_rpc::handle;
use shop_catalog_contracts::{self as wire, catalog_server};
use tonic::{Request, Response, Status};

use crate::actions::{self, Catalog};
use crate::messages;

/// The generated trait over the actions.
#[derive(Clone)]
pub struct Rpc(pub Catalog);

#[tonic::async_trait]
impl catalog_server::Catalog for Rpc {
    async fn get_variants(
        &self,
        req: Request<wire::GetVariantsRequest>,
    ) -> Result<Response<wire::GetVariantsResponse>, Status> {
        handle(req, |ctx, message| async move {
            let ids = message.ids.iter().enumerate();
            let ids = ids.map(|(place, bytes)| messages::id(bytes, || format!("ids[{place}]")));
            let found = actions::get_variants(&self.0, &ctx, ids.collect::<Result<_>>()?).await?;
            Ok(wire::GetVariantsResponse { variants: found.into_iter().map(messages::variant).collect() })
        })
        .await
    }

    async fn put_product(
        &self,
        req: Request<wire::PutProductRequest>,
    ) -> Result<Response<wire::PutProductResponse>, Status> {
        handle(req, |ctx, message| async move {
            let product = message.product.ok_or_else(|| {
                codes::INVALID.error("there is no product").with_field("product", "is required")
            })?;
            actions::put_product(&self.0, &ctx, messages::read_product(product)?).await?;
            Ok(wire::PutProductResponse {})
        })
        .await
    }
}
