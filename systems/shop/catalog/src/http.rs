//! What outsiders call. Every route of the catalogue stands here; handlers extract, call an action and answer.

mod view;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use mainstay_http::{Body, Ctx, PathId, Problem, Query};
use serde::Deserialize;

use crate::actions::{self, Catalog, Wanted};
use crate::model::{PAGE_DEFAULT, ProductId};
use view::{NewProduct, PageView, ProductView};

/// The routes over the actions.
pub fn routes(catalog: Catalog) -> Router {
    Router::new()
        .route("/v1/products", get(list))
        .route("/v1/products/{product}", get(show).put(put))
        .with_state(catalog)
}

type Product = shop_catalog_contracts::Product;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    after: Option<ProductId>,
    limit: Option<u32>,
    slug: Option<String>,
}

async fn list(
    State(catalog): State<Catalog>,
    Ctx(ctx): Ctx,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView>, Problem> {
    if let Some(slug) = query.slug {
        let product = actions::get_product(&catalog, &ctx, Wanted::Slug(slug)).await?;
        return Ok(Json(PageView { products: vec![ProductView::of(product)], next: None }));
    }
    let page =
        actions::list_products(&catalog, &ctx, query.after, query.limit.unwrap_or(PAGE_DEFAULT)).await?;
    Ok(Json(PageView { products: page.products.into_iter().map(ProductView::of).collect(), next: page.next }))
}

async fn show(
    State(catalog): State<Catalog>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<Product>,
) -> Result<Json<ProductView>, Problem> {
    let product = actions::get_product(&catalog, &ctx, Wanted::Id(id)).await?;
    Ok(Json(ProductView::of(product)))
}

async fn put(
    State(catalog): State<Catalog>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<Product>,
    Body(new): Body<NewProduct>,
) -> Result<Json<ProductView>, Problem> {
    let product = new.under(id);
    actions::put_product(&catalog, &ctx, product.clone()).await?;
    Ok(Json(ProductView::of(product)))
}
