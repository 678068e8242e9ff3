//! Products and their variants.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{ETAG, LOCATION};
use http::{HeaderValue, StatusCode};
use mainstay_http::{Body, Condition, Ctx, Path, PathId, Problem, Query, etag};
use serde::Deserialize;
use shop_catalog_contracts as contracts;

use super::view::{NewProduct, PageView, ProductView, VariantPageView, VariantView};
use crate::actions::{self, Catalog, Found, Wanted};
use crate::model::{CategoryId, PAGE_DEFAULT, Product, ProductId, VARIANT_PAGE_MAX, Versioned};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    after: Option<ProductId>,
    limit: Option<u32>,
    slug: Option<String>,
    category: Option<CategoryId>,
}

pub async fn list(
    State(catalog): State<Catalog>,
    Ctx(ctx): Ctx,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView>, Problem> {
    if let Some(slug) = query.slug {
        let found = actions::get_product(&catalog, &ctx, Wanted::Slug(slug)).await?;
        return Ok(Json(PageView { products: vec![ProductView::of(found.product)], next: None }));
    }
    let limit = query.limit.unwrap_or(PAGE_DEFAULT);
    let page = actions::list_products(&catalog, &ctx, query.category, query.after, limit).await?;
    Ok(Json(PageView {
        products: page.products.into_iter().map(ProductView::of_listed).collect(),
        next: page.next,
    }))
}

pub async fn show(
    State(catalog): State<Catalog>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<contracts::Product>,
) -> Result<Response, Problem> {
    Ok(whole(actions::get_product(&catalog, &ctx, Wanted::Id(id)).await?.product))
}

/// An old address is answered with the way to the present one.
pub async fn show_by_slug(
    State(catalog): State<Catalog>,
    Ctx(ctx): Ctx,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    let Found { product, moved } = actions::get_product(&catalog, &ctx, Wanted::Slug(slug)).await?;
    if moved {
        // A slug has no letter that an address would have to escape.
        let there = HeaderValue::try_from(format!("/v1/products/by-slug/{}", product.value.slug));
        let there = there.unwrap_or_else(|_| HeaderValue::from_static("/v1/products"));
        return Ok((StatusCode::PERMANENT_REDIRECT, [(LOCATION, there)]).into_response());
    }
    Ok(whole(product))
}

pub async fn put(
    State(catalog): State<Catalog>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<contracts::Product>,
    condition: Condition,
    Body(new): Body<NewProduct>,
) -> Result<Response, Problem> {
    let guard = move |version| condition.check(version);
    Ok(whole(actions::put_product(&catalog, &ctx, new.under(id), guard).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantQuery {
    from: Option<u32>,
    limit: Option<u32>,
}

pub async fn variants(
    State(catalog): State<Catalog>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<contracts::Product>,
    Query(query): Query<VariantQuery>,
) -> Result<Json<VariantPageView>, Problem> {
    let (from, limit) = (query.from.unwrap_or(0), query.limit.unwrap_or(VARIANT_PAGE_MAX));
    let page = actions::list_variants(&catalog, &ctx, id, from, limit).await?;
    let sellable = page.sellable;
    let variants = page.variants.into_iter().map(|variant| VariantView::of(variant, sellable));
    Ok(Json(VariantPageView { variants: variants.collect(), next: page.next }))
}

/// A product with its ETag.
fn whole(product: Versioned<Product>) -> Response {
    let tag = etag(product.version);
    ([(ETAG, tag)], Json(ProductView::of(product))).into_response()
}
