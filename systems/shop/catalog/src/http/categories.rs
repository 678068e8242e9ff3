//! The tree of categories.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::ETAG;
use mainstay_core::codes as core_codes;
use mainstay_http::{Body, Condition, Ctx, PathId, Problem, Routes, etag, operation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shop_catalog_contracts as contracts;

use crate::actions::{self, Catalog};
use crate::codes;
use crate::model::{Category, CategoryId, SLUG, WORDS};

/// Far more than categories that stand beside each other.
const PLACE_MAX: u32 = 1_000_000;

pub fn routes() -> Routes<Arc<Catalog>> {
    Routes::new("Categories", "Where products are found.")
        .get(
            "/v1/categories",
            list,
            operation("listCategories", "List all categories").returns::<CategoriesView>(200, "all of them"),
        )
        .get(
            "/v1/categories/{category}",
            show,
            operation("getCategory", "Show a category with what is above and below it")
                .returns::<BranchView>(200, "the category")
                .with_header("etag", "Its version.")
                .problem(&codes::CATEGORY_UNKNOWN),
        )
        .put(
            "/v1/categories/{category}",
            put,
            operation("putCategory", "Create or change a category")
                .staff()
                .example(json!({ "slug": "lanterns", "name": "Lanterns" }))
                .returns::<CategoryView>(200, "the category as it is now")
                .with_header("etag", "Its version.")
                .problems(&[&codes::SLUG_TAKEN, &codes::CATEGORY_UNKNOWN, &core_codes::INVALID]),
        )
        .delete(
            "/v1/categories/{category}",
            remove,
            operation("deleteCategory", "Delete a category in which nothing stands")
                .staff()
                .returns_nothing(204, "it is gone")
                .problems(&[&codes::CATEGORY_UNKNOWN, &codes::CATEGORY_IN_USE]),
        )
}

/// All of them; who wants the tree puts it together by the parents.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Categories")]
pub struct CategoriesView {
    categories: Vec<CategoryView>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Category")]
struct CategoryView {
    id: CategoryId,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<CategoryId>,
    #[schemars(example = &"mugs")]
    slug: String,
    #[schemars(example = &"Mugs")]
    name: String,
    place: u32,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CategoryBranch")]
struct BranchView {
    #[serde(flatten)]
    category: CategoryView,
    /// The way from the top, topmost first.
    above: Vec<CategoryView>,
    /// What is directly below it, in order.
    below: Vec<CategoryView>,
}

/// What staff say a category is.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCategory {
    /// The one that it stands in; none at the top.
    parent: Option<CategoryId>,
    /// Its name in addresses.
    #[schemars(length(max = 80), regex(pattern = SLUG))]
    slug: String,
    #[schemars(length(min = 1, max = 80), regex(pattern = WORDS))]
    name: String,
    /// Its place among those beside it.
    #[serde(default)]
    #[schemars(range(max = PLACE_MAX))]
    place: u32,
}

pub async fn list(
    State(catalog): State<Arc<Catalog>>,
    Ctx(ctx): Ctx,
) -> Result<Json<CategoriesView>, Problem> {
    let all = actions::list_categories(&catalog, &ctx).await?;
    Ok(Json(CategoriesView { categories: all.into_iter().map(|one| view(one.value)).collect() }))
}

pub async fn show(
    State(catalog): State<Arc<Catalog>>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<contracts::Category>,
) -> Result<Response, Problem> {
    let branch = actions::get_category(&catalog, &ctx, id).await?;
    let tag = etag(branch.category.version);
    let shown = BranchView {
        category: view(branch.category.value),
        above: branch.above.into_iter().map(view).collect(),
        below: branch.below.into_iter().map(view).collect(),
    };
    Ok(([(ETAG, tag)], Json(shown)).into_response())
}

pub async fn put(
    State(catalog): State<Arc<Catalog>>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<contracts::Category>,
    condition: Condition,
    Body(new): Body<NewCategory>,
) -> Result<Response, Problem> {
    let category = Category { id, parent: new.parent, slug: new.slug, name: new.name, place: new.place };
    let guard = move |version| condition.check(version);
    let stored = actions::put_category(&catalog, &ctx, category, guard).await?;
    Ok(([(ETAG, etag(stored.version))], Json(view(stored.value))).into_response())
}

pub async fn remove(
    State(catalog): State<Arc<Catalog>>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<contracts::Category>,
    condition: Condition,
) -> Result<StatusCode, Problem> {
    let guard = move |version| condition.check(version);
    actions::delete_category(&catalog, &ctx, id, guard).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(category: Category) -> CategoryView {
    let Category { id, parent, slug, name, place } = category;
    CategoryView { id, parent, slug, name, place }
}
