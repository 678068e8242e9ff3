//! What peers call. Thin: read the message, call an action, answer.

use mainstay_core::{Result, codes};
use mainstay_rpc::handle;
use shop_catalog_contracts::{self as wire, catalog_server};
use tonic::{Request, Response, Status};

use crate::actions::{self, ByName, Catalog};
use crate::messages;
use crate::model::{Product, Versioned};

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
            let product = messages::read_product(product, "product")?;
            actions::put_product(&self.0, &ctx, product, actions::unguarded).await?;
            Ok(wire::PutProductResponse {})
        })
        .await
    }

    async fn put_by_name(
        &self,
        req: Request<wire::PutByNameRequest>,
    ) -> Result<Response<wire::PutByNameResponse>, Status> {
        handle(req, |ctx, message| async move {
            let lines = message.lines.into_iter().enumerate();
            let lines =
                lines.map(|(place, line)| messages::read_named(line, place)).collect::<Result<_>>()?;
            let done = if message.only_check {
                let refusals = actions::check_by_name(&self.0, &ctx, lines).await?;
                ByName { refusals, ..ByName::default() }
            } else {
                actions::put_by_name(&self.0, &ctx, lines).await?
            };
            Ok(messages::by_name(done))
        })
        .await
    }

    async fn page_products(
        &self,
        req: Request<wire::PageProductsRequest>,
    ) -> Result<Response<wire::PageProductsResponse>, Status> {
        handle(req, |ctx, message| async move {
            let after = match message.after.as_slice() {
                [] => None,
                bytes => Some(messages::id(bytes, || "after".into())?),
            };
            let page = actions::page_products(&self.0, &ctx, after).await?;
            let whole = |one: &Versioned<Product>| {
                messages::product(&one.value, one.version, one.value.variants.iter())
            };
            Ok(wire::PageProductsResponse {
                products: page.products.iter().map(whole).collect(),
                more: page.more,
            })
        })
        .await
    }

    async fn upsert_products(
        &self,
        req: Request<wire::UpsertProductsRequest>,
    ) -> Result<Response<wire::UpsertProductsResponse>, Status> {
        handle(req, |ctx, message| async move {
            let products = message.products.into_iter().enumerate();
            let products = products
                .map(|(place, product)| messages::read_product(product, &format!("products[{place}]")));
            let done = actions::upsert_products(&self.0, &ctx, products.collect::<Result<_>>()?).await?;
            Ok(wire::UpsertProductsResponse {
                products_changed: done.products_changed,
                variants_changed: done.variants_changed,
            })
        })
        .await
    }
}
