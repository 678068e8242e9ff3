//! Products and their variants.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderValue, StatusCode};
use mainstay_core::{Context, codes as core_codes};
use mainstay_http::{Body, Condition, Ctx, Path, PathId, Problem, Query, Routes, etag, operation};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use shop_catalog_contracts as contracts;

use super::cached::{self, Shown};
use super::view::{NewProduct, PageView, ProductView, Slug, VariantPageView, VariantView};
use crate::actions::{self, Catalog, Found, Wanted};
use crate::codes;
use crate::model::{
    CategoryId, PAGE_DEFAULT, PAGE_MAX, Product, ProductId, SLUG, VARIANT_PAGE_MAX, VARIANTS_MAX, Versioned,
};

pub fn routes() -> Routes<Arc<Catalog>> {
    Routes::new("Products", "What the shop sells, by word and picture.")
        .get(
            "/v1/products",
            list,
            operation("listProducts", "List products")
                .text("In pages by key: pass `next` of one page as `after` of the next.")
                .returns::<PageView>(200, "a page of products")
                .problems(&[&codes::PRODUCT_UNKNOWN, &codes::CATEGORY_UNKNOWN]),
        )
        .get(
            "/v1/products/by-slug/{slug}",
            show_by_slug,
            operation("getProductBySlug", "Show a product by its name in addresses")
                .returns::<ProductView>(200, "the product")
                .with_header("etag", "Its version.")
                .returns_nothing(308, "it is called otherwise now")
                .with_header("location", "Where it is.")
                .problem(&codes::PRODUCT_UNKNOWN),
        )
        .get(
            "/v1/products/{product}",
            show,
            operation("getProduct", "Show a product")
                .returns::<ProductView>(200, "the product")
                .with_header("etag", "Its version.")
                .problem(&codes::PRODUCT_UNKNOWN),
        )
        .put(
            "/v1/products/{product}",
            put,
            operation("putProduct", "Create or replace a product")
                .staff()
                .example(json!({
                    "slug": "storm-lantern", "name": "Storm lantern", "description": "Burns in any wind.",
                    "variants": [{ "sku": "LAN-1", "name": "brass" }],
                }))
                .returns::<ProductView>(200, "the product as it is now")
                .with_header("etag", "Its version.")
                .problems(&[
                    &codes::SLUG_TAKEN,
                    &codes::SKU_TAKEN,
                    &codes::VARIANT_TAKEN,
                    &core_codes::INVALID,
                ]),
        )
        .get(
            "/v1/products/{product}/variants",
            variants,
            operation("listVariants", "List the variants of a product")
                .returns::<VariantPageView>(200, "a page of variants")
                .problem(&codes::PRODUCT_UNKNOWN),
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// The `next` of the page before.
    after: Option<ProductId>,
    /// Products a page.
    #[schemars(range(min = 1, max = PAGE_MAX))]
    limit: Option<u32>,
    /// Only the product of this name in addresses.
    #[schemars(length(max = 80), regex(pattern = SLUG))]
    slug: Option<String>,
    /// Only what stands in this category or below it.
    category: Option<CategoryId>,
}

pub async fn list(
    State(catalog): State<Arc<Catalog>>,
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
    State(catalog): State<Arc<Catalog>>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<contracts::Product>,
) -> Result<Response, Problem> {
    show_wanted(&catalog, &ctx, Wanted::Id(id)).await
}

/// An old address is answered with the way to the present one.
pub async fn show_by_slug(
    State(catalog): State<Arc<Catalog>>,
    Ctx(ctx): Ctx,
    Path(Slug(slug)): Path<Slug>,
) -> Result<Response, Problem> {
    show_wanted(&catalog, &ctx, Wanted::Slug(slug)).await
}

async fn show_wanted(catalog: &Arc<Catalog>, ctx: &Context, wanted: Wanted) -> Result<Response, Problem> {
    if actions::sees_hidden(catalog, ctx) {
        let Found { product, moved } = actions::get_product(catalog, ctx, wanted).await?;
        return Ok(if moved { redirect(&product.value.slug) } else { whole(product) });
    }
    Ok(match cached::product(catalog, ctx, wanted).await? {
        Shown::Moved(slug) => redirect(&slug),
        Shown::Product(version, json) => {
            let json_type = HeaderValue::from_static("application/json");
            ([(ETAG, etag(version)), (CONTENT_TYPE, json_type)], json).into_response()
        }
    })
}

fn redirect(slug: &str) -> Response {
    // A slug has no letter that an address would have to escape.
    let there = HeaderValue::try_from(format!("/v1/products/by-slug/{slug}"));
    let there = there.unwrap_or_else(|_| HeaderValue::from_static("/v1/products"));
    (StatusCode::PERMANENT_REDIRECT, [(LOCATION, there)]).into_response()
}

pub async fn put(
    State(catalog): State<Arc<Catalog>>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<contracts::Product>,
    condition: Condition,
    Body(new): Body<NewProduct>,
) -> Result<Response, Problem> {
    let guard = move |version| condition.check(version);
    Ok(whole(actions::put_product(&catalog, &ctx, new.under(id), guard).await?))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VariantQuery {
    /// The `next` of the page before.
    #[schemars(range(max = VARIANTS_MAX))]
    from: Option<u32>,
    /// Variants a page.
    #[schemars(range(min = 1, max = VARIANT_PAGE_MAX))]
    limit: Option<u32>,
}

pub async fn variants(
    State(catalog): State<Arc<Catalog>>,
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
